"""The operators' pages, in the order of the navigation. A page is a file here and a line below."""

from collections.abc import Callable
from typing import Final

from collector.console.desk import Desk
from collector.console.pages.health import health
from collector.console.pages.live import live
from collector.console.pages.pii import pii
from collector.console.pages.simulator import simulator
from collector.console.pages.sources import sources
from consent.console.page import Page

PAGES: Final[tuple[Callable[[Desk], Page], ...]] = (simulator, pii, live, sources, health)
