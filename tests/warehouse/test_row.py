"""NDJSON → Arrow: values, hostile values, poison; property tests against the json module."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.spooled import RECEIVED, event, lines
from warehouse.row import CHUNK_BYTES, Parser, arrow_schema, keys_of, repair, with_spool
from warehouse.schema import BAD_EVENTS, EVENTS


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    made = Parser(EVENTS)
    yield made
    made.close()


def rows(parser: Parser, *raw: bytes) -> list[dict[str, Any]]:
    found = parser.parse([b"\n".join(raw)])
    assert found.poison == []
    return found.table.to_pylist()


def raw(**columns: str) -> bytes:
    """A row whose columns are given as JSON text."""
    base = json.dumps(event("x"))
    return (base[:-1] + "".join(f', "{name}": {text}' for name, text in columns.items()) + "}").encode()


def test_every_kind_of_column(parser: Parser) -> None:
    [row] = rows(parser, lines([event(
        "a", seq=2**40, screen_width=1920, gpc=True, is_bot=False, consent_purposes=["ads", "分析"],
        sent_at=RECEIVED, page_title="页", properties={"a": [1, {"b": None}]}, traits={}, context={"k": "v"},
        pii_actions={"email": "hash"},
    )]))  # fmt: skip
    assert row["seq"] == 2**40
    assert (row["screen_width"], row["gpc"], row["is_bot"]) == (1920, True, False)
    assert row["consent_purposes"] == ["ads", "分析"]
    assert row["sent_at"].isoformat() == "2026-01-02T03:04:05.678000+00:00"
    assert json.loads(row["properties"]) == {"a": [1, {"b": None}]}
    assert (row["traits"], row["pii_actions"]) == ("{}", '{"email":"hash"}')
    assert row["user_id"] is None


def test_no_payload_gives_no_rows(parser: Parser) -> None:
    assert parser.parse([]).table.num_rows == 0
    assert parser.parse([b"", b"\n"]).table.num_rows == 0


def test_payloads_without_a_last_newline_do_not_run_together(parser: Parser) -> None:
    found = parser.parse([lines([event("a")])[:-1], memoryview(lines([event("b")])[:-1])])
    assert found.table.column("event_id").to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        '{"n": ' + "9" * 100 + "}",
        '{"n": -1e999, "m": 1E-999}',
        '{"a": 1, "a": 2}',
        '{"nul": "a\\u0000b"}',
        "[" * 16 + "]" * 16,
        '{"pair": "\\ud83d\\ude00", "escaped": "\\\\ud800"}',
        '{"long": "' + "x" * 500_000 + '"}',
        '"a string"',
        "3.5",
        "[]",
    ],
)
def test_carried_json_keeps_its_meaning(parser: Parser, text: str) -> None:
    [row] = rows(parser, raw(properties=text))
    assert json.loads(row["properties"], object_pairs_hook=list) == json.loads(text, object_pairs_hook=list)


def test_a_row_longer_than_a_chunk_is_parsed_alone(parser: Parser) -> None:
    text = '{"s": "' + "x" * 9_000_000 + '"}'
    found = rows(parser, raw(), raw(properties=text), raw())
    assert len(found) == 3
    assert len(found[1]["properties"]) > 9_000_000


def test_an_optional_value_that_does_not_fit_costs_only_itself(parser: Parser) -> None:
    [row] = rows(parser, raw(seq="1e30", screen_width='"wide"', viewport_width="99999999999", sent_at='"soon"',
                             gpc='"maybe"', user_id="5"))  # fmt: skip
    assert [row[c] for c in ("seq", "screen_width", "viewport_width", "sent_at", "gpc")] == [None] * 5
    assert (row["event_id"], row["user_id"]) == ("x", "5")


def test_an_unknown_key_is_ignored(parser: Parser) -> None:
    """A collector that is newer than the loader."""
    [row] = rows(parser, lines([event("a", surprise=1)]))
    assert row["event_id"] == "a"


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"event_id": "a"} {"event_id": "b"}',
        raw(event_id='"again"'),
        raw(consent_purposes='"notalist"'),
        json.dumps(event("t") | {"event_time": "2026-13-01T00:00:00Z"}).encode(),
        json.dumps({k: v for k, v in event("t").items() if k != "purpose"}).encode(),
    ],
)
def test_poison_stands_alone(parser: Parser, line: bytes) -> None:
    good = [lines([event(f"g{i}")])[:-1] for i in range(9)]
    found = parser.parse([b"\n".join([*good[:4], line, *good[4:]])])
    assert found.table.column("event_id").to_pylist() == [f"g{i}" for i in range(9)]
    [poison] = found.poison
    assert poison.length == len(line)


def test_poison_shows_keys_and_never_values(parser: Parser) -> None:
    found = parser.parse([b'{"event_id": "v1", "phone": "13800138000"}'])
    [poison] = found.poison
    assert poison.keys == ("event_id", "phone")
    assert "13800138000" not in str(poison)


def test_many_poison_lines_end(parser: Parser) -> None:
    found = parser.parse([b"{}\n" * 60 + lines([event("a")])])
    assert (found.table.num_rows, len(found.poison)) == (1, 60)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('"\\ud800"', "�"),
        ('"a\\udfffb"', "a�b"),
        ('"\\ud800\\ud83d\\ude00"', "�😀"),
        ('"\\\\\\ud800"', "\\�"),
        ('"\\uD800\\u0041"', "�A"),
    ],
)
def test_lone_surrogates_are_replaced_and_counted(parser: Parser, given: str, expected: str) -> None:
    found = parser.parse([raw(page_title=given)])
    assert (found.repaired, found.poison) == (1, [])
    assert found.table.column("page_title").to_pylist() == [expected]


def test_bytes_that_are_no_utf8_are_replaced(parser: Parser) -> None:
    found = parser.parse([raw(page_title='"cut"').replace(b"cut", b"c\xfft")])
    assert found.repaired == 1
    assert found.table.column("page_title").to_pylist() == ["c�t"]


def test_nothing_to_repair() -> None:
    assert repair(b'{"a": "\\ud83d\\ude00 \\\\ud800"}') is None


def test_keys_of_what_is_no_object() -> None:
    assert keys_of(b"[1]") == keys_of(b"{") == keys_of(b"[" * 100_000) == ()


def test_the_spool_columns_and_field_ids(parser: Parser) -> None:
    table = with_spool(parser.parse([lines([event("a")])]).table, "c1-0a", 7, EVENTS)
    assert table.schema.equals(arrow_schema(EVENTS), check_metadata=True)
    assert table.select(["spool_shard", "spool_seq"]).to_pylist() == [{"spool_shard": "c1-0a", "spool_seq": 7}]
    assert table.schema.field("context").metadata == {b"PARQUET:field_id": b"61"}


def test_bad_events_rows() -> None:
    parser = Parser(BAD_EVENTS)
    found = parser.parse([lines([{"received_at": RECEIVED, "reason": "invalid", "payload": {"a": [1]}}])])
    assert found.table.column("payload").to_pylist() == ['{"a":[1]}']
    parser.close()


def test_lines_longer_than_a_chunk_and_shorter_than_what_stood_there() -> None:
    parser = Parser(EVENTS)
    titles = ["x" * size for size in (10, CHUNK_BYTES * 3, CHUNK_BYTES * 8 + 1, 0)]
    payloads = [lines([event(f"e{i}", page_title=title)])[:-1] for i, title in enumerate(titles)]
    found = parser.parse([*payloads, b"", b"\n"])
    assert (found.poison, found.table.column("page_title").to_pylist()) == ([], titles)
    assert parser.parse(payloads[:1]).table.column("event_id").to_pylist() == ["e0"]
    assert parser.parse([b"\n", b" \n\n"]).table.num_rows == 0
    parser.close()


@pytest.mark.parametrize("rows", [None, 0, 2, 3, 4])
def test_a_wrong_count_or_a_line_that_is_no_row_costs_no_other(parser: Parser, rows: int | None) -> None:
    payloads = [lines([event("a")]), b'{"event_id":"b"}\n', lines([event("c", page_title="x" * CHUNK_BYTES)])]
    found = parser.parse([memoryview(bytearray(payload)) for payload in payloads], rows)
    assert found.table.column("event_id").to_pylist() == ["a", "c"]
    assert [one.keys for one in found.poison] == [("event_id",)]
    found = parser.parse([lines([event("a")]), lines([event("b"), event("c")])], rows)
    assert (found.table.column("event_id").to_pylist(), found.poison) == (["a", "b", "c"], [])


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def some(examples: int) -> settings:
    """So many examples; `make test-slow` tries ten times as many."""
    return settings(deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


ROWS = st.lists(st.tuples(TEXT, st.dictionaries(TEXT, JSON, max_size=5), st.booleans()), min_size=1, max_size=8)
NOISE = st.lists(st.binary(max_size=60).filter(lambda b: b"\n" not in b and b.strip()), min_size=1, max_size=6)


@some(50)
@given(ROWS)
def test_any_json_comes_back_equal(parser: Parser, given: list[tuple[str, dict[str, Any], bool]]) -> None:
    comes_back_equal(parser, given)


@pytest.mark.slow
@some(500)
@given(ROWS)
def test_any_json_comes_back_equal_at_length(parser: Parser, given: list[tuple[str, dict[str, Any], bool]]) -> None:
    comes_back_equal(parser, given)


def comes_back_equal(parser: Parser, given: list[tuple[str, dict[str, Any], bool]]) -> None:
    made = [event(f"e{i}", page_title=title, properties=value) for i, (title, value, _) in enumerate(given)]
    payload = b"".join(json.dumps(r, ensure_ascii=a).encode() + b"\n" for r, (_, _, a) in zip(made, given, strict=True))
    found = parser.parse([payload])
    assert (found.poison, found.repaired) == ([], 0)
    assert found.table.column("page_title").to_pylist() == [title for title, _, _ in given]
    assert [json.loads(p) for p in found.table.column("properties").to_pylist()] == [value for _, value, _ in given]


@some(50)
@given(NOISE)
def test_any_bytes_lose_no_neighbour(parser: Parser, noise: list[bytes]) -> None:
    lose_no_neighbour(parser, noise)


@pytest.mark.slow
@some(500)
@given(NOISE)
def test_any_bytes_lose_no_neighbour_at_length(parser: Parser, noise: list[bytes]) -> None:
    lose_no_neighbour(parser, noise)


def lose_no_neighbour(parser: Parser, noise: list[bytes]) -> None:
    payload = lines([event("first")]) + b"\n".join(noise) + b"\n" + lines([event("last")])
    found = parser.parse([payload])
    ids = found.table.column("event_id").to_pylist()
    assert ids[0] == "first"
    assert ids[-1] == "last"
    assert found.table.num_rows + len(found.poison) == len(noise) + 2


def test_columns_and_arrow_types_agree() -> None:
    schema = arrow_schema(EVENTS)
    assert schema.field("received_at").type == pa.timestamp("us", tz="UTC")
    assert not schema.field("event_id").nullable
    assert schema.field("user_id").nullable
