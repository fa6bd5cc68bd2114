"""The Python SDK in real processes that come to grief, against a real collector, with the rows read back from Iceberg.

A *scenario* is a program (or several) that tracks events under the scenario's name. After each call that returned an
id the program writes that id to a witness file, with one unbuffered write: what the host was told is what must be a
row. A process that dies between the two has one event in the table that no witness has; that is neither lost nor
doubled.

Nothing is judged before the end: then all rows are read once (`Field.audit`).
"""

import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.stack import Installation
from tests.integration.stack import wait_for

QUIET_SECONDS = 2.5  # without a new row: two rounds of the loader
HEAD = """
import os, signal, socket, sys, threading, time
import firsthand
NAME = os.environ["SCENARIO"]
WITNESS = os.open(os.environ["WITNESS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
YES = {"analytics": True}
def tell(n=0):
    id_ = firsthand.track(NAME, {"n": n}, user_id="u", consent=YES)
    if id_: os.write(WITNESS, (id_ + "\\n").encode())
    return id_
def tell_many(count, pause=0.0):
    for n in range(count):
        tell(n)
        if pause: time.sleep(pause)
"""


@dataclass(frozen=True)
class Outcome:
    """`tracked` ids that calls returned; `rows` in the view `events`; `repeats` rows that only the raw table has."""

    scenario: str
    tracked: int
    rows: int
    lost: int
    doubled: int
    repeats: int
    note: str = ""


@dataclass
class Field:
    """One installation for all scenarios. `folder` holds witnesses, spools and programs."""

    stack: Installation
    key: str
    folder: Path
    notes: dict[str, str] = field(default_factory=dict)

    def spool(self, scenario: str) -> Path:
        return self.folder / f"{scenario}-spool"

    def environ(
        self, scenario: str, endpoint: str | None = None, spool: bool = False, **settings: object
    ) -> dict[str, str]:
        """What a program of this scenario is told."""
        given = {"WRITE_KEY": self.key, "ENDPOINT": endpoint or self.stack.base, "EXIT_TIMEOUT": 60, **settings}
        if spool:
            given["SPOOL_DIR"] = self.spool(scenario)
        mine = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTHAND_")}
        told = {f"FIRSTHAND_{name.upper()}": str(value) for name, value in given.items()}
        return {
            **mine,
            **told,
            "SCENARIO": scenario,
            "WITNESS": str(self.witness(scenario)),
            "PYTHONPATH": str(self.folder),
        }

    def witness(self, scenario: str) -> Path:
        self.notes.setdefault(scenario, "")
        return self.folder / f"{scenario}.ids"

    def start(self, scenario: str, code: str, endpoint: str | None = None, spool: bool = False,
              **settings: object) -> subprocess.Popen[str]:  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-c", HEAD + textwrap.dedent(code)],
            env=self.environ(scenario, endpoint, spool, **settings), cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, scenario: str, code: str, endpoint: str | None = None, spool: bool = False, timeout: float = 120,
            **settings: object) -> str:  # fmt: skip
        """The program to its end; its standard error."""
        process = self.start(scenario, code, endpoint, spool, **settings)
        try:
            return process.communicate(timeout=timeout)[1]
        finally:
            process.kill()
            process.wait()

    def drain(self, scenario: str, endpoint: str | None = None, timeout: float = 90) -> None:
        """Send what is left in the scenario's spool, as an operator would."""
        command = [sys.executable, "-m", "firsthand", "drain", "--timeout", str(timeout)]
        done = subprocess.run(command, env=self.environ(scenario, endpoint, spool=True), capture_output=True, text=True,
                              timeout=timeout + 30)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def told(self, scenario: str) -> list[str]:
        """Ids that were told to the program; a line cut by a kill was told to nobody."""
        witness = self.witness(scenario)
        text = witness.read_text() if witness.exists() else ""
        return [line for line in text[: text.rfind("\n") + 1].splitlines() if line]

    def wait_told(self, scenario: str, count: int) -> None:
        wait_for(lambda: len(self.told(scenario)) >= count, f"{count} events of {scenario}")

    def audit(self, may_lose: dict[str, int], names: list[str] | None = None, seconds: float = 120) -> list[Outcome]:
        """Judge these scenarios, or all, once no more rows come. `may_lose`: how many a scenario need not have."""
        judged = list(self.notes) if names is None else names
        told = {name: len(self.told(name)) for name in judged}
        expected = {name: count - may_lose.get(name, 0) for name, count in told.items()}
        deadline = time.monotonic() + seconds
        rows, changed = self._rows("events"), time.monotonic()

        def missing(least: dict[str, int]) -> bool:
            return any(sum(rows[name].values()) < count for name, count in least.items())

        while time.monotonic() < deadline and (
            missing(expected) or (missing(told) and time.monotonic() - changed < QUIET_SECONDS)
        ):
            time.sleep(0.5)
            before, rows = rows, self._rows("events")
            changed = changed if rows == before else time.monotonic()
        raw = self._rows("events_raw")
        return [self._outcome(name, rows[name], raw[name]) for name in judged]

    def _outcome(self, name: str, rows: Counter[str], raw: Counter[str]) -> Outcome:
        told = self.told(name)
        assert len(set(told)) == len(told), f"{name}: an id was given twice"
        lost = len(set(told) - rows.keys())
        doubled = sum(count - 1 for count in rows.values())
        repeats = sum(count - 1 for count in raw.values())
        return Outcome(name, len(told), sum(rows.values()), lost, doubled, repeats, self.notes[name])

    def _rows(self, table: str) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {name: Counter() for name in self.notes}
        for row in self.stack.rows(f"select event, event_id from {table}"):
            if row["event"] in found:
                found[row["event"]][row["event_id"]] += 1
        return found


def table(outcomes: list[Outcome]) -> str:
    lines = ["| scenario | tracked | rows | lost | doubled | raw repeats | |", "|---|---|---|---|---|---|---|"]
    for o in outcomes:
        lines.append(f"| {o.scenario} | {o.tracked} | {o.rows} | {o.lost} | {o.doubled} | {o.repeats} | {o.note} |")
    return "\n".join(lines)
