"""A person visits, agrees, searches, clicks, buys and leaves; then the tables say exactly that, on all three stores.

The same visit is made once per store, with another device and from another place each time. While she is there the
loader sleeps, so that the spool can be searched for what must never be written down; afterwards everything else is:
data files, manifests, catalog, logs, objects.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.collector.enrich.databases import write
from tests.e2e.browser import DESKTOP, Browsers, Site, html
from tests.e2e.bytes import found
from tests.e2e.shop import SETTINGS, SHOP, Buyer, Visitor, visitor
from tests.e2e.stack import Installation, Row
from tests.integration.stack import wait_for
from tests.stores import Store, local_store, postgres_store, rest_store

pytestmark = pytest.mark.browser

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
WECHAT = (
    "Mozilla/5.0 (Linux; Android 13; 2211133C Build/TKQ1.220905.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/107.0.5304.141 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 "
    "MicroMessenger/8.0.50.2701(0x28003235) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
# A geo database of the owner's own: a town that no other database has
OWN_PLACES = {
    "81.2.69.0/24": {
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
        "subdivisions": [{"names": {"en": "Kilnshire"}}],
        "city": {"names": {"en": "Teabury"}},
        "traits": {"isp": "Slow Line Ltd"},
    }
}
BUYER = Buyer()
CARELESS = {"phone": BUYER.phone, "reply": {"contact_email": BUYER.email}, "lastName": BUYER.name, "when": "noon"}
SECRET = "s3cr3tclickid"
ENTRANCE = f"/demo/?utm_source=newsletter&utm_medium=email&gclid={SECRET}&to={BUYER.email}&session=9f8e7d6c5b4a"

EXPECTED = [
    ("$page", "/demo/"), ("$click", "/demo/"), ("$submit", "/demo/"), ("$page_leave", "/demo/"),
    ("$page", "/demo/search"), ("Products Searched", "/demo/search"), ("$search", "/demo/search"),
    ("$click", "/demo/search"), ("$page_leave", "/demo/search"),
    ("$page", "/demo/product/teapot"), ("Product Viewed", "/demo/product/teapot"),
    ("$click", "/demo/product/teapot"), ("Product Added", "/demo/product/teapot"), ("$click", "/demo/product/teapot"),
    ("$page_leave", "/demo/product/teapot"),
    ("$page", "/demo/cart"), ("Cart Viewed", "/demo/cart"), ("$click", "/demo/cart"), ("$page_leave", "/demo/cart"),
    ("$page", "/demo/checkout"), ("Checkout Started", "/demo/checkout"), ("$click", "/demo/checkout"),
    ("$submit", "/demo/checkout"), ("$identify", "/demo/checkout"), ("Order Completed", "/demo/checkout"),
    ("$page_leave", "/demo/checkout"),
    ("$page", "/demo/thanks"), ("Callback Wanted", "/demo/thanks"), ("$click", "/demo/thanks"),
    ("$page_leave", "/demo/thanks"),
    ("$page", "/demo/"), ("$click", "/demo/"), ("$page_leave", "/demo/"),
    ("$page", "/demo/lookbook"), ("$click", "/demo/lookbook"), ("$page_leave", "/demo/lookbook"),
    ("$page", "/demo/lookbook/rain"), ("$click", "/demo/lookbook/rain"), ("$outbound", "/demo/lookbook/rain"),
    ("$page_leave", "/demo/lookbook/rain"),
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Store, device, address, and what the rows must say of device and address."""

    store: str
    user_agent: str
    address: str
    device: dict[str, object]
    place: dict[str, object]


