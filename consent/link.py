"""An anonymous person logged in: join what the device chose with what the person chose (the rule is merge.py).

Recorded as two entries, one of each subject, so that erasing either leaves no trace of it in the other's. A link that
nobody proved (a public write key) can only narrow what is known of the person, and tells the device nothing about
them. Whatever the person denied, the gate obeys on every device anyway, because events carry both ids.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.ledger.append import Entry, append, lock
from consent.merge import Merged, merge
from consent.model import Choice
from consent.receipts import Held
from consent.record import World, hear, put_states, states
from consent.store.tables import ledger_payload, subject_link
from consent.store.upsert import upsert

LINK = "link"


class Linked(Struct, frozen=True):
    """What holds for the device and the person now; purposes about which they disagreed."""

    device: dict[str, Held]
    person: dict[str, Held]
    conflicts: tuple[str, ...]
    seq: int


def link(
    connection: Connection, site: str, device: str, person: str, modes: Mapping[str, str], trusted: bool, key: str,
    world: World,
) -> Linked:  # fmt: skip
    """`modes`: by purpose, where the person is. `key`: the request's; repeated, nothing is recorded twice."""
    head = lock(connection, site)
    held = states(connection, site, {device, person})
    mine, theirs = held[device], held[person]
    known = sa.select(ledger_payload.c.seq).where(
        ledger_payload.c.chain == site, ledger_payload.c.request_key == f"{LINK}:{key}"
    )
    if connection.execute(known).first() is not None:
        return Linked(mine, theirs, (), head.seq)
    merged = merge(_choices(mine), _choices(theirs), modes, trusted)
    after = _held(merged, mine, theirs)
    entries = [
        Entry(LINK, {
            "id": world.new_id(), "subject": subject, "as": name, "trusted": trusted,
            "conflicts": list(merged.conflicts), **request,
        })
        for subject, name, request in (
            (device, "device", {"request": {"key": f"{LINK}:{key}", "hash": "00"}}),
            (person, "person", {}),
        )
    ]  # fmt: skip
    seq = append(connection, site, entries, world.now, world.random, head)[-1].seq
    upsert(connection, subject_link, [
        {"site": site, "device": device, "person": person, "trusted": trusted, "at": world.now}
    ])  # fmt: skip
    put_states(connection, site, person, after, theirs)
    changed = {person: (seq, _denied(after))}
    if trusted:
        put_states(connection, site, device, after, mine)
        changed[device] = (seq, _denied(after))
    hear(connection, site, {s: c for s, c in changed.items() if c[1]}, world.now)
    return Linked(after if trusted else mine, after, merged.conflicts, seq)


def _choices(held: dict[str, Held]) -> dict[str, Choice]:
    return {purpose: one.choice for purpose, one in held.items()}


def _held(merged: Merged, mine: dict[str, Held], theirs: dict[str, Held]) -> dict[str, Held]:
    """The receipts behind the merged choices."""
    return {
        purpose: next(side[purpose] for side in (theirs, mine) if purpose in side and side[purpose].choice == choice)
        for purpose, choice in merged.choices.items()
    }


def _denied(held: dict[str, Held]) -> list[str]:
    return sorted(purpose for purpose, one in held.items() if not one.choice.granted)
