"""How often a password may be guessed: counted in the store, per login and per address, for all workers together.

After `FREE` failures each further one doubles the wait, up to a quarter of an hour; nothing is locked for ever, because
then anybody could lock anybody out. A wait is refused before the password is looked at, right or wrong, so guessing
learns nothing. Addresses get more tries than logins: an office has one address. Logins that do not exist count alike.
"""

import hashlib
from typing import Final

from sqlalchemy import Connection, delete, select, update

from consent.console.tables import attempts
from consent.store.upsert import upsert

FREE: Final = {"login": 5, "from": 30}
FIRST_WAIT: Final = 2.0
LONGEST_WAIT: Final = 15 * 60.0
FORGOTTEN: Final = 24 * 3600.0


def keys_of(login: str, address: str) -> tuple[str, str]:
    """What a try is counted under."""
    return tuple(  # type: ignore[return-value]
        f"{kind} {hashlib.sha256(value.encode()).hexdigest()}"
        for kind, value in (("login", login.strip().lower()), ("from", address))
    )


def wait_of(connection: Connection, keys: tuple[str, str], now: float) -> float:
    """Seconds until the next try may be made; 0 if it may be made now."""
    # Locked until it is counted, so that many at once are one after the other (SQLite has one writer anyway)
    rows = connection.execute(
        select(attempts).where(attempts.c.key.in_(keys)).order_by(attempts.c.key).with_for_update()
    )
    waits = ((_wait(r.key, r.failures), r.last) for r in rows)
    # A clock that was set back must not lock anybody out for longer than the wait itself
    return max((min(wait, last + wait - now) for wait, last in waits), default=0.0)


def failed(connection: Connection, keys: tuple[str, str], now: float) -> None:
    """Count a failure under both keys."""
    connection.execute(delete(attempts).where(attempts.c.last < now - FORGOTTEN))
    upsert(connection, attempts, [{"key": key, "failures": 1, "last": now} for key in sorted(keys)], add=["failures"])


def succeeded(connection: Connection, keys: tuple[str, str]) -> None:
    """The right password forgives the login's failures; of the address' only this try, which was no failure after all.

    Otherwise one account of one's own would be enough to try all others for ever.
    """
    connection.execute(delete(attempts).where(attempts.c.key == keys[0]))
    connection.execute(
        update(attempts)
        .where(attempts.c.key == keys[1], attempts.c.failures > 0)
        .values(failures=attempts.c.failures - 1)
    )


def _wait(key: str, failures: int) -> float:
    beyond = failures - FREE[key.partition(" ")[0]]
    return 0.0 if beyond < 0 else min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(beyond, 20))
