"""What the operators' pages look at: the worker's settings, where its sources are written, and the live view's hub."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from collector.live.hub import LiveHub
from collector.settings import Settings
from collector.state import State


@dataclass(frozen=True)
class Desk:
    """`state` raises IndexError until the worker is up, which no request sees."""

    settings: Settings
    config: Path | None
    hub: LiveHub
    state: Callable[[], State]
