"""Tokens, and what one may do. None is made here: whoever stole one must not be able to make more of them."""

from typing import Final

from consent.api import tokens
from consent.api.call import Call
from consent.api.operation import Give, Operation
from consent.api.tokens import Token
from consent.console.roles import PERMISSIONS


class Me(Give, frozen=True):
    """The token that asks, what its roles may do, and the sites that it was given and that there are."""

    token: Token
    permissions: list[str]
    sites: list[str]


def me(call: Call) -> Me:
    sites = [site for site in call.house.sites() if call.token.sees(site)]
    return Me(call.token, [name for name in PERMISSIONS if call.token.may(name)], sites)


def listed(call: Call) -> list[Token]:
    with call.store.read() as connection:
        return tokens.listed(connection)


def revoke(call: Call) -> Token:
    with call.store.write() as connection:
        return tokens.revoke(connection, call.admin, call.path("name"))


OPERATIONS: Final = (
    Operation("GET", "/me", "", me, "What this token may do", Me, anybody=True),
    Operation("GET", "/tokens", "users.manage", listed, "All tokens, without their secrets", list[Token]),
    Operation("DELETE", "/tokens/{name}", "users.manage", revoke, "Take a token back", Token),
)