CASES = (
    Case(
        "local", DESKTOP, "180.101.50.242",
        {"browser": "Chrome", "browser_version": "143.0.0", "os": "Windows", "device_type": "desktop", "in_app": None},
        {"geo_country": "CN", "geo_region": "江苏省", "geo_city": "南京市", "geo_isp": "电信",
         "ip_truncated": "180.101.50.0"},
    ),
    Case(
        "rest", IPHONE, "81.2.69.160",
        {"browser": "Mobile Safari", "browser_version": "17.5", "os": "iOS", "device_type": "mobile",
         "device_brand": "Apple", "device_model": "iPhone", "in_app": None},
        {"geo_country": "GB", "geo_region": "Kilnshire", "geo_city": "Teabury", "geo_isp": "Slow Line Ltd",
         "ip_truncated": "81.2.69.0"},
    ),
    Case(
        "postgres", WECHAT, "2400:3200:baba::1234",
        {"browser": "WeChat", "browser_version": "8.0.50.2701", "os": "Android", "device_type": "mobile",
         "device_model": "2211133C", "in_app": "WeChat"},
        {"geo_country": "CN", "geo_region": None, "geo_city": None, "geo_isp": None,
         "ip_truncated": "2400:3200:baba::"},
    ),
)  # fmt: skip
# What PostgreSQL adds, another catalog over the same objects, other tests show as well: its turn is in `make test-slow`
MARKS = {"local": [], "rest": [pytest.mark.stores], "postgres": [pytest.mark.stores, pytest.mark.slow]}
PARAMS = [pytest.param(c, id=c.store, marks=MARKS[c.store]) for c in CASES]


@dataclass
class Visit:
    """The rows of one visit and what was kept of it, while the loader slept and in the end."""

    case: Case
    base: str
    rows: list[Row]
    paid: list[Row]
    bad: list[Row]
    cookie: str
    in_spool: dict[str, list[str]]
    in_the_end: dict[str, list[str]]

    def one(self, event: str, path: str | None = None, **properties: str) -> Row:
        """The one row of this event with these properties."""
        [row] = [
            r for r in self.rows
            if r["event"] == event and path in (None, r["page_path"])
            and properties.items() <= json.loads(r["properties"] or "{}").items()
        ]  # fmt: skip
        return row


def must_not_be_kept(case: Case) -> list[str]:
    """Everything personal that passes by: typed, in the address, on the wire."""
    mail = BUYER.email
    return [
        *vars(BUYER).values(), mail.replace("@", "%40"), mail.partition("@")[0], "13912345678", case.address, SECRET,
        "9f8e7d6c5b4a",
    ]  # fmt: skip


KEPT = ["Order Completed", "p1.k1."]  # what the search must find, or it would find nothing at all


@pytest.fixture(scope="module", params=PARAMS)
def visit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browsers: Browsers) -> Visit:
    """The whole visit, once per store."""
    case: Case = request.param
    directory = tmp_path_factory.mktemp(f"purchase-{case.store}")
    settings = dict(SETTINGS)
    if case.store == "rest":
        settings["FIRSTHAND_GEOIP_DB"] = str(write(directory / "places.mmdb", OWN_PLACES))
    stack = Installation(a_store(request, case.store, directory / "data"), settings)
    stack.begin("--demo", str(SHOP))
    try:
        return made(stack, case, browsers)
    finally:
        stack.end()


def a_store(request: pytest.FixtureRequest, name: str, data: Path) -> Store:
    if name == "local":
        return local_store(data)
    seaweed = request.getfixturevalue("seaweed")
    if name == "rest":
        return rest_store(data, seaweed)
    return postgres_store(data, seaweed, request.getfixturevalue("postgres"))


def made(stack: Installation, case: Case, browsers: Browsers) -> Visit:
    secrets = must_not_be_kept(case)
    with visitor(browsers(case.user_agent), stack, case.address) as person, stack.loader_asleep():
        shopping(person)
        anonymous_id = person.anonymous_id
        leave(person)
        wait_for(lambda: "$outbound" in found(stack, "$outbound"), "the last click")
        in_spool = found(stack, *secrets, *KEPT)
    sql = f"select * from events where anonymous_id = '{anonymous_id}' order by seq"
    stack.wait_rows(sql, len(EXPECTED) + 1)
    rows = stack.query(sql)
    by_source = {source: [row for row in rows if row["source_id"] == source] for source in ("shop", "orders")}
    return Visit(
        case, stack.base, by_source["shop"], by_source["orders"], stack.rows("select * from bad_events"), anonymous_id,
        in_spool, found(stack, *secrets, *KEPT),
    )  # fmt: skip


