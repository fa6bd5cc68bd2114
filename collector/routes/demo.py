"""The demo shop under `/demo/`, for `make run`: static files, plus what differs from one installation to the next.

Two things are filled in: the write key, in the pages' script tag, and `/demo/config.js`. Both come from a function
that is asked at each request, because the source may be made after the routes are.
"""

import mimetypes
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

PAGES: Final = {"": "index", "search": "search", "cart": "cart", "checkout": "checkout", "thanks": "thanks"}
SECTIONS: Final = {"product": "product", "lookbook": "lookbook"}  # everything below is the same page
SERVED: Final = frozenset({".html", ".js", ".css", ".svg", ".json"})
KEY_MARK: Final = b"{{write_key}}"


class DemoConfig(msgspec.Struct, frozen=True):
    """`write_key` of the shop's source; `orders`: where the order service is, without a path. `live`: link to /live."""

    write_key: str
    orders: str
    live: bool = True


def demo_routes(shop: Path, config: Callable[[], DemoConfig]) -> list[BaseRoute]:
    """Routes over the shop's directory, read once. Raises FileNotFoundError if it is no shop."""
    files = {
        path.relative_to(shop).as_posix(): path.read_bytes()
        for path in sorted(shop.rglob("*"))
        if path.suffix in SERVED and path.is_file()
    }
    if "index.html" not in files:
        raise FileNotFoundError(f"{shop} holds no demo shop; give the directory that has its index.html")
    mimetypes.add_type("text/javascript", ".js")  # some systems' tables say otherwise

    async def page(request: Request) -> Response:
        path = request.path_params["path"]
        if path == "config.js":
            return _config(config())
        name = _page_of(path) or path
        if name not in files:
            return PlainTextResponse("no such page in this shop; begin at /demo/\n", 404)
        body = files[name]
        if name.endswith(".html"):
            body = body.replace(KEY_MARK, escape(config().write_key).encode())
        return Response(body, 200, _headers(config()), mimetypes.guess_type(name)[0])

    async def home(request: Request) -> Response:
        return RedirectResponse("/demo/", 307)

    return [Route("/", home), Route("/demo", home), Route("/demo/{path:path}", page)]


def _page_of(path: str) -> str | None:
    trimmed = path.rstrip("/")
    name = PAGES.get(trimmed) or SECTIONS.get(trimmed.split("/")[0])
    return None if name is None else f"{name}.html"


def _config(config: DemoConfig) -> Response:
    # As a module, so that the shop needs no inline script and no global name
    shown = msgspec.json.encode({"orders": config.orders, "live": config.live}).decode()
    return Response(f"export const config = {shown};\n", 200, _headers(config), "text/javascript")


def _headers(config: DemoConfig) -> dict[str, str]:
    orders = urlsplit(config.orders)
    elsewhere = f" {orders.scheme}://{orders.netloc}" if orders.netloc else ""
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": f"default-src 'self'; connect-src 'self'{elsewhere}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
