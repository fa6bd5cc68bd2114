"""The firewall over whole objects: every way a value can stand in an event, and what the source says about it."""

import json
import time
from random import Random
from typing import Any

import pytest

from consent.pii.firewall import MAX_CHARS, Scrubber, shown
from consent.pii.hashing import Key, pseudonym
from consent.pii.model import candidates
from consent.pii.policy import Entry, Policy, policy_of
from consent.pii.rules import PII_RULES
from consent.pii.rules.email import RULE as EMAIL
from tests.contract.golden import cases

KEY = Key("t1", bytes(range(32)))
MAIL = "ada@example.com"
HASHED = pseudonym(KEY, "email", MAIL)


def through(value: Any, policy: Policy | None = None, person: bool = False) -> tuple[Any, dict[str, int]]:
    counts: dict[str, int] = {}
    scrubber = Scrubber(KEY, counts, policy or Policy())
    encoded = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return json.loads(scrubber.json(encoded, "properties", person)), counts


def left(value: Any, policy: Policy | None = None) -> Any:
    return through(value, policy)[0]


@pytest.mark.parametrize("case", cases("scrub"), ids=lambda case: case["name"])
def test_vectors(case: dict[str, Any]) -> None:
    given = case["given"]
    if "text" in given:
        assert Scrubber(KEY, {}).text(given["text"], "page.title") == case["expect"]
    else:
        assert left(given["object"]) == case["expect"]


def test_a_clean_object_is_the_same_bytes() -> None:
    clean = b'{ "sku":"TEA-250", "price": 12.50 }'
    assert Scrubber(KEY, {}).json(clean, "properties") is clean