def shopping(person: Visitor) -> None:
    page = person.page
    person.go(ENTRANCE)
    person.agree()
    person.search("tea")
    person.follow("[data-track-sku=teapot]", "**/demo/product/teapot")
    page.click("[data-track=add-to-cart]")
    person.follow("[data-track=open-cart]", "**/demo/cart")
    person.follow("[data-track=checkout]", "**/demo/checkout")
    person.pay(BUYER)
    # a site that is careless with what it tracks
    page.evaluate("said => firsthand.track('Callback Wanted', said)", CARELESS)
    person.follow("main a.button", "**/demo/")
    person.follow("nav a[href='/demo/lookbook']", "**/demo/lookbook")
    person.follow("[data-track=lookbook-next]", "**/demo/lookbook/rain")


def leave(person: Visitor) -> None:
    """By a link to somebody else's site; the click is the last thing that happens here."""
    site = Site({"/elsewhere": html("<h1>Elsewhere</h1>")})
    try:
        # At the top: a click on what has to be scrolled to is also a `$scroll`, where the page is still there to say so
        person.page.evaluate(
            """to => document.querySelector('main').prepend(Object.assign(document.createElement('a'),
            { id: 'away', href: to, textContent: 'Our friends' }))""",
            f"{site.base}/elsewhere?visitor={SECRET}",
        )
        person.page.click("#away")
        person.page.wait_for_url("**/elsewhere?**")
        person.page.wait_for_timeout(500)  # the last request of a page that is gone: nobody tells when it is done
    finally:
        site.close()


@pytest.fixture(scope="module")
def rows(visit: Visit) -> Iterator[list[Row]]:
    yield visit.rows


def test_every_step_is_exactly_one_row(rows: list[Row]) -> None:
    assert Counter((row["event"], row["page_path"]) for row in rows) == Counter(EXPECTED)
    assert len({row["event_id"] for row in rows}) == len(rows)


def test_nothing_was_refused(visit: Visit) -> None:
    assert visit.bad == []


def test_one_session_counted_from_zero_without_gap_or_repeat(rows: list[Row]) -> None:
    assert [row["seq"] for row in rows] == list(range(len(EXPECTED)))
    assert len({row["session_id"] for row in rows}) == 1


def test_numbers_follow_the_order_of_the_pages(rows: list[Row]) -> None:
    pages = [row["page_path"] for row in rows if row["event"] == "$page"]
    assert pages == [path for event, path in EXPECTED if event == "$page"]
    clicks = [row["page_path"] for row in rows if row["event"] == "$click"]
    assert clicks == [path for event, path in EXPECTED if event == "$click"]


def test_the_device_is_hers(visit: Visit) -> None:
    for row in visit.rows:
        assert {column: row[column] for column in visit.case.device} == visit.case.device, row["event"]
        assert row["is_bot"] is False
        assert (row["platform"], row["lib_name"]) == ("web", "@firsthand/web")
        assert (row["locale"], row["timezone"]) == ("en-GB", "Europe/London")
        assert (row["screen_width"], row["viewport_width"]) == (1280, 1280)


def test_the_place_is_hers_and_the_address_is_cut(visit: Visit) -> None:
    for row in visit.rows:
        assert {column: row[column] for column in visit.case.place} == visit.case.place, row["event"]


def test_the_page_is_right(visit: Visit) -> None:
    entrance = visit.rows[0]
    assert entrance["page_url"] == (f"{visit.base}/demo/?utm_source=newsletter&utm_medium=email&gclid=:redacted")
    assert (entrance["utm_source"], entrance["utm_medium"], entrance["click_id_type"]) == (
        "newsletter", "email", "gclid",
    )  # fmt: skip
    found_page = visit.one("$page", "/demo/search")
    assert found_page["page_url"] == f"{visit.base}/demo/search?q=tea"
    assert found_page["page_title"] == "Search · Fern & Kiln"
    product = visit.one("Product Viewed")
    assert product["page_title"] == "Fern teapot · Fern & Kiln"
    assert product["referrer"] == f"{visit.base}/demo/search?q=tea"
    rain = visit.one("$page", "/demo/lookbook/rain")
    assert rain["referrer"] == f"{visit.base}/demo/lookbook"  # a page that was never loaded, but shown


