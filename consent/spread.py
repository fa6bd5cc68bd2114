"""What a choice means for those whom its subject was linked with at a login (`subject_link`).

    a denial   of a device   → the person, and through a proved login all devices of theirs that were proved as well
               of the person → all devices whose login was proved
    a grant    of a device   → gives nobody anything. It only takes a denial away from the person whose login on that
                               device was the last, so that whoever says yes again is not refused for an old no
               of the person → nothing

So a withdrawal on one device holds on the others as soon as their gates hear of it, and consent never gets wider
anywhere but where it was given: another device asks its own user. The person's denial gives way

* where the login was proved and consent is asked first (`opt_in`): the newest explicit choice is their will (merge.py);
* else only if it was this device's own denial that stood there, and no other device of theirs denies by itself.

A login that nobody proved (a public write key) narrows the person and no device: events that carry the userId are
refused everywhere as it is, and a stranger's browser learns nothing.

Each subject that changes gets an entry of its own in the ledger, so that erasing one leaves nothing in the other's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct, field
from sqlalchemy import Connection

from consent.receipts import Held
from consent.store.tables import ledger_payload, subject_link

SPREAD: Final = "spread"
UNPROVED: Final = 1_000  # devices of unproved logins that are looked at: anybody can make more of them
States = dict[str, dict[str, Held]]


class Link(Struct, frozen=True):
    """One login: who, and did a server say so."""

    subject: str
    trusted: bool


class Circles(Struct):
    """Who is linked with whom, newest login first. `owners`: whose receipt it is that denies, by its id."""

    persons: dict[str, list[Link]] = field(default_factory=dict)
    devices: dict[str, list[Link]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def subjects(self) -> set[str]:
        return {*self.persons, *self.devices}

    def owned(self, held: Held | None, subject: str) -> bool:
        """Is it what the subject said, and not what came to it from another? False for what was erased."""
        return held is not None and self.owners.get(held.receipt) == subject


class Effect(Struct):
    """What changed for one subject: purposes that are denied now, and denials that are gone."""

    narrowed: set[str] = field(default_factory=set)
    lifted: set[str] = field(default_factory=set)


def circles(connection: Connection, site: str, subjects: Iterable[str]) -> Circles:
    """The persons of these subjects and all their devices. One question to the store where nobody ever logged in."""
    t, asked = subject_link.c, sorted(subjects)
    query = sa.select(t.device, t.person, t.trusted, t.at).where(t.site == site)
    near = connection.execute(query.where(t.device.in_(asked) | t.person.in_(asked))).all()
    found = {(row.device, row.person): row for row in near}
    persons = sorted({row.person for row in near})
    if persons:
        around = query.where(t.person.in_(persons))
        newest = around.where(~t.trusted).order_by(t.at.desc()).limit(UNPROVED)
        for row in (*connection.execute(around.where(t.trusted)), *connection.execute(newest)):
            found[row.device, row.person] = row
    made = Circles()
    for row in sorted(found.values(), key=lambda row: (-row.at, row.device, row.person)):
        made.persons.setdefault(row.device, []).append(Link(row.person, row.trusted))
        made.devices.setdefault(row.person, []).append(Link(row.device, row.trusted))
    return made


def learn_owners(connection: Connection, site: str, around: Circles, held: States) -> None:
    """Whose denials they are that stand with these subjects."""
    if not around.persons:
        return
    said = {one.receipt for subject in around.subjects() for one in held[subject].values() if not one.choice.granted}
    t = ledger_payload.c
    query = sa.select(t.id, t.subject).where(t.chain == site, t.id.in_(sorted(said)))
    around.owners.update((row.id, row.subject) for row in connection.execute(query))


def spread(
    around: Circles, held: States, subject: str, new: Mapping[str, Held], modes: Mapping[str, str]
) -> dict[str, Effect]:
    """Bring the others in `held` up to a choice of `subject`; gives what changed, by subject.

    `new`: what was chosen; `modes`: by purpose, where it was chosen. Pure but for `held` and `around.owners`.
    """
    around.owners.update((one.receipt, subject) for one in new.values() if one.receipt not in around.owners)
    effects: dict[str, Effect] = {}
    no = {purpose: one for purpose, one in new.items() if not one.choice.granted}
    narrowed: dict[str, None] = {}
    for number, person in enumerate(around.persons.get(subject, ())):
        theirs = held[person.subject]
        others = [d.subject for d in around.devices[person.subject] if d.subject != subject]
        for purpose, one in no.items():
            stood = theirs.get(purpose)
            # Another's denial stays theirs: only they may take it back
            if _grants(stood) or around.owned(stood, subject):
                _deny(theirs, person.subject, purpose, one, effects)
        if number == 0:
            for purpose in new.keys() - no.keys():
                stood = theirs.get(purpose)
                if stood is None or stood.choice.granted:
                    continue
                newest = person.trusted and modes.get(purpose) == "opt_in"
                mine = around.owned(stood, subject)
                elsewhere = any(not _grants(held[o].get(purpose)) and around.owned(held[o][purpose], o) for o in others)
                if newest or (mine and not elsewhere):
                    del theirs[purpose]
                    effects.setdefault(person.subject, Effect()).lifted.add(purpose)
        if person.trusted:
            narrowed |= dict.fromkeys(d.subject for d in around.devices[person.subject] if d.trusted)
    narrowed |= dict.fromkeys(d.subject for d in around.devices.get(subject, ()) if d.trusted)
    for device in narrowed:
        for purpose, one in no.items():
            if device != subject and _grants(held[device].get(purpose)):
                _deny(held[device], device, purpose, one, effects)
    return effects


def _grants(held: Held | None) -> bool:
    return held is None or held.choice.granted


def _deny(mine: dict[str, Held], subject: str, purpose: str, one: Held, effects: dict[str, Effect]) -> None:
    mine[purpose] = one
    effects.setdefault(subject, Effect()).narrowed.add(purpose)


def payload_of(id: str, subject: str, around: Circles, effect: Effect) -> dict[str, Any]:
    """What the ledger says of it, under the subject that it changed."""
    return {
        "id": id, "subject": subject, "as": "person" if subject in around.devices else "device",
        "narrowed": sorted(effect.narrowed), "lifted": sorted(effect.lifted),
    }  # fmt: skip
