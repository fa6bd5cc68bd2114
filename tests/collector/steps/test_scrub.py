"""Nothing that names a person reaches the spool, whatever the message looks like. Rows are read back from the disk."""

import json

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
    assert row["pii_actions"] == {"email:hash": 1}


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
