"""The console in this process, and people who visit it: requests straight into the application, without a network."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from consent.api.app import AdminApi
from consent.api.operation import Operation
from consent.console import passwords, users
from consent.console.app import Console
from consent.console.config import ConsoleConfig
from consent.console.house import House

PASSWORD = "a long sentence"
NOW = 1_790_000_000.0
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HASH = CHEAP.hash(PASSWORD)


@contextlib.contextmanager
def cheap_passwords() -> Iterator[None]:
    """Hashes that take no time, here and for people who do not exist."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        patch.setattr(passwords, "_NOBODY", CHEAP.hash("nobody"))
        yield


class SlowApi(AdminApi):
    """The admin API with a clock of its own for its limits."""

    def __init__(self, house: House, more: tuple[Operation, ...] = ()) -> None:
        self._steady = 0.0
        super().__init__(house, more, steady=lambda: self._steady)

    def pause(self, seconds: float) -> None:
        """Let time go by."""
        self._steady += seconds


class Place:
    """A console with a clock of its own. `config` may be changed before the first visit."""

    def __init__(self, data: Path, base: str = "http://console.test", **config: Any) -> None:
        self.now = NOW
        self.base = base
        self.config = ConsoleConfig(**{"data_dir": data, "store": f"sqlite:///{data / 'consent.db'}"} | config)
        self.console = Console(self.config, clock=lambda: self.now)
        self.house = self.console.house
        self.api = SlowApi(self.house)
        self.app = Starlette(routes=[*self.console.routes(), *self.api.routes()])
        self.runner = asyncio.Runner()

    def close(self) -> None:
        self.console.close()
        self.runner.close()

    def visitor(self, address: str = "203.0.113.9", **headers: str) -> "Visitor":
        return Visitor(self, address, headers)

    def user(self, login: str, *roles: str, sites: tuple[str, ...] = ("*",)) -> users.User:
        """Somebody with the password of all tests."""
        with self.house.store.write() as connection:
            return users.create(connection, login, roles, sites, self.now, HASH)

    def inside(self, login: str, *roles: str, sites: tuple[str, ...] = ("*",)) -> "Visitor":
        """A visitor who is logged in."""
        self.user(login, *roles, sites=sites)
        visitor = self.visitor()
        assert visitor.log_in(login).status_code == 303
        return visitor


class Visitor:
    """Somebody's browser: cookies, and forms that bring back their token."""

    def __init__(self, place: Place, address: str, headers: Mapping[str, str]) -> None:
        self.place = place
        transport = httpx.ASGITransport(app=place.app, client=(address, 40000))
        self.http = httpx.AsyncClient(transport=transport, base_url=place.base, headers=dict(headers))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.place.runner.run(self.http.get(path, **options))

    def send(self, path: str, fields: Any = None, **options: Any) -> httpx.Response:
        """Post exactly these fields."""
        return self.place.runner.run(self.http.post(path, data=fields or {}, **options))

    def post(self, path: str, page: str = "", **fields: Any) -> httpx.Response:
        """Post as the form on `page` (or at `path`) would, with its token."""
        return self.send(path, {"csrf": csrf_of(self.get(page or path))} | fields)

    def log_in(self, login: str, password: str = PASSWORD, onward: str = "") -> httpx.Response:
        return self.post("/console/login", login=login, password=password, next=onward)


def csrf_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found, f"no form on this page: {answer.status_code} {answer.text[:300]}"
    return unescape(found[1])


@contextlib.contextmanager
def place(data: Path, base: str = "http://console.test", **config: Any) -> Iterator[Place]:
    made = Place(data, base, **config)
    try:
        yield made
    finally:
        made.close()
