"""One request of one token: what an operation gets."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from consent.admin import Admin
from consent.api.tokens import Token
from consent.console.house import House
from consent.keys import KeyRing
from consent.routes.door import Refused
from consent.store import Store


@dataclass
class Call:
    """`site` is empty for what is about the whole installation; `query` and `body` are the operation's structs."""

    request: Request
    house: House
    token: Token
    now: float
    site: str
    query: Any = None
    body: Any = None

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def ms(self) -> int:
        """Now, in milliseconds since the epoch."""
        return int(self.now * 1000)

    @property
    def admin(self) -> Admin:
        """The token as the functions of `consent.admin` want to know it."""
        also = (self.token.made_by,) if self.token.made_by else ()
        return self.house.admin(self.token.actor, self.now, also)

    def ring(self) -> KeyRing:
        return self.house.ring()

    def path(self, name: str) -> str:
        """A part of the address."""
        found: str = self.request.path_params[name]
        return found

    def number(self, name: str) -> int:
        """The same as a whole number. Raises Refused (404)."""
        text = self.path(name)
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise Refused(404, "not_found", "there is nothing of that number")
        return int(text)
