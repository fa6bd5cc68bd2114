"""What a page is. `PAGES` of each package is a tuple of these; a newcomer is one file and one line there.

An endpoint is a plain function that gets a `Visit` and returns a response; it runs in a thread of the console's. Below
a site's address (`/console/s/<site>/…`) a page is about that site and open to those who were given it; otherwise it is
about the whole installation and open to those who were given every site.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from starlette.responses import Response

if TYPE_CHECKING:
    from consent.console.visit import Visit

GROUPS: Final = ("privacy", "operations", "house")


@dataclass(frozen=True)
class Endpoint:
    """`path` continues the page's. `permission` overrides the page's. `on_loop`: returns a stream, made on the loop."""

    run: "Callable[[Visit], Response]"
    method: Literal["GET", "POST"] = "GET"
    path: str = ""
    permission: str = ""
    on_loop: bool = False


@dataclass(frozen=True)
class Page:
    """`name` is its path, its icon, and `page.<name>` its title. `of_site`: see the module text."""

    name: str
    group: Literal["privacy", "operations", "house"]
    permission: str
    endpoints: tuple[Endpoint, ...] = field(default=())
    of_site: bool = True
