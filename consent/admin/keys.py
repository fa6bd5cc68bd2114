"""The keys of consent as officers see them: which there are, how old, and a new one. Never a key itself."""

from pathlib import Path
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from consent import keys as ring
from consent.admin import Admin, AdminError, audit
from consent.keys import KeyRing

OLD_DAYS: Final = {"sign": 365, "token": 90}
DAY_MS: Final = 86_400_000


class KeyLine(Struct, frozen=True, rename="camel"):
    """A key; `made` in milliseconds. `rotates`: may there be a newer one; `old`: it should be replaced."""

    use: str
    kid: str
    made: int
    age_days: int
    current: bool
    rotates: bool
    old: bool


def listed(found: KeyRing, now: int) -> list[KeyLine]:
    """By use, the current one first."""
    lines = []
    for use in ring.USES:
        for position, key in enumerate(reversed(getattr(found, use))):
            age = int((now - key.made) // DAY_MS)
            old = position == 0 and use in OLD_DAYS and age > OLD_DAYS[use]
            lines.append(KeyLine(use, key.kid, key.made, age, position == 0, use in OLD_DAYS, old))
    return lines


def rotate(connection: Connection, admin: Admin, path: Path, use: str) -> KeyLine:
    """A new key, in force at once; the old one stays, to check what it signed. Raises AdminError, KeyRingError."""
    known: ring.Use | None = next((u for u in ring.USES if u == use and u in OLD_DAYS), None)
    if known is None:
        raise AdminError("keys.never", uses=", ".join(OLD_DAYS))
    made = ring.rotate(path, known, admin.now)
    audit.record(connection, admin, "", "keys.rotate", f"{use} {made.kid}", {})
    return KeyLine(use, made.kid, made.made, 0, True, True, False)
