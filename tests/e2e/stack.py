"""An installation as its owner runs it: `firsthand up`, sources from the command line, rows read back with SQL."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psutil

from tests.integration.stack import START_SECONDS, Stack, wait_for
from tests.stores import Store

Row = dict[str, Any]
QUICK = {"FIRSTHAND_COMMIT_INTERVAL": "1", "FIRSTHAND_DRAIN_TIMEOUT": "5"}


class Installation(Stack):
    """A running stack. `keys` are the write keys by source name, `base` the collector's address."""

    def __init__(self, store: Store, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(store, {**QUICK, **(settings or {})})
        self.keys: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def source(self, name: str, *options: str) -> str:
        """Make a source; its write key."""
        self.keys[name] = self.made_source(name, *options)
        return self.keys[name]

    def begin(self, *options: str) -> None:
        """Collector and loader (and what `options` add), ready. If they do not start, what did is ended."""
        try:
            self._process = self.up(*options)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def loader_asleep(self) -> Iterator[None]:
        """The loader does nothing meanwhile: what has arrived stays in the spool."""
        loaders: list[psutil.Process] = []

        def started() -> bool:
            assert self._process is not None
            loaders[:] = [c for c in psutil.Process(self._process.pid).children() if "load" in c.cmdline()]
            return bool(loaders)

        wait_for(started, "the loader", START_SECONDS)
        [loader] = loaders
        loader.suspend()
        try:
            yield
        finally:
            loader.resume()

    def end(self) -> int:
        """A clean stop, which also loads what is left; the exit code. Kills what does not end."""
        try:
            return self.stop(self._process) if self._process is not None else 0
        finally:
            self._process = None
            self.close()

    def query(self, sql: str) -> list[Row]:
        """Rows as `firsthand query` prints them: times are text."""
        rows: list[Row] = json.loads(self.run("query", sql, "--json"))
        return rows

    def wait_rows(self, sql: str, enough: Callable[[list[Row]], bool] | int, seconds: float = 90.0) -> list[Row]:
        """The rows of `sql` once there are that many, or `enough`. Fails with what was there when time is up."""
        deadline = time.monotonic() + seconds
        while True:
            rows = self.rows(sql)
            if len(rows) >= enough if isinstance(enough, int) else enough(rows):
                return rows
            assert time.monotonic() < deadline, f"after {seconds:.0f} s only {len(rows)} rows: {brief(rows)}"
            time.sleep(0.3)


def brief(rows: list[Row]) -> list[Row]:
    """Of many columns what tells rows apart, for a message."""
    return [
        {k: v for k, v in row.items() if k in ("type", "event", "seq", "page_path", "reason")} or row for row in rows
    ]


def of_source(table: str, source: str, where: str = "true") -> str:
    """SQL for one source's rows, in the order in which they happened or, refused ones, came."""
    order = "event_time, seq" if table.startswith("events") else "received_at"
    return f"select * from {table} where source_id = '{source}' and ({where}) order by {order}"


def one_of(column: str, values: Sequence[str]) -> str:
    """SQL: `column` is one of these values (ours, without quotes)."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({quoted})" if values else "false"
