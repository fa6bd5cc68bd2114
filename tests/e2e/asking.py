"""For the banner's tests: pages that ask for consent, people who answer, and a collector's policy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.browser import Witness
from tests.e2e.front import DIST, Front, page

MANIFEST = json.loads((DIST / "manifest.json").read_text())
ALL = "analytics personalization marketing third_party cross_border"
TEXT = "<main><h1>Fern &amp; Kiln</h1><button id=own>Own</button>" + "<p>Tea things, made slowly.</p>" * 40 + "</main>"
STRICT = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SHADOW = """<div id=host></div><script>
  const root = document.getElementById('host').attachShadow({ mode: 'open' });
  root.append(document.createElement('input'), document.createElement('firsthand-banner'));
</script>"""


def scripts(key: str, options: str = "", attributes: str = "") -> str:
    sdk = f'<script async src="/sdk.js" data-write-key="{key}" data-consent-mode="opt_in" {attributes}></script>'
    return f'{sdk}<script async src="/banner.js" {options}></script>'


def pinned(name: str, attributes: str = "") -> str:
    sri = MANIFEST["sri"] if name == "sdk" else MANIFEST[name]["sri"]
    return f'<script async src="/{name}.js" integrity="{sri}" crossorigin {attributes}></script>'


def asking() -> Front:
    """A site whose pages differ in language, purposes and strictness; each has a write key of its own."""
    asks = f'data-purposes="{ALL}" data-notice-url="/privacy"'
    strict = f'<meta http-equiv="Content-Security-Policy" content="{STRICT}">'
    return Front({
        "/en": page(TEXT, scripts("en", asks)),
        "/zh": page(TEXT, scripts("zh", asks), lang="zh-CN"),
        "/ar": page(TEXT, scripts("ar", asks), lang="ar", direction="rtl"),
        "/one": page(TEXT, scripts("one")),
        "/strict": page(TEXT, strict + pinned("sdk", 'data-write-key="strict"') + pinned("banner")),
        # nothing leaves by the clock, so that what is withdrawn had not left, however slow the machine
        "/wire": page(TEXT, scripts("wire", attributes="data-flush-after-ms=600000")),
        "/de": page(TEXT, scripts("de"), lang="de"),
        "/late": page(TEXT, scripts("late")),
        "/long": page(TEXT, scripts("long"), lang="de"),
        "/shadow": page(SHADOW, scripts("shadow", "data-mount=off")),
    })  # fmt: skip


@contextmanager
def at(browser: Browser, front: Front, path: str, **options: Any) -> Iterator[Page]:
    """A page with its layer drawn. Fails if the page complained of anything."""
    with someone(browser, **options) as context:
        opened = context.new_page()
        arrive(opened, front, path)
        yield opened


@contextmanager
def someone(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(**{"locale": "en-GB", **options})
    witness = Witness().watch(context)
    try:
        yield context
    finally:
        context.close()
    assert witness.unexcused() == []


def arrive(opened: Page, front: Front, path: str) -> None:
    opened.goto(f"{front.base}{path}")
    opened.wait_for_selector(".bar, .handle")


def choice(opened: Page) -> Any:
    return opened.evaluate("firsthand.consent.get().preferences")


def purpose(name: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "version": f"pu1_{'a' * 22}", "kind": "general", "required": False, "title": title,
        "description": f"{title}.", "mode": "opt_in", "default": "pending", "pending": "queue", "ttlDays": 180,
        "gpc": "ignore", "legalBasis": "consent", **more,
    }  # fmt: skip


def policy(notice: str) -> dict[str, Any]:
    """A site's policy in German, as the collector resolves it for a visitor."""
    labels = {"acceptAll": "Alle annehmen", "rejectAll": "Alle ablehnen", "save": "Auswahl speichern",
              "preferences": "Auswahl", "withdraw": "Widerrufen", "close": "Schließen"}  # fmt: skip
    return {
        "mode": "opt_in", "site": "default", "policyVersion": f"pv1_{'b' * 22}", "jurisdiction": "eu", "region": "DE",
        "locale": "de", "age": {"childUnder": 16, "status": "unknown", "ask": False},
        "gpc": {"seen": False, "honoured": False}, "banner": True, "reconsent": "prompt", "proof": "stamp",
        "purposes": [
            purpose("necessary", "Notwendiges", required=True, mode="exempt", default="granted"),
            purpose("analytics", "Statistik"),
            purpose("abroad", "Übermittlung ins Ausland", kind="separate"),
        ],
        "events": [],
        "notice": {"id": "main", "hash": f"no1_{notice * 22}", "locale": "de", "title": "Dürfen wir zählen?",
                   "body": "Erster Absatz.\n\nZweiter.", "url": None, "labels": labels},
        "issuedAt": "2026-11-26T00:00:00Z", "expiresAt": "2026-11-27T00:00:00Z",
    }  # fmt: skip
