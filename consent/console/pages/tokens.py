"""Tokens of the admin API: made and shown once, with an end; taken back; when each was last used.

Only people make tokens. One that could make others would be worth stealing twice; and whoever made a token is, for four
eyes, the same person as the token (`consent/api/tokens.py`).
"""

from typing import Final

from starlette.responses import Response

from consent.admin import AdminError
from consent.api import tokens
from consent.api.tokens import MOST_DAYS
from consent.console.page import Endpoint, Page
from consent.console.roles import ROLES
from consent.console.visit import Visit

USUAL_DAYS: Final = 90
SOON_DAYS: Final = 14


def show(visit: Visit, problem: str = "", status: int = 200, secret: str = "", secret_of: str = "") -> Response:
    with visit.house.store.read() as connection:
        found = tokens.listed(connection)
    now = int(visit.now * 1000)
    return visit.render(
        "tokens.html", status, tokens=found, now=now, soon=now + SOON_DAYS * tokens.DAY_MS, roles=ROLES,
        problem=problem, secret=secret, secret_of=secret_of, most=MOST_DAYS, usual=USUAL_DAYS,
    )  # fmt: skip


def add(visit: Visit) -> Response:
    form = visit.form
    sites = form.get("sites").replace("，", ",").split(",")
    days = int(form.get("days")) if form.get("days").isdecimal() and len(form.get("days")) < 6 else 0
    try:
        with visit.house.store.write() as connection:
            made, secret = tokens.make(connection, visit.admin, form.get("name"), form.all("role"), sites, days)
    except AdminError as error:
        return show(visit, visit.words.of(error), 422)
    return show(visit, secret=secret, secret_of=made.name)


def revoke(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        tokens.revoke(connection, visit.admin, visit.path("name"))
    return visit.go(visit.at("tokens"), "saved")


TOKENS: Final = Page(
    "tokens",
    "house",
    "users.manage",
    (Endpoint(show), Endpoint(add, "POST"), Endpoint(revoke, "POST", "/{name}/revoke")),
    of_site=False,
)
