"""Nothing that names a person reaches the spool, whatever the message looks like. Rows are read back from the disk."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.desk import KEY, Desk, Reply
from tests.consent.pii.written import MARKER, NUMBER, address_objects, objects_with_secrets

WHERE = ["properties", "traits", "context"]


def _sent(desk: Desk, where: str, text: str) -> Reply:
    body = f'{{"batch":[{{"type":"identify","userId":"u","{where}":{text}}}],"writeKey":"{KEY}"}}'
    return desk.post(body.encode())


@given(st.sampled_from(WHERE), objects_with_secrets())
@settings(max_examples=150, deadline=None)
def test_no_declared_value_reaches_the_row(shared_desk: Desk, where: str, text: str) -> None:
    reply = _sent(shared_desk, where, text)
    assert reply.status == 200
    written = json.dumps([reply.rows, reply.letters], ensure_ascii=False)
    assert MARKER not in written
    assert str(NUMBER) not in written
    assert len(reply.rows) + len(reply.letters) == 1


@given(st.sampled_from(WHERE), address_objects())
@settings(max_examples=150, deadline=None)
def test_no_address_reaches_the_row_uncut(shared_desk: Desk, where: str, text: str) -> None:
    reply = _sent(shared_desk, where, text)
    assert MARKER not in json.dumps([reply.rows, reply.letters])


@pytest.mark.parametrize(
    "properties",
    [
        '{"email":"Zq7Marker"}',
        '{"\\u0065mail":"Zq7Marker"}',
        '{"em\\u0061il" : "Zq7Marker"}',
        '{"email"\n\t:"Zq7Marker"}',
        '{"email":"x","email":"Zq7Marker"}',
        '{"email":"Zq7Marker","email":"x"}',
        '{"email":"Zq7Marker","email":null}',
        '{"a":[[[{"b":{"E-MAIL":"Zq7Marker"}}]]]}',
        '{"email":["Zq7Marker"]}',
        '{"email":{"x":"Zq7Marker"}}',
        '{"note":"\\\\","email":"Zq7Marker"}',
        '{"note":"\\"","email":"Zq7Marker"}',
        '{"note":"{\\"a\\":","email":"Zq7Marker"}',
        '{"note":"\\ud83d","email":"Zq7Marker"}',
        '{"e\\u3000mail":"Zq7Marker"}',
        '{"e　mail":"Zq7Marker"}',
        '{"EMAIL":"Zq7Marker"}',
        '{"Kunden-E-Mail-Address":"Zq7Marker"}',
        '{"password":"Zq7Marker"}',
        '{"身份证号":"Zq7Marker"}',
    ],
)
def test_spellings(desk: Desk, properties: str) -> None:
    reply = _sent(desk, "properties", properties)
    assert len(reply.rows) == 1
    assert MARKER not in json.dumps(reply.rows)


def test_of_a_repeated_address_only_one_value_remains(desk: Desk) -> None:
    row = _sent(desk, "properties", '{"email":"b@example.com","email":"a@example.com"}').rows[0]
    assert row["properties"]["email"].startswith("p1.t1.")
    assert row["pii_actions"] == {"properties.email:email:hash:declared": 1}


def test_ids_that_are_mail_addresses_are_pseudonyms(desk: Desk) -> None:
    mail = "Ada@Example.com"
    message = {"type": "group", "userId": mail, "anonymousId": mail, "groupId": mail, "previousId": mail,
               "name": mail, "category": mail, "context": {"page": {"title": mail, "url": f"https://s.example/{mail}",
               "referrer": f"https://s.example/?{mail}"}}}  # fmt: skip
    reply = desk.batch(message)
    assert "example.com" not in json.dumps(reply.rows).lower()
    assert reply.rows[0]["user_id"] == reply.rows[0]["anonymous_id"] == reply.rows[0]["subject_key"]


def test_the_full_address_of_the_network_is_in_no_file(desk: Desk) -> None:
    desk.request("POST", "/v1/batch", [_body("ip")], client=("198.51.100.77", 1))
    desk.request("POST", "/v1/batch", [_body("ip6")], client=("2001:db8:aaaa:bbbb:cccc::77", 1))
    files = [p for p in desk.data.rglob("*") if p.is_file()]
    assert any(b"198.51.100.0" in p.read_bytes() for p in files)
    for path in files:
        content = path.read_bytes()
        assert b"198.51.100.77" not in content
        assert b"bbbb:cccc" not in content


def _body(event: str) -> bytes:
    message = {"type": "track", "event": event, "anonymousId": "a", "context": {"ip": "198.51.100.77"}}
    return json.dumps({"batch": [message], "writeKey": KEY}).encode()


def test_no_raw_value_is_in_any_file_of_the_data_directory(desk: Desk) -> None:
    """Accepted or refused: the spool, the numbers and whatever else is written hold no marker."""
    marker = "Leak4711"
    bad = {"type": "nope", "userId": marker, "properties": {"email": marker, "note": marker}}
    good = {"type": "track", "event": "x", "userId": "u", "properties": {"email": marker, "phone": marker}}
    reply = desk.batch(bad, good, bad)
    assert (len(reply.rows), len(reply.letters)) == (1, 2)
    assert not [p for p in desk.data.rglob("*") if p.is_file() and marker.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("Ada@example.com", "email"), ("ada%40example.com", "email"), ("13800138000", "phone"),
        ("+8613800138000", "phone"),
        ("11010519491231002X", "id"), ("oABCdefGHIjklMNOpqrSTUvwx1_2", "openid"), ("p1.k1.ada", "user_id"),
        ("u-1001", None), ("1795660800123", None), ("9f8a7c6b-5d4e-4f2a-9b0c-9d8e7f6a5b4c", None),
        ("20261126000001", None),
    ],
)  # fmt: skip
def test_an_id_that_is_personal_data_is_hashed(desk: Desk, user: str, kind: str | None) -> None:
    row = desk.batch({"type": "track", "event": "x", "userId": user}).rows[0]
    assert (row["user_id"] == user) == (kind is None)
    assert row.get("pii_actions", {}) == ({f"user_id:{kind}:hash:identifier": 1} if kind else {})


MAIL, PHONE, RESIDENT = "ada@example.com", "13800138000", "11010519491231002X"


def test_free_text_is_looked_through_wherever_a_message_carries_it(desk: Desk) -> None:
    page = {"title": f"Inbox of {MAIL}", "url": f"https://shop.example/u/{RESIDENT}/x?utm_term=tel%20+86%20{PHONE}",
            "referrer": f"https://shop.example/{RESIDENT}"}  # fmt: skip
    message = {"type": "page", "userId": "u", "name": f"Order of {MAIL}", "category": f"手机{PHONE}",
               "properties": {"q": f"to {MAIL}", "deep": [{"note": f"身份证{RESIDENT}"}]},
               "traits": {"about": f"call me: {PHONE}"},
               "context": {"page": page, "campaign": {"term": f"call +86 {PHONE}"},
                           "error": {"message": f"no user {MAIL}"}}}  # fmt: skip
    reply = desk.batch(message, {"type": "track", "event": f"Signup {MAIL}", "userId": "u"})
    assert len(reply.rows) == 2
    written = json.dumps(reply.rows, ensure_ascii=False)
    for value in (MAIL, PHONE, RESIDENT):
        assert value not in written
    assert reply.rows[0]["page_host"] == "shop.example"
    classes = {tuple(key.rsplit(":", 3)[1:3]) for key in reply.rows[0]["pii_actions"]}
    assert classes == {("email", "hash"), ("phone", "hash"), ("id", "hash")}


def test_a_rule_that_throws_costs_the_event_and_nothing_gets_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.pii import firewall

    def broken(*_: object) -> None:
        raise RuntimeError(MAIL)

    monkeypatch.setattr(firewall, "find", broken)
    reply = desk.batch(
        {"type": "track", "event": "x", "userId": "u", "properties": {"q": MAIL}},
        {"type": "track", "event": "y", "userId": "u"},
    )
    assert reply.reasons == ["internal"]
    assert [row["event"] for row in reply.rows] == ["y"]
    assert MAIL not in json.dumps([reply.rows, reply.letters, reply.json])


def test_a_source_says_what_becomes_of_its_fields(tmp_path: Path) -> None:
    from tests.collector.desk import SOURCE
    from tests.collector.desk import desk as made

    source = SOURCE | {"pii": [{"class": "email", "action": "mask"}, {"field": "properties.buyer", "declare": "name"}]}
    with made(tmp_path, [source]) as desk:
        row = desk.batch(
            {"type": "track", "event": "x", "userId": "u", "properties": {"q": MAIL, "buyer": "Ada", "n": 1}}
        ).rows[0]
    assert row["properties"] == {"q": "a***@example.com", "n": 1}


def test_what_was_done_is_counted_without_a_word_of_the_client(desk: Desk) -> None:
    desk.batch({"type": "track", "event": "x", "userId": "u", "properties": {"my field": MAIL, "password": "x"}})
    text = (
        desk.get("/metrics").body.decode()
        if hasattr(desk, "get")
        else desk.request("GET", "/metrics", []).body.decode()
    )
    assert "my field" not in text


def test_the_host_of_a_referrer_is_a_site_whatever_it_looks_like(desk: Desk) -> None:
    page = {"url": "http://192.0.2.7:8080/p", "referrer": "http://192.0.2.7:8080/"}
    message = {
        "type": "page",
        "anonymousId": "a-1",
        "context": {"page": page, "campaign": {"term": f"call +86 {PHONE}"}},
    }
    [row] = desk.batch(message).rows
    assert row["referrer_host"] == "192.0.2.7:8080"
    assert PHONE not in json.dumps(row)
    assert not [name for name in row["pii_actions"] if "referrer_host" in name]
