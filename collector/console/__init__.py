"""The operators' part of the console: live events, sources, health. Shell, login and roles are `consent.console`.

`pages/` has a file a page; `PAGES` is their list. They are functions of the worker's `Desk` because they show what this
collector holds: its settings, its sources, its spool. `build_console` joins both packages' pages to one application.
"""

from collector.console.build import build_console

__all__ = ["build_console"]
