"""What all visits of one worker share: pages, templates, the store, threads. Opened with the first visit, not before.

A collector whose console nobody opens has read its templates and nothing else.
"""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from consent.admin import Admin, audit, policies
from consent.console import i18n, render
from consent.console.config import ConsoleConfig
from consent.console.page import Page
from consent.keys import KeyRing, key_path, load_or_create
from consent.store import Store, open_store

THREADS: Final = 4
HOUSE: Final = ""  # the site of what is about the whole installation, in the audit log


class House:
    """`folders` are packages' console folders, each with `templates`, `static` and `messages` where it has them."""

    def __init__(
        self, config: ConsoleConfig, pages: tuple[Page, ...], folders: tuple[Path, ...], clock: Callable[[], float]
    ) -> None:
        self.config, self.pages, self.clock = config, pages, clock
        self.catalogues = i18n.catalogues(tuple(f / "messages" for f in folders if (f / "messages").is_dir()))
        self.static = render.Static(tuple(f / "static" for f in folders if (f / "static").is_dir()))
        self.templates = render.environment(tuple(f / "templates" for f in folders), self.static)
        self._pages = {p.name: p for p in pages}
        self._opening = threading.Lock()

    def page(self, name: str) -> Page:
        return self._pages[name]

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Where endpoints run."""
        return ThreadPoolExecutor(THREADS, "console")

    def close(self) -> None:
        """Let running visits end and the store go."""
        if "threads" in self.__dict__:
            self.threads.shutdown()
        if "_store" in self.__dict__:
            self._store.close()

    @cached_property
    def _store(self) -> Store:
        return open_store(self.config.store)

    @property
    def store(self) -> Store:
        """The store; opened, and brought to its newest form, at first use. Raises SQLAlchemyError, StoreError."""
        with self._opening:
            return self._store

    def sites(self) -> list[str]:
        """Ids of the sites there are: named by whoever mounts the console, and those that ever published."""
        with self.store.read() as connection:
            return sorted({*self.config.sites(), *policies.sites(connection)})

    def ring(self) -> KeyRing:
        """The keys of consent, as they are on disk now. Raises KeyRingError."""
        return load_or_create(key_path(self.config.data_dir), int(self.clock() * 1000))

    def admin(self, login: str, now: float, also: tuple[str, ...] = ()) -> Admin:
        """Somebody as the functions of `consent.admin` want to know them."""
        return Admin(login, int(now * 1000), lambda: str(uuid4()), os.urandom, also=also)

    def audit(
        self, connection: Connection, site: str, login: str, action: str, target: str, detail: Mapping[str, Any],
        now: float,
    ) -> None:  # fmt: skip
        """Append to the audit chain of a site, or of the whole installation (`HOUSE`), in the caller's transaction."""
        audit.record(connection, self.admin(login, now), site, action, target, dict(detail))
