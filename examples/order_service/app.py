"""The HTTP side: `POST /orders` and `GET /healthz`, with CORS for the shop's origins."""

import json
import secrets
from typing import Any

from firsthand import Client
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from examples.order_service.prices import BadOrder, Prices, total

MAX_BODY_BYTES = 16 * 1024


def application(client: Client, prices: Prices, origins: list[str]) -> Starlette:
    """The service. `origins` are the shop's, like `http://127.0.0.1:8080`."""

    async def take_order(request: Request) -> Response:
        try:
            order = await _order(request)
            lines = prices.lines(order)
        except BadOrder as error:
            return JSONResponse({"message": str(error)}, 400)
        order_id, customer_id = f"T-{secrets.randbelow(900_000) + 100_000}", f"c-{secrets.token_hex(4)}"
        paid = {"order_id": order_id, "total": total(lines), "currency": order["currency"], "items": lines}
        _tell(client, order, customer_id, paid)
        return JSONResponse({"orderId": order_id, "customerId": customer_id, "total": paid["total"]}, 201)

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok")

    cors = Middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["POST"], allow_headers=["content-type"]
    )
    return Starlette(
        routes=[Route("/orders", take_order, methods=["POST"]), Route("/healthz", health)], middleware=[cors]
    )


def _tell(client: Client, order: dict[str, Any], customer_id: str, paid: dict[str, Any]) -> None:
    """Say that the order is paid, as the person who placed it, if she agreed to that."""
    anonymous_id, consent = order.get("anonymousId"), order.get("consent")
    if isinstance(anonymous_id, str) and isinstance(consent, dict):
        client.track("Order Paid", paid, user_id=customer_id, anonymous_id=anonymous_id, consent=consent)


async def _order(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadOrder("an order this long is no order")
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrder("the order is not JSON") from None
    if not isinstance(order, dict):
        raise BadOrder("an order is a JSON object")
    return order
