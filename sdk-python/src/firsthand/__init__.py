"""Firsthand for Python: first-party behaviour events, with consent. README.md says the rest.

    import firsthand
    firsthand.configure("<write key>", "https://collect.example.org")
    firsthand.track("Order Completed", {"total": 9.9}, user_id="u-7", consent={"analytics": True})

The functions of this package use one client for the process; `Client` makes more of them.
"""

from typing import TYPE_CHECKING, Any

from firsthand.client import Client
from firsthand.default import Default
from firsthand.guard import Problem
from firsthand.protocol import VERSION, Report, Stats
from firsthand.scope import context
from firsthand.settings import Settings, SettingsError

__version__ = VERSION

default = Default()
configure = default.configure
track = default.track
page = default.page
screen = default.screen
identify = default.identify
group = default.group
alias = default.alias
register = default.register
unregister = default.unregister
flush = default.flush
shutdown = default.shutdown
stats = default.stats

if TYPE_CHECKING:
    from firsthand.aio import AsyncClient


def __getattr__(name: str) -> Any:
    # asyncio costs more to import than all of this package
    if name == "AsyncClient":
        from firsthand.aio import AsyncClient

        return AsyncClient
    raise AttributeError(f"module 'firsthand' has no attribute {name!r}")


__all__ = [
    "AsyncClient",
    "Client",
    "Problem",
    "Report",
    "Settings",
    "SettingsError",
    "Stats",
    "alias",
    "configure",
    "context",
    "flush",
    "group",
    "identify",
    "page",
    "register",
    "screen",
    "shutdown",
    "stats",
    "track",
    "unregister",
]
