"""Routes that a collector may have beside ingestion: the live view, and the demo shop of `make run`."""

from collections.abc import Callable
from pathlib import Path

from starlette.routing import BaseRoute

from collector.live.access import live_token
from collector.live.hub import LiveHub
from collector.routes.demo import DemoConfig, demo_routes
from collector.routes.live import live_routes
from collector.settings import Settings
from collector.state import State

DEMO_SOURCE = "shop"


def extra_routes(settings: Settings, hub: LiveHub, state: Callable[[], State]) -> list[BaseRoute]:
    """What the settings switch on. The hub is the caller's to stop."""
    routes: list[BaseRoute] = []
    if settings.live:
        routes += live_routes(hub, live_token(settings.data_dir))
    if settings.demo:

        def config() -> DemoConfig:
            keys = {s.id: s.write_key for s in state().sources.by_key.values()}
            return DemoConfig(keys.get(DEMO_SOURCE, ""), settings.demo_orders, settings.live)

        routes += demo_routes(Path(settings.demo), config)
    return routes
