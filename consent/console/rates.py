"""The figures of Overview, arranged for the page: place × purpose, one purpose's places and how they moved. Pure.

A place is where somebody was asked and with what: jurisdiction, region and the very text of the notice. Rates of two
texts stand in two rows, because a change of words is what an officer wants to see the effect of.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from consent.admin.figures import OptIn, Place
from consent.admin.policies import PublishedNotice

LEVELS: Final = 6


class Row(NamedTuple):
    """A place: its key for addresses, the notice's name, how often it was shown, lines by purpose."""

    key: str
    place: Place
    notice: str
    served: int
    by_purpose: Mapping[str, OptIn]


class Moved(NamedTuple):
    """A line of one purpose, and by how many points its rate moved; None where there was no rate, now or before."""

    key: str
    notice: str
    line: OptIn
    points: float | None


def table_of(rows: Iterable[OptIn], names: Mapping[str, str]) -> list[Row]:
    """Place × purpose; the most asked place first. `names`: of notices, by hash."""
    places: dict[Place, dict[str, OptIn]] = {}
    for row in rows:
        places.setdefault(row.place, {})[row.purpose] = row
    found = [
        Row(key_of(place), place, names.get(place[2], ""), max(one.served for one in lines.values()), lines)
        for place, lines in places.items()
    ]
    return sorted(found, key=lambda row: (-row.served, row.place))


def moved_of(table: Sequence[Row], before: Iterable[OptIn], purpose: str) -> list[Moved]:
    """One purpose's lines in the table's order, beside what they were in `before`."""
    old = {one.place: one.rate for one in before if one.purpose == purpose}
    found = []
    for row in table:
        line = row.by_purpose.get(purpose)
        if line is not None:
            now, then = line.rate, old.get(row.place)
            points = None if now is None or then is None else 100 * (now - then)
            found.append(Moved(row.key, row.notice, line, points))
    return found


def names_of(notices: Iterable[PublishedNotice]) -> dict[str, str]:
    """What officers call a notice: its id and language; by hash. A dash for none: the words were not the policy's."""
    return {"": "–"} | {one.hash: f"{one.notice.id} · {one.notice.locale}" for one in notices}


def key_of(place: Place) -> str:
    """A place in an address."""
    return "|".join(place)


def level(rate: float | None) -> int:
    """1 to 6 for the eye; 0 where there is no rate."""
    return 0 if rate is None else min(LEVELS, max(1, math.ceil(LEVELS * rate)))
