"""Bounded in bytes, and what is asked for stays."""

import msgspec

from collector.halves import Halves


class Entry(msgspec.Struct):
    size: int


def test_it_holds_no_more_than_its_bytes_and_keeps_what_is_asked_for() -> None:
    kept: Halves[int, Entry] = Halves(1000)
    first = Entry(10)
    kept.keep(-1, first)
    for n in range(500):
        kept.keep(n, Entry(10))
        assert kept.get(-1) is first
        assert sum(e.size for e in [*kept.young.values(), *kept.old.values()]) <= 1000 + 10
    assert kept.get(0) is None
    assert kept.get(499) is not None


def test_what_grew_is_reckoned_and_what_is_forgotten_is_gone() -> None:
    kept: Halves[str, Entry] = Halves(1000)
    kept.keep("a", Entry(10))
    kept.grew(600)
    assert not kept.young, "the half was full"
    found = kept.get("a")
    assert found is kept.young["a"]
    kept.replace("a", other := Entry(10))
    assert kept.get("a") is other
    kept.forget()
    assert kept.get("a") is None
