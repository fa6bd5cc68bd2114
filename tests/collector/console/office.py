"""A worker with its console in this process, and people of each role inside it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from collector.api import operations_of
from collector.console import build_console
from collector.console.desk import Desk
from collector.edge.client import ClientAddress
from collector.enrich import EMBEDDED, GeoDatabase
from collector.live.hub import LiveHub
from collector.settings import Settings
from tests.consent.console.visitors import NOW, Place, SlowApi


class _State:
    """As much of a worker as the pages ask for."""

    client = ClientAddress(())
    geo = GeoDatabase(EMBEDDED)


class Office(Place):
    """Like `Place`, with the operators' pages of a collector over `settings`."""

    def __init__(self, settings: Settings, config: Path | None = None) -> None:
        super().__init__(settings.data_dir)
        self.console.close()
        self.settings = settings
        self.hub = LiveHub(settings.spool_dir)
        desk = Desk(settings, config, self.hub, lambda: _State())  # type: ignore[arg-type,return-value]
        self.console = build_console(desk)
        self.house = self.console.house
        self.house.clock = lambda: self.now
        self.config = self.house.config
        self.api = SlowApi(self.house, operations_of(desk))
        self.app = Starlette(routes=[*self.console.routes(), *self.api.routes()])
        self.now = NOW


@contextlib.contextmanager
def office(data: Path, config: Path | None = None, **settings: Any) -> Iterator[Office]:
    data.mkdir(parents=True, exist_ok=True)
    made = Office(Settings(data=str(data), **settings), config)
    try:
        yield made
    finally:
        made.close()
