"""Ids that sort by time (RFC 9562 §5.7)."""

import time
import uuid

from collector.identifiers import uuid7


def test_they_are_uuids_of_version_7() -> None:
    made = uuid.UUID(uuid7())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_they_hold_the_time_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    held = uuid.UUID(uuid7()).int >> 80
    assert before <= held <= time.time_ns() // 1_000_000


def test_they_sort_by_time_and_never_repeat() -> None:
    first = uuid7()
    time.sleep(0.002)
    many = [uuid7() for _ in range(10_000)]
    assert first < min(many)
    assert len(set(many)) == len(many)
