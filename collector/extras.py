"""Routes that a collector may have beside ingestion: the live view, and the demo shop of `make run`."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from collector.settings import Settings
from collector.state import State


def extra_routes(settings: Settings, state: Callable[[], State]) -> list[BaseRoute]:
    """What the settings switch on."""
    return []
