"""The page PII: what was found where, and changes that hold for one source and are written down."""

import pytest

from collector.findings import Findings
from collector.metrics import Balance
from collector.sources import StoredSource, read_stored, write_stored
from consent.pii.policy import Entry
from tests.collector.console.conftest import here, shared_office
from tests.collector.console.office import Office
from tests.consent.console.visitors import NOW, Visitor

__all__ = ["here", "shared_office"]

BASE = "/console/s/default/pii"
NOTE = "properties.note:email:hash:email"


@pytest.fixture(scope="module")
def officer(shared_office: Office) -> Visitor:
    write_stored(shared_office.settings, [StoredSource("shop", "fh_shop"), StoredSource("away", "fh_away", site="x")])
    return shared_office.inside("pii-officer", "privacy_officer")


@pytest.fixture(scope="module")
def filled(shared_office: Office, officer: Visitor) -> None:
    root = shared_office.settings.data_dir / "pii"
    book = Findings(root, "c1-0", Balance())
    book.samples("shop").note(NOTE, "email", "ada@example.com")
    book.count("shop", {NOTE: 1234, "user_id:email:hash:identifier": 1, "properties.to:address:shadow:address_en": 7})
    book.count("away", {"properties.elsewhere:phone:hash:e164": 3})
    book.count("fixed", {"properties.<b>x</b>:phone:hash:e164": 3})
    book.write(NOW)


def entries(here: Office) -> list[Entry]:
    return next(s.pii for s in read_stored(here.settings) if s.id == "shop")


def test_nothing_found_says_so(here: Office, officer: Visitor) -> None:
    assert "Nothing was found in this period" in officer.get(BASE).text
    assert "此期间没有发现个人数据" in officer.get(BASE, headers={"accept-language": "zh"}).text


def test_the_map_shows_counts_of_this_site_and_no_value(here: Office, officer: Visitor, filled: None) -> None:
    text = officer.get(BASE).text
    assert "1,234" in text and "properties.note" in text and "mail address" in text
    assert "properties.elsewhere" not in text, "another site's"
    assert "properties.&lt;b&gt;" in text and "<b>x</b>" not in text
    cell = officer.get(BASE, params={"source": "shop", "field": "properties.note", "class": "email"}).text
    assert "xxx@xxxxxxx.xxx" in cell and "ada" not in cell
    assert "properties.&lt;b&gt;" not in cell, "of the chosen source only"
    assert officer.get(BASE, params={"days": "forever"}).status_code == 200


def test_a_rule_goes_into_shadow_and_a_class_is_dropped_for_one_source(
    here: Office, officer: Visitor, filled: None
) -> None:
    page = f"{BASE}?source=shop"
    changed = officer.post(f"{BASE}/shop", page, **{"rule.email": "shadow", "class.phone": "drop", "rule.plate": "on",
                                                    "class.ip": "nonsense", "days": "7"})  # fmt: skip
    assert changed.headers["location"] == f"{BASE}?source=shop&days=7&said=saved"
    assert entries(here) == [Entry(cls="phone", action="drop"), Entry(rule="email", mode="shadow")]
    assert '<option value="shadow" selected>' in officer.get(page).text
    log = officer.get("/console/s/default/audit").text
    assert "changed the PII firewall" in log and "rule email" in log and "class phone" in log
    officer.post(f"{BASE}/shop", page, **{"rule.email": "on", "class.phone": "hash"})
    assert entries(here) == [], "as usual again: nothing is written"


def test_one_field_has_a_rule_of_its_own_and_loses_it_again(here: Office, officer: Visitor, filled: None) -> None:
    at = {"field": "properties.sku", "class": "phone"}
    officer.post(f"{BASE}/shop", f"{BASE}?source=shop", **{"class.phone": "mask"})
    officer.post(f"{BASE}/shop/field", f"{BASE}?source=shop", **at, action="keep")
    assert entries(here) == [
        Entry(cls="phone", action="mask"),
        Entry(field="properties.sku", cls="phone", action="keep"),
    ]
    assert "Fields with a rule of their own" in officer.get(f"{BASE}?source=shop").text
    officer.post(f"{BASE}/shop", f"{BASE}?source=shop", **{"class.phone": "drop"})
    assert entries(here)[-1].field == "properties.sku", "what is said of a field still comes last and decides"
    officer.post(f"{BASE}/shop/field", f"{BASE}?source=shop", **at, action="")
    officer.post(f"{BASE}/shop", f"{BASE}?source=shop", **{"class.phone": "hash"})
    assert entries(here) == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/away", {"rule.email": "off"}, 404),
        ("/nobody", {"rule.email": "off"}, 404),
        ("/fixed", {"rule.email": "off"}, 422),
        ("/shop/field", {"field": "user_id", "class": "email", "action": "keep"}, 422),
        ("/shop/field", {"field": "properties.*", "class": "email", "action": "keep"}, 422),
        ("/shop/field", {"field": "properties.a", "class": "soul", "action": "keep"}, 422),
        ("/shop/field", {"field": "properties.a", "class": "email", "action": "sell"}, 422),
    ],
)
def test_what_is_refused_changes_nothing(
    here: Office, officer: Visitor, filled: None, path: str, fields: dict[str, str], status: int
) -> None:
    before = read_stored(here.settings)
    assert officer.post(BASE + path, f"{BASE}?source=shop", **fields).status_code == status
    assert read_stored(here.settings) == before


def test_who_may_look_may_not_change(here: Office, officer: Visitor, filled: None) -> None:
    analyst = here.inside("pii-analyst", "analyst")
    page = analyst.get(f"{BASE}?source=shop")
    assert page.status_code == 200 and '<select name="rule.email"' not in page.text
    assert analyst.post(f"{BASE}/shop", f"{BASE}?source=shop", **{"rule.email": "off"}).status_code == 403
    assert entries(here) == []
    assert "pii.configured" not in page.text and "firsthand.toml" in officer.get(f"{BASE}?source=fixed").text
