"""What the service does with an order, and its HTTP side from the standard library: `POST /orders`, `GET /healthz`."""

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from firsthand import Client

from examples.order_service.prices import BadOrder, Prices, total

MAX_BODY_BYTES = 16 * 1024
SLOW_CLIENT_SECONDS = 10.0

Take = Callable[[bytes], dict[str, Any]]


def orders(client: Client, prices: Prices) -> Take:
    """A function from an order's bytes to the answer. It raises BadOrder; what is good is tracked."""

    def take(body: bytes) -> dict[str, Any]:
        order = _parsed(body)
        lines = prices.lines(order)
        order_id, customer_id = f"T-{secrets.randbelow(900_000) + 100_000}", f"c-{secrets.token_hex(4)}"
        paid = {"order_id": order_id, "total": total(lines), "currency": order["currency"], "items": lines}
        _tell(client, order, customer_id, paid)
        return {"orderId": order_id, "customerId": customer_id, "total": paid["total"]}

    return take


def _tell(client: Client, order: dict[str, Any], customer_id: str, paid: dict[str, Any]) -> None:
    """Say that the order is paid, as the person who placed it, if she agreed to that."""
    anonymous_id, consent = order.get("anonymousId"), order.get("consent")
    if isinstance(anonymous_id, str) and isinstance(consent, dict):
        client.track("Order Paid", paid, user_id=customer_id, anonymous_id=anonymous_id, consent=consent)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrder("the order is not JSON") from None
    if not isinstance(order, dict):
        raise BadOrder("an order is a JSON object")
    return order


def server(host: str, port: int, take: Take, origins: frozenset[str]) -> ThreadingHTTPServer:
    """A server, not yet serving. `origins`: whose pages may order (`http://127.0.0.1:8080`). Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SLOW_CLIENT_SECONDS

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(HTTPStatus.OK, {"ok": True})
            else:
                self._answer(HTTPStatus.NOT_FOUND, {"message": "POST /orders"})

        def do_OPTIONS(self) -> None:
            self._answer(HTTPStatus.NO_CONTENT, None)

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if self.path != "/orders" or not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self.close_connection = True  # the body stays unread
                return self._answer(HTTPStatus.BAD_REQUEST, {"message": "POST /orders, at most 16 KB"})
            try:
                answer = take(self.rfile.read(int(length)))
            except BadOrder as error:
                return self._answer(HTTPStatus.BAD_REQUEST, {"message": str(error)})
            return self._answer(HTTPStatus.CREATED, answer)

        def _answer(self, status: HTTPStatus, value: dict[str, Any] | None) -> None:
            body = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            origin = self.headers.get("origin", "")
            if origin in origins:
                self.send_header("access-control-allow-origin", origin)
                self.send_header("access-control-allow-headers", "content-type")
                self.send_header("vary", "origin")
            if value is not None:
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: addresses of customers are no business of a log."""

    found = ThreadingHTTPServer((host, port), Handler)
    found.daemon_threads = True
    return found
