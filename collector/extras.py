"""Routes that a collector may have beside ingestion: the live view, the console with the admin API, the demo shop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.routing import BaseRoute

from collector.api import build_api
from collector.console import build_console
from collector.console.desk import Desk
from collector.live.access import live_token
from collector.live.hub import LiveHub
from collector.routes.demo import DemoConfig, demo_routes
from collector.routes.live import live_routes
from collector.settings import Settings
from collector.state import State

DEMO_SOURCE = "shop"


@dataclass
class Extras:
    """`routes` for the application; `closers` are called, blocking, when the worker drains."""

    routes: list[BaseRoute] = field(default_factory=list)
    closers: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        for close in self.closers:
            close()


def extra_routes(settings: Settings, config: Path | None, hub: LiveHub, state: Callable[[], State]) -> Extras:
    """What the settings switch on. The hub is the caller's to stop."""
    extras = Extras()
    if settings.live:
        extras.routes += live_routes(hub, live_token(settings.data_dir))
    if settings.console:
        desk = Desk(settings, config, hub, state)
        console = build_console(desk)
        extras.routes += [*console.routes(), *build_api(desk, console).routes()]
        extras.closers.append(console.close)
    if settings.demo:

        def demo() -> DemoConfig:
            keys = {s.id: s.write_key for s in state().sources.by_key.values()}
            return DemoConfig(keys.get(DEMO_SOURCE, ""), settings.demo_orders, settings.live)

        extras.routes += demo_routes(Path(settings.demo), demo)
    return extras