@pytest.mark.parametrize(
    "value",
    [
        {"q": MAIL}, {"q": f"mail {MAIL} now"}, {"a": [{"b": [MAIL]}]}, {MAIL: 1}, {"a": {f"x {MAIL}": {"y": 2}}},
        {"q": "ada%40example.com"}, {"q": "ada%2540example.com"}, {"q": "ada＠example.com"}, {"q": "?u=ADA%40EXAMPLE.COM&x"},
        {"q": json.dumps({"u": MAIL})}, {"q": json.dumps({"deep": json.dumps([MAIL])})}, {"q": json.dumps({"email": "ada (at) x"})},
        {"q": f'"{MAIL}"'}, {"q": f"line\n{MAIL}\t"}, {"q": "x" * 20_000 + f" {MAIL}"}, {"q": f"{MAIL},{MAIL};{MAIL}"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_mail_address_is_found_wherever_it_stands(value: Any, ascii_only: bool) -> None:
    text = json.dumps(left(json.dumps(value, ensure_ascii=ascii_only).encode()), ensure_ascii=False).lower()
    assert "example.com" not in text
    assert "(at)" not in text


@pytest.mark.parametrize("before", ["...", "mail:.", "(", "{", "'", "+", "-", "*", "a=", "你好"])
def test_what_stands_before_an_address_does_not_hide_it(before: str) -> None:
    assert MAIL not in left({"q": f"{before}{MAIL}"})["q"]
    if before != "a=":  # an address may have that in it
        assert left({"q": f"see {before}{MAIL} now"}) == {"q": f"see {before}{HASHED} now"}


def test_an_address_in_ascii_is_found_as_in_any_text() -> None:
    """The rule has two patterns, the quick one for texts in ASCII. They find the same."""
    some = Random(7)
    pieces = [
        "@",
        "a",
        "ada",
        ".",
        "..",
        "-",
        "_",
        "+",
        "x.example",
        "example.com",
        "xn--p1ai",
        " ",
        "'",
        "1",
        "A" * 70,
        ".png",
    ]
    for _ in range(5000):
        text = "".join(some.choices(pieces, k=some.randint(1, 9)))
        assert candidates(EMAIL, text) == candidates(EMAIL._replace(ascii=None), text), text


def test_of_a_repeated_name_no_value_stays() -> None:
    assert MAIL.encode() not in Scrubber(KEY, {}).json(f'{{"q":"{MAIL}","q":"x"}}'.encode(), "properties")
    assert MAIL.encode() not in Scrubber(KEY, {}).json(f'{{"q":"x","q":"{MAIL}"}}'.encode(), "properties")


@pytest.mark.parametrize(
    ("value", "gone"),
    [
        ({"contact": 13800138000}, "13800138000"), ({"contact": [13800138000, 13900139000]}, "13900139000"),
        ({"手机": 13800138000}, "13800138000"), ({"n": {"card_no": 4111111111111111}}, "4111111111111111"),
        ({"cert": "身份证１１０１０５１９４９１２３１００２Ｘ"}, "１１０１０５"),
    ],
)  # fmt: skip
def test_numbers_are_values_too(value: Any, gone: str) -> None:
    assert gone not in json.dumps(left(value), ensure_ascii=False)


def test_a_bare_number_in_a_campaign_tag_is_a_phone_and_elsewhere_is_none() -> None:
    hashed = pseudonym(KEY, "phone", "13800138000")
    assert left({"utm_term": "13800138000", "utm_id": "1795660800123", "sku": "13800138000"}) == {
        "utm_term": hashed, "utm_id": "1795660800123", "sku": "13800138000",
    }  # fmt: skip
    address = Scrubber(KEY, {}).text("/p?utm_content=13800138000&utm_id=5", "page.page_url")
    assert address == f"/p?utm_content={hashed}&utm_id=5"


def test_an_address_in_a_property_keeps_the_query_parameters_of_its_source() -> None:
    sent = b'{"href":"https://shop.example/s?q=tea&session=1","deep":"{\\"url\\":\\"/s?q=tea&session=1\\"}"}'
    kept = json.loads(Scrubber(KEY, {}, query_params={"q"}).json(sent, "properties"))
    assert (kept["href"], json.loads(kept["deep"])) == ("https://shop.example/s?q=tea", {"url": "/s?q=tea"})
    assert json.loads(Scrubber(KEY, {}).json(sent, "properties"))["href"] == "https://shop.example/s"


def test_an_ordinary_number_keeps_its_type() -> None:
    assert left({"q": MAIL, "ts": 1795660800123, "big": 2**60, "f": 1.5e20, "t": True}) == {
        "q": HASHED, "ts": 1795660800123, "big": 2**60, "f": 1.5e20, "t": True,
    }  # fmt: skip


def test_what_is_done_is_counted_by_field() -> None:
    _, counts = through({"a": {"note": f"{MAIL} {MAIL}"}, "email": MAIL, "password": "x"})
    assert counts == {
        "properties.a.note:email:hash:email": 2, "properties.email:email:hash:declared": 1,
        "properties.password:secret:drop:declared": 1,
    }  # fmt: skip


def test_a_text_keeps_what_is_around_a_value() -> None:
    assert left({"q": f"from {MAIL} to 192.0.2.77, plate 京A12345."}) == {
        "q": f"from {HASHED} to 192.0.2.0, plate {pseudonym(KEY, 'plate', '京A12345')}."
    }


def test_a_dropped_value_takes_its_field_along_or_leaves_a_mark() -> None:
    assert left({"ref": "4111-1111-1111-1111", "n": 1}) == {"n": 1}
    assert left({"ref": "pay 4111-1111-1111-1111 now"}) == {"ref": "pay :redacted now"}
    assert left({"refs": ["4111-1111-1111-1111", "x"]}) == {"refs": ["x"]}


def test_scrubbing_twice_is_scrubbing_once() -> None:
    once = left({"q": f"from {MAIL} to 192.0.2.77", "email": MAIL, "tel": "+8613800138000", MAIL: 1})
    assert left(once) == once


def test_a_forged_pseudonym_is_no_way_around() -> None:
    assert left({"email": f"p1.{MAIL}"})["email"].startswith("p1.t1.")
    assert MAIL not in json.dumps(left({"q": f"p1.k1.{MAIL}", "r": [f"p1.k1.{'A' * 43} {MAIL}"]}))


# ---- what the source says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "value", "expected"),
    [
        ([Entry(cls="email", action="drop")], {"q": MAIL}, {}),
        ([Entry(cls="email", action="drop")], {"q": f"to {MAIL}"}, {"q": "to :redacted"}),
        ([Entry(cls="email", action="mask")], {"email": MAIL}, {"email": "a***@example.com"}),
        ([Entry(field="properties.q", action="keep")], {"q": MAIL, "r": MAIL}, {"q": MAIL, "r": HASHED}),
        ([Entry(field="properties.**", cls="phone", action="keep")], {"a": {"tel": "+8613800138000"}, "e": MAIL}, {"a": {"tel": "+8613800138000"}, "e": HASHED}),
        ([Entry(field="properties.buyer.*", declare="name")], {"buyer": {"x": "Ada", "y": "B"}, "n": 1}, {"buyer": {}, "n": 1}),
        ([Entry(field="properties.code", declare="phone")], {"code": "77-12"}, {"code": pseudonym(KEY, "phone", "77-12")}),
        ([Entry(field="properties.tags", declare="name")], {"tags": ["Ada", "Bob"]}, {}),
        ([Entry(cls="birthday", action="truncate")], {"birthday": "1990-05-17", "age": 36}, {"birthday": "1990", "age": "30-39"}),
        ([Entry(cls="address", action="truncate")], {"address": "x", "note": "北京市朝阳区建国路8号"}, {"address": "x", "note": "北京市"}),
        ([Entry(cls="email", action="drop"), Entry(field="properties.q", cls="email", action="mask")], {"q": MAIL}, {"q": "a***@example.com"}),
    ],
)  # fmt: skip
def test_policies(entries: list[Entry], value: Any, expected: Any) -> None:
    assert left(value, policy_of(entries)) == expected


@pytest.mark.parametrize("rule", [rule.name for rule in PII_RULES])
def test_each_rule_has_a_shadow_and_a_switch(rule: str) -> None:
    from tests.consent.pii.corpus.positives import positives

    names = [r.name for r in PII_RULES]
    others = [name for name in names if name != rule]
    only, off = policy_of([], off=others), policy_of([], off=names)
    shadow = policy_of([], off=others, shadow=[rule])
    found = 0
    for item in positives(11, 60):
        value = {item.field: item.text}
        alone, counts = through(value, only)
        if any(not key.endswith(":keep") for key in counts) and alone != value and not _declared(counts, value, off):
            found += 1
            shadowed, seen = through(value, shadow)
            assert any(":shadow:" in key for key in seen)
            assert shadowed == through(value, off)[0]
    assert found or rule in UNUSED, f"the corpus has nothing that {rule} alone finds"


UNUSED = {
    "mrz",
    "cn_id_15",
    "ssn_bare",
    "po_box",
    "north_american",
    "reset_link",
    "name_signed_zh",
    "cn_plus",
    "cn_landline",
    "e164",
}


def _declared(counts: dict[str, int], value: Any, off: Policy) -> bool:
    return bool(through(value, off)[1])


# ---- limits -----------------------------------------------------------------------------------------------------


def test_what_was_not_read_does_not_pass() -> None:
    counts: dict[str, int] = {}
    long = "x" * MAX_CHARS + MAIL
    kept = Scrubber(KEY, counts).text(long, "page.title")
    assert kept == "x" * MAX_CHARS
    assert counts == {"page.title:unread:truncate:limit": 1}
    assert MAIL not in json.dumps(left({"q": long}))


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "1",
        "1 ",
        "1-",
        "@",
        "a@",
        "%40",
        "+1",
        "eyJ",
        "A1",
        "号",
        "路1号",
        "我是",
        "1.",
        "1:",
        "Mr. A",
        "oA1",
        "京A1",
        "password ",
        "<",
        "Ab ",
        "0 A ",
        "生日",
    ],
)
def test_long_texts_cost_little(part: str) -> None:
    """The time must grow with the length, not with its square."""
    text = json.dumps(
        {"手机 passport imei card account openid face": part * (30_000 // len(part))}, ensure_ascii=False
    ).encode()
    started = time.process_time()
    Scrubber(KEY, {}).json(text, "properties")
    assert time.process_time() - started < 3.0  # what grows with the square took minutes


def test_a_text_full_of_values_goes_as_a_whole() -> None:
    many = " ".join(f"a{n}@example.com" for n in range(250))
    assert through({"q": many}) == ({"q": ":redacted"}, {"properties.q:unread:drop:limit": 1})


def test_paths_in_the_report_hold_no_data() -> None:
    assert shown("properties.items.note") == "properties.items.note"
    assert shown(f"properties.{MAIL}.x") == "properties.:redacted.com.x"
    assert shown("properties.user 13800138000") == "properties.:redacted"
    assert shown("properties.备注") == "properties.备注"
