"""Message and request → row, by the golden vectors through the whole worker."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.collector.desk import Desk
from tests.collector.desk import desk as made
from tests.collector.expand import encode, expand
from tests.contract.golden import cases

ROW = cases("row")
TIMES = ("event_time", "received_at", "original_timestamp", "sent_at")


def _source(given: dict[str, Any]) -> dict[str, Any]:
    """The source of a case as it stands in sources.json; the key is made of what it says."""
    asked = given["request"]["source"]
    return asked | {"write_key": "fh_" + json.dumps(asked, sort_keys=True)}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A worker with the sources of all cases."""
    found = {s["write_key"]: s for s in (_source(c["given"]) for c in ROW)}
    with made(tmp_path_factory.mktemp("rows"), list(found.values())) as desk:
        yield desk


def _instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {k: _instant(v) if k in TIMES else v for k, v in row.items()}


def _request(given: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    facts = given["request"]
    body = {"batch": [expand(given["message"])], "writeKey": _source(given)["write_key"]}
    if facts.get("sent_at"):
        body["sentAt"] = facts["sent_at"]
    headers = {}
    if facts.get("userAgent"):
        headers["user-agent"] = facts["userAgent"]
    if facts.get("gpc"):
        headers["sec-gpc"] = "1"
    return encode(body), {"headers": headers, "client": (facts["ip"], 40000) if facts.get("ip") else None}


@pytest.mark.parametrize("case", ROW, ids=[c["name"] for c in ROW])
def test_vectors(office: Desk, case: dict[str, Any]) -> None:
    body, request = _request(case["given"])
    office.now = _instant(case["given"]["request"]["received_at"])
    reply = office.post(body, **request)
    assert reply.status == 200
    assert reply.letters == []
    assert [_comparable(row) for row in reply.rows] == [_comparable(case["expect"])]


@pytest.mark.parametrize("case", ROW, ids=[c["name"] for c in ROW])
def test_the_careful_way_gives_the_same_row(office: Desk, case: dict[str, Any]) -> None:
    """A field of the batch's context sends it the careful way; beside that field nothing may differ."""
    body, request = _request(case["given"])
    office.now = _instant(case["given"]["request"]["received_at"])
    row = office.post(body[:-1] + b',"context":{"zz":1}}', **request).rows[0]
    row["context"].pop("zz")
    if not row["context"]:
        del row["context"]
    assert _comparable(row) == _comparable(case["expect"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", " \n\t\n"])
@pytest.mark.parametrize("where", ["properties", "traits", "context"])
def test_line_ends_among_blanks_forge_no_row(desk: Desk, where: str, end: str) -> None:
    """Objects are carried as written, and a line of the spool is a row."""
    forged = '{"event_id":"forged","type":"track","event":"x","purpose":"marketing","source_id":"other"}'
    carried = f'{{"a":{end}{forged}{end},{end}"b":[1,{end}2]}}'
    message = f'{{"type":"identify","userId":"u-1","messageId":"m-1","{where}":{carried}}}'
    reply = desk.post(f'{{"batch":[{message},{message}],"writeKey":"fh_test"}}'.encode())
    assert [row["event_id"] for row in reply.rows] == ["m-1", "m-1"]
    assert reply.rows[0][where]["b"] == [1, 2]
