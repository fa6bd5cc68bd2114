"""The bytes of a spool file: what is written is read, and damage costs what it hit."""

from hypothesis import given
from hypothesis import strategies as st

from firsthand.spool import frames
from firsthand.spool.frames import event_frame, read, settled_frame


@given(st.lists(st.binary(max_size=40), max_size=12), st.sets(st.integers(0, 15)))
def test_what_is_written_is_read_but_for_what_is_settled(messages: list[bytes], settled: set[int]) -> None:
    data = frames.HEADER + b"".join(event_frame(n, m) for n, m in enumerate(messages)) + settled_frame(settled)
    found = read(data)
    assert found.left == {n: m for n, m in enumerate(messages) if n not in settled}
    assert (found.next_number, found.damaged) == (len(messages), 0)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8), st.data())
def test_damage_costs_what_it_hit_and_nothing_else(messages: list[bytes], data: st.DataObject) -> None:
    written = [event_frame(n, m) for n, m in enumerate(messages)]
    whole = frames.HEADER + b"".join(written)
    at = data.draw(st.integers(len(frames.HEADER), len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= data.draw(st.integers(1, 255))
    found = read(bytes(flipped))
    ends = [len(frames.HEADER) + sum(map(len, written[: n + 1])) for n in range(len(written))]
    hit = next(n for n, end in enumerate(ends) if at < end)
    assert {n: m for n, m in enumerate(messages) if n != hit}.items() <= found.left.items()
    assert hit not in found.left
    assert found.damaged == len(written[hit])


@given(st.binary(max_size=200))
def test_rubbish_is_no_event_and_raises_nothing(rubbish: bytes) -> None:
    assert read(rubbish).left == {}
    assert read(frames.HEADER + rubbish + event_frame(7, b"x")).left == {7: b"x"}


@given(st.integers(0, 200))
def test_a_torn_tail_costs_the_last_frame(cut: int) -> None:
    data = frames.HEADER + event_frame(0, b"first") + event_frame(1, b"second" * 20)
    found = read(data[: max(len(frames.HEADER), len(data) - cut)])
    assert set(found.left) == ({0, 1} if cut == 0 else {0} if cut <= frames.OVERHEAD + 120 else set())
