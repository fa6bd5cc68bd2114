"""What the firewall found, arranged for the page: field × class, the course of it, one cell, the rules. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from collector.findings import NEVER, Found
from consent.pii.model import CLASSES
from consent.pii.policy import Policy
from consent.pii.rules import PII_RULES

SHADOW: Final = "shadow"
MOST_FIELDS: Final = 60
LEVELS: Final = 6
CLASS_ORDER: Final = (*CLASSES, "unread")


class Cell(NamedTuple):
    """Values that were acted upon and values that were only counted; `level` 0 to 6 for the eye."""

    acted: int = 0
    shadow: int = 0
    level: int = 0


class Heat(NamedTuple):
    """`rows`: a field, its cells by class, its sum; the most frequent first. `more`: fields that found no room."""

    classes: list[str]
    rows: list[tuple[str, dict[str, Cell], int]]
    more: int
    acted: int
    shadow: int


def heat_of(found: Iterable[Found]) -> Heat:
    """The map. Colours follow the logarithm: one mail address in a field must not vanish beside a million IPs."""
    cells: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for one in found:
        cells[one.field][one.cls][one.action == SHADOW] += one.times
    most = max((sum(pair) for row in cells.values() for pair in row.values()), default=0)
    rows = []
    for field, by_class in cells.items():
        row = {cls: Cell(acted, shadow, _level(acted + shadow, most)) for cls, (acted, shadow) in by_class.items()}
        rows.append((field, row, sum(cell.acted + cell.shadow for cell in row.values())))
    rows.sort(key=lambda row: (-row[2], row[0]))
    seen = {cls for _, row, _ in rows for cls in row}
    return Heat(
        [cls for cls in CLASS_ORDER if cls in seen], rows[:MOST_FIELDS], max(0, len(rows) - MOST_FIELDS),
        sum(cell.acted for _, row, _ in rows for cell in row.values()),
        sum(cell.shadow for _, row, _ in rows for cell in row.values()),
    )  # fmt: skip


def _level(times: int, most: int) -> int:
    return max(1, math.ceil(LEVELS * math.log1p(times) / math.log1p(most))) if times else 0


def course_of(found: Iterable[Found], since: datetime, until: datetime, days: bool) -> list[tuple[datetime, int, int]]:
    """Acted and shadowed values for each hour, or day, of the range, also those in which there were none."""
    sums: Counter[tuple[datetime, bool]] = Counter()
    for one in found:
        sums[_floor(one.hour, days), one.action == SHADOW] += one.times
    step, at, steps = timedelta(days=1) if days else timedelta(hours=1), _floor(since, days), []
    while at <= until:
        steps.append((at, sums[at, False], sums[at, True]))
        at += step
    return steps


def _floor(at: datetime, days: bool) -> datetime:
    return at.replace(hour=0 if days else at.hour, minute=0, second=0, microsecond=0)


def cell_of(found: Iterable[Found], forms: Mapping[Found, list[str]]) -> list[dict[str, Any]]:
    """One cell, or the whole map: by source, rule and action with forms of its values, the most frequent first."""
    sums: Counter[Found] = Counter()
    last: dict[Found, datetime] = {}
    for one in found:
        key = one._replace(hour=NEVER, times=0)
        sums[key] += one.times
        last[key] = max(one.hour, last.get(key, NEVER))
    return [
        {"source": key.source, "rule": key.rule, "action": key.action, "times": times, "last": last[key],
         "forms": forms.get(key, [])}
        for key, times in sums.most_common()
    ]  # fmt: skip


def rules_of(policy: Policy, found: Iterable[Found]) -> list[dict[str, Any]]:
    """Every rule with its class, its mode for a source, and what it found."""
    acted: Counter[str] = Counter()
    shadow: Counter[str] = Counter()
    for one in found:
        (shadow if one.action == SHADOW else acted)[one.rule] += one.times
    return [
        {"name": rule.name, "cls": rule.cls, "mode": mode_of(policy, index), "acted": acted[rule.name],
         "shadow": shadow[rule.name]}
        for index, rule in enumerate(PII_RULES)
    ]  # fmt: skip


def mode_of(policy: Policy, index: int) -> str:
    """`on`, `shadow` or `off`: what a source makes of a rule, by its place in the list."""
    return "off" if index in policy.off else "shadow" if index in policy.shadow else "on"


def classes_of(policy: Policy, found: Iterable[Found]) -> list[dict[str, Any]]:
    """Every class with its usual action, what the source makes of it where no field says otherwise, and its count."""
    sums = Counter[str]()
    for one in found:
        sums[one.cls] += one.times
    return [
        {"name": name, "usual": cls.action, "action": class_action(policy, name), "times": sums[name]}
        for name, cls in CLASSES.items()
    ]


def class_action(policy: Policy, cls: str) -> str:
    """The action of a class for a source, its entries for single fields left aside."""
    whole = [entry for entry in policy.entries if not entry.field and entry.cls == cls]
    return whole[-1].action if whole else CLASSES[cls].action
