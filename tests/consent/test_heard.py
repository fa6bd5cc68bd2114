"""What a gate heard: always the newest, never less than what was said, and within its bound."""

from hypothesis import given
from hypothesis import strategies as st

from consent.heard import Heard

NEWS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 1_000), st.sampled_from([("a",), ("a", "b"), (), ("*",), ("-",)])),
    max_size=60,
)


@given(NEWS, st.lists(st.integers(0, 59), max_size=4))
def test_like_a_dictionary(news: list[tuple[int, int, tuple[str, ...]]], merges: list[int]) -> None:
    heard, plain = Heard(), dict[int, tuple[int, tuple[str, ...]]]()
    for position, (subject, seq, denied) in enumerate(news):
        heard.tell(subject, seq, denied)
        if position in merges:
            heard.fill([])
        known = plain.get(subject)
        if denied == ("-",):
            plain[subject] = (seq, ())
        elif known is None or (known[0] <= seq and known[1] != ("*",)):
            plain[subject] = (seq, denied)
    for subject in range(31):
        seq, denied = plain.get(subject, (0, ()))
        assert heard.ask(subject, 0) == (denied, False)
        behind = denied if denied == ("*",) else ()
        assert heard.ask(subject, seq) == (behind, False)


@given(NEWS)
def test_filled_at_once_is_the_same(news: list[tuple[int, int, tuple[str, ...]]]) -> None:
    one, other = Heard(), Heard()
    for line in news:
        one.tell(*line)
    other.fill(news)
    assert [one.ask(s, 0) for s in range(31)] == [other.ask(s, 0) for s in range(31)]


def test_beyond_the_bound_the_oldest_go_and_the_floor_says_so() -> None:
    heard = Heard(limit=100)
    heard.tell(5, 1, ("*",))
    heard.fill((1_000 + n, n + 2, ("a",)) for n in range(500))
    assert len(heard) == 100
    assert heard.ask(5, 0) == (("*",), False), "who asked to be forgotten stays"
    assert heard.ask(1_499, 0) == (("a",), False)
    denied, doubtful = heard.ask(1_000, 0)
    assert (denied, doubtful) == ((), True), "a grant without a fresh token does not count any more"
    assert heard.ask(1_000, heard.floor) == ((), False)


def test_a_million_people_in_little_memory() -> None:
    heard = Heard()
    heard.fill((n * 2_654_435_761 % 2**64, n, ("a", "b")) for n in range(1, 100_001))
    assert len(heard) == 100_000
    assert sum(len(a) * a.itemsize for a in heard._main) == 100_000 * 20
    assert heard.ask(77 * 2_654_435_761, 0) == (("a", "b"), False)
