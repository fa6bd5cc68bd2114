"""Audit: every change, newest first, with the proof that none was altered."""

from typing import Final

from starlette.responses import Response

from consent.console import audit
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit


def show(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        entries = audit.newest(connection)
    return visit.render("audit.html", entries=entries)


AUDIT: Final = Page("audit", "house", "audit.view", (Endpoint(show),), of_site=False)
