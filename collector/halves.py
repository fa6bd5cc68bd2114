"""A dictionary of what was met, bounded in bytes, because clients write its keys.

Two halves instead of a list in order of use: what was not asked for while one half filled up is forgotten with the
other. So whoever asks for what is young pays for one look-up and nothing else, and the hot path looks into `young`
itself.
"""

from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """An entry that says how many bytes it holds, its key included; about, and more than none."""

    @property
    def size(self) -> int: ...


K = TypeVar("K")
V = TypeVar("V", bound=Sized)


class Halves(Generic[K, V]):
    """What was kept, at most about `max_bytes` of it."""

    def __init__(self, max_bytes: int) -> None:
        self._half = max_bytes // 2
        self.young: dict[K, V] = {}
        self.old: dict[K, V] = {}
        self.size = 0  # of the young

    def get(self, key: K) -> V | None:
        """The entry, young again; None if it was never there or is forgotten."""
        entry = self.young.get(key)
        if entry is None:
            entry = self.old.pop(key, None)
            if entry is not None:
                self.keep(key, entry)
        return entry

    def keep(self, key: K, entry: V) -> None:
        """Add an entry that is not there."""
        self.young[key] = entry
        self.grew(entry.size)

    def replace(self, key: K, entry: V) -> None:
        """Put another of the same size in the place of one that `get` just gave."""
        self.young[key] = entry

    def grew(self, more: int) -> None:
        """Some young entry holds `more` bytes than before."""
        self.size += more
        if self.size > self._half:
            self.old, self.young, self.size = self.young, {}, 0

    def forget(self) -> None:
        self.young, self.old, self.size = {}, {}, 0
