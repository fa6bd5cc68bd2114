"""Routes that a collector may have beside ingestion: the live view, and the demo shop of `make run`."""

from starlette.routing import BaseRoute

from collector.live.access import live_token
from collector.live.hub import LiveHub
from collector.routes.live import live_routes
from collector.settings import Settings


def extra_routes(settings: Settings, hub: LiveHub) -> list[BaseRoute]:
    """What the settings switch on. The hub is the caller's to stop."""
    if not settings.live:
        return []
    return live_routes(hub, live_token(settings.data_dir))
