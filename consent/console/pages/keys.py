"""Keys: which there are, how old, and a new one. Never a key itself: only its name and when it was made."""

from typing import Final

from starlette.responses import Response

from consent import keys as ring
from consent.admin import keys
from consent.admin.keys import OLD_DAYS
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit
from consent.pii import keys as pii

DAY: Final = 86_400.0


def show(visit: Visit) -> Response:
    found = visit.house.ring()
    rows = [
        {"use": use, "kid": key.kid, "made": key.made / 1000, "current": position == 0, "rotates": use in OLD_DAYS,
         "age": int((visit.now - key.made / 1000) / DAY), "old": OLD_DAYS.get(use)}
        for use in ring.USES
        for position, key in enumerate(reversed(getattr(found, use)))
    ]  # fmt: skip
    path = visit.house.config.data_dir / "keys" / "pii.json"
    kid = pii.load_or_create(path).kid if path.exists() else ""
    return visit.render("keys.html", rows=rows, pii=kid, public=found.public_keys())


def rotate(visit: Visit) -> Response:
    """A new key, in force at once; the old one stays, to check what it signed."""
    path = ring.key_path(visit.house.config.data_dir)
    with visit.house.store.write() as connection:
        keys.rotate(connection, visit.admin, path, visit.path("use"))
    return visit.go(visit.at("keys"), "saved")


KEYS: Final = Page(
    "keys", "house", "keys.view", (Endpoint(show), Endpoint(rotate, "POST", "/{use}", "keys.rotate")), of_site=False
)
