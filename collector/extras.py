"""Routes that a collector may have beside ingestion: the live view, and the demo shop of `make run`."""

from pathlib import Path

from starlette.routing import BaseRoute

from collector.live.access import live_token
from collector.live.hub import LiveHub
from collector.routes.demo import DemoConfig, demo_routes
from collector.routes.live import live_routes
from collector.settings import Settings
from collector.sources import read_stored


def extra_routes(settings: Settings, hub: LiveHub) -> list[BaseRoute]:
    """What the settings switch on. The hub is the caller's to stop."""
    routes: list[BaseRoute] = []
    if settings.live:
        routes += live_routes(hub, live_token(settings.data_dir))
    if settings.demo:
        routes += demo_routes(Path(settings.demo), lambda: _demo_config(settings))
    return routes


def _demo_config(settings: Settings) -> DemoConfig:
    keys = {source.id: source.write_key for source in read_stored(settings)}
    return DemoConfig(keys.get("shop", ""), settings.demo_orders, settings.live)
