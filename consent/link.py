"""An anonymous person logged in: join what the device chose with what the person chose (the rule is merge.py).

Recorded as two entries, one of each subject, so that erasing either leaves no trace of it in the other's. A link that
nobody proved (a public write key) can only narrow what is known of the person, and tells the device nothing about
them. Whatever the person denied, the gate obeys on every device anyway, because events carry both ids.

What the person denies because of it reaches their other devices, as every later choice does (spread.py). A login that
was proved once stays proved.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.ledger.append import Entry, append, lock
from consent.merge import Merged, merge
from consent.model import Choice
from consent.receipts import Held
from consent.record import News, World, hear, put_states, states
from consent.spread import SPREAD, circles, payload_of, spread
from consent.store.tables import ledger_payload, subject_link
from consent.store.upsert import upsert

LINK = "link"


class Linked(Struct, frozen=True):
    """What holds for the device and the person now; purposes about which they disagreed. `news`: for the gates."""

    device: dict[str, Held]
    person: dict[str, Held]
    conflicts: tuple[str, ...]
    seq: int
    news: tuple[News, ...] = ()


def link(
    connection: Connection, site: str, device: str, person: str, modes: Mapping[str, str], trusted: bool, key: str,
    world: World,
) -> Linked:  # fmt: skip
    """`modes`: by purpose, where the person is. `key`: the request's; repeated, nothing is recorded twice."""
    head = lock(connection, site)
    around = circles(connection, site, {device, person})
    held = states(connection, site, {device, person} | around.subjects())
    before = {subject: dict(one) for subject, one in held.items()}
    mine, theirs = before[device], before[person]
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
    proved = trusted or any(one.trusted for one in around.persons.get(device, ()) if one.subject == person)
    upsert(connection, subject_link, [
        {"site": site, "device": device, "person": person, "trusted": proved, "at": world.now}
    ])  # fmt: skip
    held[person] = dict(after)
    if trusted:
        held[device] = dict(after)
    denied = {p: one for p, one in after.items() if not one.choice.granted and theirs.get(p) != one}
    effects = spread(around, held, person, denied, modes)
    others = [Entry(SPREAD, payload_of(world.new_id(), s, around, effect)) for s, effect in effects.items()]
    written = append(connection, site, others, world.now, world.random) if others else []
    newest = {person: seq} | ({device: seq} if trusted else {})
    newest |= {s: place.seq for s, place in zip(effects, written, strict=True)}
    put_states(connection, site, {s: (before[s], held[s]) for s in newest})
    # Nothing denied, then and now, is nothing that a gate must hear
    told = tuple(
        News(s, number, tuple(_denied(held[s])))
        for s, number in newest.items()
        if _denied(held[s]) or _denied(before[s])
    )
    hear(connection, site, {n.subject: (n.seq, list(n.denied)) for n in told}, world.now)
    return Linked(held[device], after, merged.conflicts, newest.get(device, seq), told)


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
