"""Rows of which parts are written once: whoever reads the spool finds the rows that would have been written whole."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from collector.decode import NotABatch, decode_batch, decode_single
from collector.fold import END, MARKS, table, unfold
from collector.live.tail import SpoolTail
from collector.protocol import MAX_MESSAGE_BYTES
from collector.row import Cast, encode
from collector.shared import Contexts
from collector.spool.format import EVENTS, FOLDED
from collector.spool.writer import SpoolWriter
from tests.collector.spool.harness import lines, running
from tests.collector.test_mould import NOW, PLAIN, _through

PARTS = st.lists(st.text(), max_size=len(MARKS)).map(lambda texts: [msgspec.json.encode(text) for text in texts])


@given(PARTS, st.lists(st.tuples(st.text(), st.integers(0, len(MARKS) - 1)), max_size=6))
def test_each_mark_is_its_part(parts: list[bytes], said: list[tuple[str, int]]) -> None:
    """Whatever parts and rows say."""
    said = [(id, number % len(parts)) for id, number in said if parts]
    folded = encode([Cast(id, MARKS[number], NOW) for id, number in said], parts)
    whole = encode([Cast(id, Raw(parts[number]), NOW) for id, number in said])
    assert (unfold(folded) if parts else folded) == whole


def test_a_mark_without_a_part_makes_its_row_no_row_and_no_other() -> None:
    payload = bytes(table([b'"track"'])) + b'\n{"a":1}\n{"type":\xf9}\n{"type":\xf8}\n'
    assert unfold(payload).splitlines() == [b'{"a":1}', b'{"type":\xf9}', b'{"type":"track"}']
    for broken in (b"", b"\n", END, b"no end of a line", b"\xff\n\xff"):
        unfold(broken)


@pytest.mark.parametrize("mark", [END, *map(bytes, MARKS)])
def test_no_client_can_write_a_mark(mark: bytes) -> None:
    """Nor in what is carried undecoded, of whatever size."""
    for where in (b"properties", b"context", b"traits", b"event"):
        for more in (b"", b"x" * MAX_MESSAGE_BYTES):
            message = b'{"type":"track","anonymousId":"a","%b":{"a":"%b%b"}}' % (where, mark, more)
            for decode, body in ((decode_single, message), (decode_batch, b'{"batch":[%b]}' % message)):
                with pytest.raises(NotABatch):
                    decode(body, lambda: "id")


def test_what_alike_events_share_is_written_once_and_read_with_each(tmp_path: Path) -> None:
    """The real rows: folded and whole ones in one segment, by the loader's reader and by the live view's."""
    known = Contexts()
    named = [(session, event) for session in ("one", "other") for event in "aabcdefa"]
    batch: list[dict[str, Any]] = [
        PLAIN | {"messageId": f"m{n}", "event": event, "context": {"sessionId": session, "seq": n}}
        for n, (session, event) in enumerate(named)
    ]
    outcomes = [_through(known, *batch) for _ in range(4)]
    assert [outcome.folded for outcome in outcomes] == [False, True, True, True]
    # Six kinds of event in each of two sessions: some more than there are marks
    assert [outcomes[n].rows.count(b'"session_id"') for n in (0, 3)] == [16, 12]
    read = [[json.loads(line) for line in outcome.whole.splitlines()] for outcome in outcomes]
    assert read[0] == read[1] == read[2] == read[3]

    async def work(spool: SpoolWriter) -> None:
        for outcome in outcomes:
            await spool.append(FOLDED if outcome.folded else EVENTS, outcome.rows, outcome.accepted)

    tail = SpoolTail(tmp_path)
    tail.poll()
    running(tmp_path, work)
    assert [json.loads(line) for line in lines(tmp_path)] == [row for rows in read for row in rows]
    found = tail.poll()
    assert found.counts == {("shop", ""): 4 * len(batch)}
    assert sorted(item.row for item in found.items) == sorted(lines(tmp_path))
    tail.close()
