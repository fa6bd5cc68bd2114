"""Figures for officers, from counts that hold no person: they stay when people are erased.

The opt-in rate is granted ÷ served, not granted ÷ answered: who closes a banner without a word said no to nothing and
yes to nothing, and a rate that leaves them out flatters itself. Served is counted when a client asks for
`/v1/consent/policy`, which SDKs do when they show a notice.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection

from consent.store.tables import choice_count, consent_state, served_notice

Place = tuple[str, str, str]
"""Where somebody was asked and with what: jurisdiction, region, the notice's hash."""


class OptIn(Struct, frozen=True):
    """One line of the table. `rate` is None where nothing was served. `notice` is the notice's hash."""

    jurisdiction: str
    region: str
    notice: str
    purpose: str
    served: int
    granted: int
    denied: int
    withdrawn: int

    @property
    def place(self) -> Place:
        return self.jurisdiction, self.region, self.notice

    @property
    def rate(self) -> float | None:
        return self.granted / self.served if self.served else None


class Day(Struct, frozen=True):
    """One day of a purpose; `day` is a UTC date."""

    day: str
    served: int
    granted: int
    denied: int
    withdrawn: int


class Total(Struct, frozen=True):
    """People by what they chose last for a purpose, and how many of the grants are of an older version (stale)."""

    purpose: str
    granted: int
    denied: int
    stale: int


def opt_in(connection: Connection, site: str, since: str, until: str, purposes: Iterable[str] = ()) -> list[OptIn]:
    """By jurisdiction, region, notice and purpose, over UTC days `since` ≤ day < `until` (ISO dates).

    A place where a notice was shown and nobody answered has a line for each of `purposes` and for each that somebody
    answered elsewhere: a region in which everybody closes the banner must not vanish from the table.
    """
    served: dict[Place, int] = defaultdict(int)
    s = served_notice.c
    for row in connection.execute(
        sa.select(s.jurisdiction, s.region, s.notice_hash, sa.func.sum(s.count).label("n"))
        .where(s.site == site, s.day >= since, s.day < until)
        .group_by(s.jurisdiction, s.region, s.notice_hash)
    ):
        served[row.jurisdiction, row.region, row.notice_hash] = int(row.n)
    c = choice_count.c
    answers: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for answer in connection.execute(
        sa.select(c.jurisdiction, c.region, c.notice_hash, c.purpose, c.outcome, sa.func.sum(c.count).label("n"))
        .where(c.site == site, c.day >= since, c.day < until)
        .group_by(c.jurisdiction, c.region, c.notice_hash, c.purpose, c.outcome)
    ):
        place = (answer.jurisdiction, answer.region, answer.notice_hash, answer.purpose)
        answers[place][answer.outcome] = int(answer.n)
    asked = {*purposes, *(key[3] for key in answers)}
    keys = {*answers, *((*place, purpose) for place in served for purpose in asked)}
    none: dict[str, int] = {}
    return [
        OptIn(*key, served.get(key[:3], 0), found.get("granted", 0), found.get("denied", 0), found.get("withdrawn", 0))
        for key in sorted(keys)
        for found in (answers.get(key, none),)
    ]


def trend(
    connection: Connection, site: str, purpose: str, since: str, until: str, place: Place | None = None
) -> list[Day]:
    """A purpose by day, everywhere or in one place; days on which nothing happened are left out."""
    s, c = served_notice.c, choice_count.c
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(
        sa.select(s.day, sa.func.sum(s.count).label("n"))
        .where(s.site == site, s.day >= since, s.day < until, *_at(s, place))
        .group_by(s.day)
    ):
        days[row.day]["served"] = int(row.n)
    for answer in connection.execute(
        sa.select(c.day, c.outcome, sa.func.sum(c.count).label("n"))
        .where(c.site == site, c.purpose == purpose, c.day >= since, c.day < until, *_at(c, place))
        .group_by(c.day, c.outcome)
    ):
        days[answer.day][answer.outcome] = int(answer.n)
    return [
        Day(day, f.get("served", 0), f.get("granted", 0), f.get("denied", 0), f.get("withdrawn", 0))
        for day, f in sorted(days.items())
    ]


def _at(columns: sa.sql.base.ReadOnlyColumnCollection[str, Any], place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    names = ("jurisdiction", "region", "notice_hash")
    return [columns[name] == value for name, value in zip(names, place, strict=True)]


def totals(connection: Connection, site: str, versions: dict[str, str]) -> list[Total]:
    """People by purpose. `versions`: of the purposes in force, `{p.id: p.version for p in document.purposes}`."""
    t = consent_state.c
    found: dict[str, dict[str, int]] = {purpose: defaultdict(int) for purpose in versions}
    for row in connection.execute(
        sa.select(t.purpose, t.granted, t.version, sa.func.count().label("n"))
        .where(t.site == site)
        .group_by(t.purpose, t.granted, t.version)
    ):
        if row.purpose in found:
            kind = "denied" if not row.granted else "granted" if row.version == versions[row.purpose] else "stale"
            found[row.purpose][kind] += int(row.n)
    return [Total(purpose, f["granted"], f["denied"], f["stale"]) for purpose, f in found.items()]
