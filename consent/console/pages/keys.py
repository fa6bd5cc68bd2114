"""Keys: which there are, how old, and a new one. Never a key itself: only its name and when it was made."""

from typing import Final

from starlette.responses import Response

from consent import keys as ring
from consent.console.house import HOUSE
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.pii import keys as pii

OLD_DAYS: Final = {"sign": 365, "token": 90}
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
    use: ring.Use | None = next((u for u in ring.USES if u == visit.path("use") and u in OLD_DAYS), None)
    if use is None:
        raise Refused(422, "keys.never")
    made = ring.rotate(ring.key_path(visit.house.config.data_dir), use, int(visit.now * 1000))
    with visit.house.store.write() as connection:
        visit.house.audit(connection, HOUSE, visit.user.login, "keys.rotate", f"{use} {made.kid}", {}, visit.now)
    return visit.go(visit.at("keys"), "saved")


KEYS: Final = Page(
    "keys", "house", "keys.view", (Endpoint(show), Endpoint(rotate, "POST", "/{use}", "keys.rotate")), of_site=False
)
