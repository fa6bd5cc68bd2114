"""A collector with two workers, a site of some weeks and somebody of each role; and browsers in which they work.

Pictures of pages go to `test-results/console/`. With FIRSTHAND_DOCS_PICTURES=1 those that the docs show are written to
`docs/img/` as well, with few colours: `FIRSTHAND_DOCS_PICTURES=1 python -m pytest tests/e2e/test_console.py`.
"""

import contextlib
import io
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize

from collector.console.pages import PAGES as OPERATORS
from collector.days import DayBook
from collector.findings import Findings
from collector.metrics import Balance
from collector.spool.losses import Losses, SourceLoss
from consent.admin import ledger, policies
from consent.console import sessions, users
from consent.console.app import Console
from consent.console.config import ConsoleConfig
from consent.console.pages import PAGES
from consent.console.roles import ROLES
from consent.pii.keys import open_keys
from consent.presets import preset
from consent.rights import intake, requests
from consent.store import default_url
from tests.collector.live.harness import served
from tests.consent.console.seeds import SITE, some_weeks
from tests.consent.console.visitors import HASH
from tests.e2e.browser import Witness

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "test-results" / "console"
DOCS: Final = ROOT / "docs" / "img"
SIZE: Final[ViewportSize] = {"width": 1240, "height": 800}
AXE: Final = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
WRITE_KEY: Final = "fh_" + "k" * 24


class Place(NamedTuple):
    """A page below `/console/` and who may see it; without a permission whoever is logged in."""

    path: str
    permission: str = ""


class Bureau:
    """A running console. `house` is a way into the same store from this process; `records` are ids of what is in it."""

    def __init__(self, base: str, data: Path) -> None:
        self.base, self.data = base, data
        self.console = Console(ConsoleConfig(data, default_url(data)))
        self.house = self.console.house
        self.records: dict[str, str] = {}

    def token(self, login: str) -> str:
        """A session of somebody, as their login makes one."""
        with self.house.store.write() as connection:
            user = users.by_login(connection, login)
            assert user is not None
            return sessions.begin(connection, user, time.time(), "a test")

    def inside(self, browser: Browser, login: str, **options: Any) -> "Person":
        context = browser.new_context(**{"viewport": SIZE, "locale": "en-GB", "color_scheme": "light"} | options)
        cookie = {"name": "firsthand_console", "value": self.token(login), "url": self.base}
        context.add_cookies([cookie])  # type: ignore[list-item]
        return Person(self, context, login)


class Person:
    """Somebody's browser. `witness` hears what its pages complain about."""

    def __init__(self, bureau: Bureau, context: BrowserContext, login: str) -> None:
        self.bureau, self.context, self.login = bureau, context, login
        self.witness = Witness().watch(context)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(60_000)

    def open(self, path: str) -> int:
        """Go to a page of the console; its status."""
        return self.ask(path).status

    def ask(self, path: str) -> Response:
        """The same, with the answer itself."""
        answer = self.page.goto(f"{self.bureau.base}/console/{path}")
        assert answer is not None
        return answer

    def close(self) -> None:
        self.context.close()


@contextlib.contextmanager
def bureau(data: Path, days: int = 9) -> Iterator[Bureau]:
    """The collector and its console, over a data directory that is filled first: a site of so many days."""
    data.mkdir(parents=True, exist_ok=True)
    source = f'[{{"id": "shop", "write_key": "{WRITE_KEY}", "origins": ["https://shop.example"]}}]'
    (data / "sources.json").write_text(source)
    made = Bureau("", data)
    some_weeks(made.house, time.time(), days=days)
    some_findings(data, time.time())
    some_losses(data, time.time())
    with made.house.store.write() as connection:
        for role in ROLES:
            users.create(connection, f"{role}@shop.example", [role], ["*"], time.time(), HASH)
        users.create(connection, "everything@shop.example", ROLES, ["*"], time.time(), HASH)
    os.environ["FIRSTHAND_WORKERS"] = "2"
    try:
        with served(data) as base:
            made.base = base
            some_records(made)
            yield made
    finally:
        del os.environ["FIRSTHAND_WORKERS"]
        made.console.close()


def some_records(bureau: Bureau) -> None:
    """A draft of a policy, and what two people asked for."""
    house, now = bureau.house, time.time()
    officer = house.admin("privacy_officer@shop.example", now - 12 * 86_400)
    keys = open_keys(bureau.data / "keys" / "pii.json")
    asked = [intake.forms_for([("user_id", user)], keys, house.ring(), SITE) for user in ("u-1", "u-2")]
    with house.store.write() as connection:
        draft = policies.save_draft(connection, officer, SITE, preset(), "Two more words in the notice")
        opened = [requests.open_request(connection, officer, SITE, kind, "gdpr", forms, "form")
                  for kind, forms in zip(("access", "erase"), asked, strict=True)]  # fmt: skip
        lines = ledger.search(connection, SITE, kind="receipt", limit=1)
    bureau.records = {"draft": draft.id, "request": opened[0].id, "receipt": (lines[0].payload or {})["id"]}


