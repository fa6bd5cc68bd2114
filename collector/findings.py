"""What the firewall found lately, for the console's page: by hour, source, field, class, action and rule.

`<data>/pii/<shard>/<day>.json` is one worker's sums of one day (UTC), like the day book (days.py): written every few
seconds, kept as long, gone for its last seconds when the worker is killed. The exact and lasting figures are in the
table `pii_report`; these are here because they are seconds fresh, which whoever has just put a rule into shadow mode
wants to see, and because the collector knows nothing of the lake. Beside the counts lie forms of values, never values
(`consent/pii/samples.py`).

Clients write the names of fields, so a day has room for so many and no more; the rest is counted under `:more`.
"""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from collector.days import KEPT_DAYS, forget
from collector.metrics import Balance
from consent.pii.samples import Samples

MOST_KEYS: Final = 400  # a worker's, an hour
MORE: Final = ":more"
PARTS: Final = 3
AFTER_SOURCE: Final = "\x1f"  # in no id of a source and in no name that is shown


class Sheet(msgspec.Struct):
    """A day: counts by hour and "source, where:class:action:rule"; forms of values by the same key."""

    hours: dict[str, dict[str, int]] = {}
    forms: dict[str, list[str]] = {}


class Found(NamedTuple):
    """One line: `times` values of a class, found by a rule in a field of a source's events in one hour."""

    hour: datetime
    source: str
    field: str
    cls: str
    action: str
    rule: str
    times: int


class Findings:
    """One worker's book. `count` is on the path of every batch in which something was found, and only there."""

    def __init__(self, root: Path, shard: str, balance: Balance) -> None:
        self._folder, self._balance = root / shard, balance
        self._new: dict[str, int] = {}
        self._samples: dict[str, Samples] = {}
        self._day, self._open = "", Sheet()

    def count(self, source: str, done: Mapping[str, int]) -> None:
        """Add what was done to one batch, by "where:class:action:rule"."""
        new, totals = self._new, self._balance.pii
        for key, times in done.items():
            _, cls, action, rule = key.rsplit(":", PARTS)
            totals[f"{source} {cls} {action}"] += times
            name = f"{source}{AFTER_SOURCE}{key}"
            if name not in new and len(new) >= MOST_KEYS:
                name = f"{source}{AFTER_SOURCE}{MORE}:{cls}:{action}:{rule}"
            new[name] = new.get(name, 0) + times

    def samples(self, source: str) -> Samples:
        """Where the firewall leaves forms of what it finds in a source's events."""
        found = self._samples.get(source)
        if found is None:
            found = self._samples[source] = Samples()
        return found

    def write(self, now: float) -> None:
        """Write down what came since the last call, under this hour. `now`: seconds since the epoch. Raises OSError."""
        if not self._new:
            return
        at = datetime.fromtimestamp(now, UTC)
        day, hour = at.date().isoformat(), f"{at.hour:02d}"
        if day != self._day:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._day:
                self._samples.clear()  # of the day before; a few of its last are counted with it
            self._day, self._open = day, _read(self._folder / f"{day}.json")
            forget(self._folder, at.date() - timedelta(days=KEPT_DAYS))
        counts = self._open.hours.setdefault(hour, {})
        for key, times in self._new.items():
            name = key if key in counts or len(counts) < MOST_KEYS else _more(key)
            counts[name] = counts.get(name, 0) + times
        self._new.clear()
        self._keep_forms(counts)
        draft = self._folder / f"{day}.{os.getpid()}.tmp"
        draft.write_bytes(msgspec.json.encode(self._open))
        draft.rename(self._folder / f"{day}.json")

    def _keep_forms(self, counts: dict[str, int]) -> None:
        for source, samples in self._samples.items():
            for place, forms in samples.forms.items():
                if (key := f"{source}{AFTER_SOURCE}{place}") in counts:
                    self._open.forms[key] = forms[:]


def read_findings(root: Path, since: datetime, until: datetime) -> tuple[list[Found], dict[Found, list[str]]]:
    """What all workers found in the hours from `since` to `until`, and forms of it by line without hour and times.

    Lines of one hour are summed over the workers; their order is by hour.
    """
    sums: dict[Found, int] = {}
    forms: dict[Found, list[str]] = {}
    day: date = since.date()
    while day <= until.date():
        for path in sorted(root.glob(f"*/{day.isoformat()}.json")):
            sheet = _read(path)
            for hour, counts in sheet.hours.items():
                at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=int(hour))
                if at + timedelta(hours=1) <= since or at > until:
                    continue
                for key, times in counts.items():
                    line = _line(at, key)
                    sums[line] = sums.get(line, 0) + times
            for key, seen in sheet.forms.items():
                known = forms.setdefault(_line(NEVER, key), [])
                known += [form for form in seen if form not in known]
        day += timedelta(days=1)
    return [line._replace(times=times) for line, times in sorted(sums.items())], forms


NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _line(hour: datetime, key: str) -> Found:
    source, _, done = key.partition(AFTER_SOURCE)
    where, cls, action, rule = done.rsplit(":", PARTS)
    return Found(hour, source, where, cls, action, rule, 0)


def _more(key: str) -> str:
    source, _, done = key.partition(AFTER_SOURCE)
    return f"{source}{AFTER_SOURCE}{MORE}:{':'.join(done.rsplit(':', PARTS)[1:])}"


def _read(path: Path) -> Sheet:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Sheet)
    except (OSError, msgspec.MsgspecError):
        return Sheet()  # a new day, or a file that a full disk cut short
