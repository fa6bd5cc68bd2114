"""The demo's routes, and its order service over real HTTP, without a browser."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from firsthand.testing import Recorder
from starlette.applications import Starlette

from collector.routes.demo import DemoConfig, demo_routes
from examples.order_service.prices import Prices
from examples.order_service.service import orders, server

SHOP = Path(__file__).parents[3] / "examples" / "shop"
ORIGIN = "http://127.0.0.1:8080"
PERSON = {"anonymousId": "a-1", "consent": {"analytics": True}}


@pytest.fixture
def shop() -> httpx.AsyncClient:
    config = DemoConfig('key"<', "http://127.0.0.1:9000")
    app = Starlette(routes=demo_routes(SHOP, lambda: config))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


@pytest.mark.parametrize(
    "path",
    ["", "search?q=tea", "cart", "checkout", "thanks", "product/teapot", "lookbook", "lookbook/rain"],
)
async def test_every_page_is_served_with_the_key_and_no_inline_code(shop: httpx.AsyncClient, path: str) -> None:
    answer = await shop.get(f"/demo/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert 'data-write-key="key&quot;&lt;"' in answer.text
    assert "{{" not in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", answer.text))
    assert not re.search(r"<style|\son\w+=|\sstyle=", answer.text)


async def test_the_configuration_is_a_module_without_the_key(shop: httpx.AsyncClient) -> None:
    answer = await shop.get("/demo/config.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == 'export const config = {"orders":"http://127.0.0.1:9000","live":true};\n'
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self' http://127.0.0.1:9000;" in policy


@pytest.mark.parametrize("path", ["/", "/demo"])
async def test_the_start_leads_to_the_shop(shop: httpx.AsyncClient, path: str) -> None:
    assert (await shop.get(path)).headers["location"] == "/demo/"


@pytest.mark.parametrize(
    "path",
    ["none", "art/none.svg", "%2e%2e/order_service/service.py", "..%2forder_service/service.py", "searching"],
)
async def test_nothing_else_is_served(shop: httpx.AsyncClient, path: str) -> None:
    assert (await shop.get(f"/demo/{path}")).status_code == 404


def test_a_directory_without_a_shop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"index\.html"):
        demo_routes(tmp_path, lambda: DemoConfig("k", "http://127.0.0.1:1"))


def test_every_product_has_a_picture_words_and_prices() -> None:
    products = json.loads((SHOP / "catalog.json").read_text("utf-8"))
    assert len({p["sku"] for p in products}) == len(products) == 12
    for product in products:
        assert (SHOP / "art" / f"{product['sku']}.svg").is_file()
        assert product["name"].keys() == product["text"].keys() == {"en", "zh"}
        assert product["price"].keys() == {"EUR", "CNY"}


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.shutdown(0)


@pytest.fixture
def service(recorder: Recorder) -> Iterator[str]:
    http = server("127.0.0.1", 0, orders(recorder, Prices(SHOP / "catalog.json")), frozenset({ORIGIN}))
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    thread.join(5)
    http.server_close()


def order(**more: Any) -> dict[str, Any]:
    return {
        "items": [{"sku": "cup", "quantity": 2}, {"sku": "tin", "quantity": 1}],
        "currency": "EUR",
        **more,
    }


def test_an_order_is_priced_here_and_told_with_the_persons_consent(service: str, recorder: Recorder) -> None:
    answer = httpx.post(f"{service}/orders", json=order(**PERSON), headers={"origin": ORIGIN})
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json()["total"] == 2 * 18 + 14
    (event,) = recorder.events
    assert (event["event"], event["anonymousId"]) == ("Order Paid", "a-1")
    assert event["userId"] == answer.json()["customerId"]
    assert event["properties"]["order_id"] == answer.json()["orderId"]
    assert event["context"]["consent"] == {"categoryPreferences": {"analytics": True}}


@pytest.mark.parametrize(
    "person",
    [{}, {"anonymousId": "a-1"}, {"anonymousId": "a-1", "consent": {"analytics": False}},
     {"anonymousId": "a-1", "consent": {"analytics": "yes"}}, {"anonymousId": None, "consent": {"analytics": True}}],
)  # fmt: skip
def test_without_consent_the_order_is_taken_and_nothing_is_told(
    service: str, recorder: Recorder, person: dict[str, Any]
) -> None:
    assert httpx.post(f"{service}/orders", json=order(**person)).status_code == 201
    assert recorder.events == []


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b"[]", b"{}", b"[" * 9000, json.dumps(order(items=[])).encode(),
     json.dumps(order(currency="USD")).encode(),
     json.dumps(order(items=[{"sku": "none", "quantity": 1}])).encode(),
     json.dumps(order(items=[{"sku": "cup", "quantity": 21}])).encode(),
     json.dumps(order(items=[{"sku": "cup", "quantity": True}])).encode(), b"x" * 20_000],
)  # fmt: skip
def test_what_is_no_order_is_refused_with_a_reason(service: str, recorder: Recorder, body: bytes) -> None:
    answer = httpx.post(f"{service}/orders", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert recorder.events == []


def test_other_pages_may_not_order(service: str) -> None:
    answer = httpx.options(f"{service}/orders", headers={"origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert (
        httpx.options(f"{service}/orders", headers={"origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    )
