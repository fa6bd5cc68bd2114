"""A segment's bytes: what was written comes back, and damage costs what was damaged and nothing else."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.fold import unfold
from collector.spool.format import BAD_EVENTS, EVENTS, FOLDED, MAGIC, MARKER, Damage, Frame, HeadHash, frames, head_of

Written = list[tuple[int, bytes]]
PAYLOADS = st.binary(max_size=60) | st.sampled_from(
    [MARKER, MARKER * 3, head_of(EVENTS, b"inner") + b"inner", head_of(BAD_EVENTS, b"") + MARKER, MAGIC, b"\n" * 5]
)
WRITTEN = st.lists(st.tuples(st.sampled_from([EVENTS, BAD_EVENTS, FOLDED]), PAYLOADS), max_size=6)
PLAIN = st.lists(
    st.tuples(st.sampled_from([EVENTS, BAD_EVENTS]), st.binary(min_size=1, max_size=30).filter(lambda p: p[0] < 0x80)),
    min_size=1, max_size=5,
)  # fmt: skip


def _segment(written: Written) -> bytes:
    return MAGIC + b"".join(head_of(kind, payload) + payload for kind, payload in written)


def _bounds(written: Written) -> Iterator[tuple[int, int]]:
    at = len(MAGIC)
    for _, payload in written:
        yield at, (at := at + 13 + len(payload))


def _read(data: bytes) -> Written:
    return [(f.kind, bytes(f.payload)) for f in frames(memoryview(data)) if isinstance(f, Frame)]


@given(WRITTEN)
def test_round_trip(written: Written) -> None:
    found = list(frames(memoryview(_segment(written))))
    assert [(f.kind, bytes(f.payload)) for f in found if isinstance(f, Frame)] == written
    assert not [f for f in found if isinstance(f, Damage)]
    assert [(f.offset, f.offset + 13 + len(f.payload)) for f in found if isinstance(f, Frame)] == list(_bounds(written))


@given(WRITTEN)
@settings(max_examples=60, deadline=None)
def test_torn_at_every_byte_the_whole_frames_remain(written: Written) -> None:
    data = _segment(written)
    for cut in range(len(data)):
        whole = [w for w, (_, end) in zip(written, _bounds(written), strict=True) if end <= cut]
        found = _read(data[:cut])
        # A payload may hold frames of its own: behind the whole ones those may show, never in front of them
        assert found[: len(whole)] == whole
        assert all(f in _inside(written[len(whole) :]) for f in found[len(whole) :])


def _inside(written: Written) -> Written:
    return [found for _, payload in written for found in _read(payload)]


@given(PLAIN, st.data())
@settings(max_examples=300, deadline=None)
def test_a_flipped_bit_costs_its_frame_only(written: Written, data: st.DataObject) -> None:
    whole = _segment(written)
    bit = data.draw(st.integers(8 * len(MAGIC), 8 * len(whole) - 1))
    damaged = bytearray(whole)
    damaged[bit // 8] ^= 1 << bit % 8
    undamaged = [w for w, (start, end) in zip(written, _bounds(written), strict=True) if not start <= bit // 8 < end]
    found = list(frames(memoryview(bytes(damaged))))
    assert [(f.kind, bytes(f.payload)) for f in found if isinstance(f, Frame)] == undamaged
    assert [f for f in found if isinstance(f, Damage)]


@given(PLAIN)
@settings(max_examples=40, deadline=None)
def test_every_byte_is_a_frame_s_or_damage(written: Written) -> None:
    whole = bytearray(_segment(written))
    for at in range(len(MAGIC), len(whole)):
        damaged = whole.copy()
        damaged[at] ^= 0xFF
        seen, end = 0, len(MAGIC)
        for item in frames(memoryview(bytes(damaged))):
            assert item.offset == end
            length = item.length if isinstance(item, Damage) else 13 + len(item.payload)
            seen, end = seen + length, item.offset + length
        assert seen == len(whole) - len(MAGIC)


@given(st.binary(max_size=400))
def test_noise_is_damage_and_never_a_frame(noise: bytes) -> None:
    assert _read(noise) == []
    assert _read(MAGIC + noise) == []


@given(PLAIN, st.binary(min_size=1, max_size=40).filter(lambda b: b[-1] < 0x80))
def test_noise_between_frames_hides_none(written: Written, noise: bytes) -> None:
    data = MAGIC + b"".join(noise + head_of(kind, payload) + payload for kind, payload in written)
    assert [f for f in _read(data) if f in written] == written


@given(WRITTEN, WRITTEN)
def test_the_identity_stands_for_every_byte(one: Written, other: Written) -> None:
    assert (_identity(one) == _identity(other)) == (one == other)


def _identity(written: Written) -> str:
    hashed = HeadHash()
    for kind, payload in written:
        hashed.add(kind, head_of(kind, payload), payload.count(b"\n"))
    return hashed.footer().sha256


def test_the_footer_counts() -> None:
    hashed = HeadHash()
    hashed.add(EVENTS, b"h1", 3)
    hashed.add(EVENTS, b"h2", 4)
    hashed.add(BAD_EVENTS, b"h3", 5)
    hashed.add(FOLDED, b"h4", 6)
    footer = hashed.footer()
    assert (footer.frames, footer.events, footer.bad_events) == (4, 13, 5)


@given(WRITTEN)
def test_lines_are_whole_whatever_form_they_were_written_in(written: Written) -> None:
    found = [f for f in frames(memoryview(_segment(written))) if isinstance(f, Frame)]
    assert [(f.accepted, bytes(f.lines())) for f in found] == [
        (kind != BAD_EVENTS, unfold(payload) if kind == FOLDED else payload) for kind, payload in written
    ]