def test_the_element_is_right(visit: Visit) -> None:
    card = json.loads(visit.one("$click", "/demo/search")["properties"])
    assert card.items() >= {
        "tag": "a", "name": "product-card", "sku": "teapot", "list": "search", "href": "/demo/product/teapot",
        "selector": '[data-track="product-card"]',
    }.items()  # fmt: skip
    add = json.loads(visit.one("$click", name="add-to-cart")["properties"])
    assert add.items() >= {"tag": "button", "text": "Add to cart", "sku": "teapot"}.items()
    pay = json.loads(visit.one("$click", name="pay")["properties"])
    assert pay["tag"] == "button"
    assert isinstance(pay["x"], int)
    away = json.loads(visit.one("$click", "/demo/lookbook/rain")["properties"])
    assert (away["id"], away["text"]) == ("away", "Our friends")
    assert away["href"].endswith("/elsewhere")


def test_the_order_is_told_by_browser_and_server_about_the_same_person(visit: Visit) -> None:
    order = visit.one("Order Completed")
    said = json.loads(order["properties"])
    assert (said["total"], said["currency"], said["items"][0]["sku"]) == (48, "EUR", "teapot")
    [paid] = visit.paid
    assert (paid["event"], paid["platform"]) == ("Order Paid", "server")
    assert paid["anonymous_id"] == order["anonymous_id"]
    assert paid["user_id"] == order["user_id"]
    assert json.loads(paid["properties"])["order_id"] == said["order_id"]
    assert paid["ip_truncated"] is None


def test_who_she_is_begins_with_the_order(visit: Visit) -> None:
    customer = visit.one("Order Completed")["user_id"]
    at = next(i for i, row in enumerate(visit.rows) if row["event"] == "$identify")
    assert {row["user_id"] for row in visit.rows[:at]} == {None}
    assert {row["user_id"] for row in visit.rows[at:]} == {customer}
    assert {row["anonymous_id"] for row in visit.rows} == {visit.cookie}


def test_her_mail_address_is_a_keyed_pseudonym(visit: Visit) -> None:
    row = visit.one("$identify")
    [email] = json.loads(row["traits"]).values()
    assert row["pii_kid"] == "k1"
    assert email.startswith("p1.k1.")
    assert len(email) == len("p1.k1.") + 43  # HMAC-SHA-256, base64url
    assert json.loads(row["pii_actions"]) == {"traits.email:email:hash:declared": 1}


def test_what_a_careless_site_says_is_a_pseudonym_too_and_the_same_one(visit: Visit) -> None:
    said = json.loads(visit.one("Callback Wanted")["properties"])
    [email] = json.loads(visit.one("$identify")["traits"]).values()
    assert said["reply"] == {"contact_email": email}
    assert said["phone"].startswith("p1.k1.")
    assert (said["when"], "lastName" in said) == ("noon", False)


def test_her_choice_is_on_every_row(visit: Visit) -> None:
    assert {tuple(row["consent_purposes"]) for row in [*visit.rows, *visit.paid]} == {("analytics",)}
    assert {row["purpose"] for row in visit.rows} == {"analytics"}


def test_nothing_personal_is_in_the_spool(visit: Visit) -> None:
    assert set(visit.in_spool) == set(KEPT)
    assert any(name.startswith("spool/") for name in visit.in_spool["Order Completed"])


def test_nothing_personal_is_kept_anywhere(visit: Visit) -> None:
    assert set(visit.in_the_end) == set(KEPT)
    # both in values that only a decoded data file shows
    for places in visit.in_the_end.values():
        assert any(name.endswith(".parquet (values)") for name in places)
