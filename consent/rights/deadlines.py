"""Until when a request must be answered.

GDPR Art. 12(3): one month, two more for complex ones, with notice within the first. CCPA §1798.130(a)(2): 45 days, once
45 more. PIPL Art. 50 says "promptly"; GB/T 35273-2020 8.7 says thirty days. Months end on the last day of a shorter
month (Regulation 1182/71 Art. 3). This computes a clock; it is not legal advice.
"""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple


class Law(NamedTuple):
    """How long, and how much longer; months are calendar months."""

    months: int
    days: int
    more_months: int
    more_days: int


LAWS: Final[dict[str, Law]] = {"gdpr": Law(1, 0, 2, 0), "ccpa": Law(0, 45, 0, 45), "pipl": Law(0, 30, 0, 0)}
DAY_MS: Final = 86_400_000


def due(law: str, received: int) -> int:
    """When a request that came at `received` is due; milliseconds."""
    rule = LAWS[law]
    return _after(received, rule.months, rule.days)


def extended(law: str, received: int) -> int | None:
    """When it is due after an extension; None if the law knows none."""
    rule = LAWS[law]
    if not rule.more_months and not rule.more_days:
        return None
    return _after(received, rule.months + rule.more_months, rule.days + rule.more_days)


def days_left(due_at: int, now: int) -> int:
    """Whole days until the deadline; negative when it has passed."""
    return (due_at - now) // DAY_MS


def _after(start: int, months: int, days: int) -> int:
    at = datetime.fromtimestamp(start / 1000, UTC)
    month = at.month - 1 + months
    year, month = at.year + month // 12, month % 12 + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    moved = at.replace(year=year, month=month, day=day) + timedelta(days=days)
    return int(moved.timestamp() * 1000)
