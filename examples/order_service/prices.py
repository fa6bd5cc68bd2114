"""What an order costs, from the shop's own catalogue: a browser does not name prices."""

import json
from pathlib import Path
from typing import Any

MAX_QUANTITY = 20


class BadOrder(ValueError):
    """The order cannot be taken; the text says why."""


class Prices:
    """`of(sku, currency)` and the priced lines of an order."""

    def __init__(self, catalog: Path) -> None:
        """Raises OSError or ValueError if the catalogue cannot be read."""
        products = json.loads(catalog.read_text("utf-8"))
        self._products = {product["sku"]: product for product in products}

    def lines(self, order: Any) -> list[dict[str, Any]]:
        """`{"items": [{"sku", "quantity"}], "currency"}` → its lines, with `name` and `price`. Raises BadOrder."""
        items, currency = _part(order, "items", list), _part(order, "currency", str)
        if not items or len(items) > len(self._products):
            raise BadOrder("an order has one line for each product in it")
        return [self._line(item, currency) for item in items]

    def _line(self, item: Any, currency: str) -> dict[str, Any]:
        sku, quantity = _part(item, "sku", str), _part(item, "quantity", int)
        product = self._products.get(sku)
        if product is None or currency not in product["price"]:
            raise BadOrder("there is no such product, or no price in that currency")
        if not 1 <= quantity <= MAX_QUANTITY:
            raise BadOrder(f"quantity must be 1 to {MAX_QUANTITY}")
        return {
            "sku": sku,
            "name": product["name"]["en"],
            "price": product["price"][currency],
            "quantity": quantity,
        }


def total(lines: list[dict[str, Any]]) -> float:
    return round(float(sum(line["price"] * line["quantity"] for line in lines)), 2)


def _part(of: Any, name: str, kind: type) -> Any:
    value = of.get(name) if isinstance(of, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadOrder(f"{name} is missing or of the wrong type")
    return value