def places(bureau: Bureau) -> dict[str, Place]:
    """All pages: those of the navigation, and those behind their links."""
    pages = [*PAGES, *(build(None) for build in OPERATORS)]  # type: ignore[arg-type]
    found = {p.name: Place(f"s/{SITE}/{p.name}" if p.of_site else p.name, p.permission) for p in pages}
    policy, records = f"s/{SITE}/policy", bureau.records
    parts = {"purpose": "?key=marketing", "notice": "?key=main.en", "jurisdiction": "?key=eu", "general": ""}
    return found | {
        "version": Place(f"{policy}/version/1", "policy.view"),
        "draft": Place(f"{policy}/draft/{records['draft']}", "policy.view"),
        **{n: Place(f"{policy}/draft/{records['draft']}/part/{n}{q}", "policy.view") for n, q in parts.items()},
        "preview": Place(f"{policy}/draft/{records['draft']}/preview", "policy.view"),
        "receipt": Place(f"s/{SITE}/ledger/receipt/{records['receipt']}", "ledger.view"),
        "request": Place(f"s/{SITE}/requests/{records['request']}", "requests.view"),
        "source": Place("sources/shop", "sources.view"),
        "account": Place("account"),
    }  # fmt: skip


def some_findings(data: Path, now: float) -> None:
    """Three days of a firewall at work, a rule of it in shadow mode; the same ones every time."""
    dice, book = random.Random(3), Findings(data / "pii", "c0-0", Balance())
    forms = book.samples("shop")
    for where, cls, rule, action, value in FOUND:
        for seen in value:
            forms.note(f"{where}:{cls}:{action}:{rule}", cls, seen)
    for hour in range(72, -1, -1):
        book.count("shop", {f"{where}:{cls}:{action}:{rule}": dice.randrange(1, 40 if "traits" in where else 12)
                            for where, cls, rule, action, _ in FOUND})  # fmt: skip
        book.write(now - 3600 * hour)


FOUND: Final = (
    ("traits.email", "email", "declared", "hash", ("ada@lovelace.example",)),
    ("traits.phone", "phone", "declared", "hash", ("13800138000", "+44 20 7946 0958")),
    ("traits.name", "name", "declared", "drop", ("Ada Lovelace",)),
    ("properties.note", "email", "email", "hash", ("grace@hopper.example",)),
    ("properties.note", "phone", "cn_mobile", "hash", ("13800138000",)),
    ("properties.delivery_note", "address", "address_en", "shadow", ("12 High Street, Leeds LS1 4AP", "3 Mill Rd")),
    ("properties.收货人", "name", "declared", "drop", ("王小明",)),
    ("page.page_url", "secret", "reset_link", "drop", ("x",)),
    ("user_id", "email", "identifier", "hash", ("alan@turing.example",)),
)


def some_losses(data: Path, now: float) -> None:
    """What a loader found in its table, and a day book to stand beside it."""
    today = datetime.fromtimestamp(now, UTC)
    lost = {today.date().isoformat(): {"shop": SourceLoss(212, 3_480, 3_461, {"queue_full": 9, "expired": 3})},
            (today - timedelta(days=1)).date().isoformat(): {"shop": SourceLoss(340, 6_120, 6_120)}}  # fmt: skip
    (data / "losses.json").write_bytes(msgspec.json.encode(Losses(today, lost)))
    for day, accepted, refused in ((1, 6_120, 44), (0, 3_461, 7)):
        balance = Balance()
        balance.accepted["shop"] = accepted
        balance.rejected["shop no_consent"], balance.rejected["shop invalid"] = refused, 2
        DayBook(data / "days", f"c0-{day}").note(balance, now - 86_400 * day)


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical on this page, each with where it is."""
    page.evaluate(AXE)
    options = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
    found = page.evaluate(f"axe.run(document, {options}).then(r => r.violations)")
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def picture(page: Page, name: str, docs: bool = False) -> None:
    """Keep what the page looks like."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.evaluate("window.scrollTo(0, 0)")
    shot = page.screenshot(animations="disabled")
    (PICTURES / f"{name}.png").write_bytes(shot)
    if docs and os.environ.get("FIRSTHAND_DOCS_PICTURES"):
        image = Image.open(io.BytesIO(shot)).convert("RGB").resize((992, 640), Image.Resampling.LANCZOS)
        image.quantize(48, dither=Image.Dither.NONE).save(DOCS / f"console-{name}.png", optimize=True)
