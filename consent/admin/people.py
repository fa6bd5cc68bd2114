"""One person: what holds, withdrawing at their request, keeping them out, erasing what they chose.

A person is found by an id as clients send it (anonymousId, userId); the store only knows subjects. Nothing here
writes an id down.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, AdminError, audit, policies
from consent.keys import KeyRing
from consent.ledger import erase as erasing
from consent.ledger.append import Entry, append
from consent.receipts import ChoiceBody, ChoiceError, Held, request_hash
from consent.record import Recorded, Request, World, record, states
from consent.store.tables import change, subject_link
from consent.subjects import subjects_of

SUPPRESS, LIFT = "suppress", "lift"
MANY = 500  # subjects a query


class Person(Struct, frozen=True):
    """What is known of a subject. `linked`: subjects it was linked with. `suppressed`: asked to be forgotten."""

    subject: str
    held: dict[str, Held]
    linked: tuple[str, ...]
    suppressed: bool


def find(
    connection: Connection, ring: KeyRing, site: str, anonymous_id: str | None, user_id: str | None
) -> list[Person]:
    """The subjects of these ids and those linked with them; also those of whom nothing is known."""
    subjects = subjects_of(ring, site, anonymous_id or None, user_id or None)
    links = subject_link.c
    pairs = connection.execute(
        sa.select(links.device, links.person).where(
            links.site == site, links.device.in_(subjects) | links.person.in_(subjects)
        )
    ).all()
    everybody = list(dict.fromkeys([*subjects, *(s for pair in pairs for s in pair)]))
    held = states(connection, site, set(everybody))
    out = set(
        connection.execute(
            sa.select(change.c.subject).where(
                change.c.site == site, change.c.subject.in_(everybody), change.c.denied == ",*,"
            )
        ).scalars()
    )
    return [Person(s, held[s], tuple(b if a == s else a for a, b in pairs if s in (a, b)), s in out) for s in everybody]


def subjects(connection: Connection, ring: KeyRing, site: str, ids: Iterable[str], known: Iterable[str]) -> list[str]:
    """Under whom the ledger knows these ids, as a device or as a person, beside those that are known.

    With a person come all their devices, and with a device the person whose it is; but over a device that people share
    nobody comes to somebody else.
    """
    own = dict.fromkeys([*(s for id in ids for s in subjects_of(ring, site, id, id)), *known])
    devices: dict[str, None] = {}
    persons: dict[str, set[str]] = {}
    links = subject_link.c
    everybody = list(own)
    for at in range(0, len(everybody), MANY):
        some = everybody[at : at + MANY]
        for (device,) in connection.execute(sa.select(links.device).where(links.site == site, links.person.in_(some))):
            devices[device] = None
        pairs = sa.select(links.device, links.person).where(links.site == site, links.device.in_(some))
        for device, person in connection.execute(pairs):
            persons.setdefault(device, set()).add(person)
    owners = {min(whose): None for whose in persons.values() if len(whose) == 1}
    return list(own | devices | owners)


def withdraw(connection: Connection, admin: Admin, ring: KeyRing, site: str, subject: str) -> Recorded:
    """Withdraw everything for a subject, at the person's request: a receipt as any other (method `api`, no notice)."""
    published = policies.current(connection, site)
    if published is None:
        raise AdminError("policy.none")
    body = ChoiceBody(
        idempotency_key=admin.new_id(), action="withdraw", method="api", policy_version=published.version
    )  # fmt: skip
    request = Request(body, subject, None, False, request_hash(body))
    world = World(admin.now, admin.new_id, admin.random, ring)
    outcome = record(connection, site, policies.book(connection, site), [request], world)[0]
    if isinstance(outcome, ChoiceError):
        raise outcome
    audit.record(connection, admin, site, "person.withdraw", outcome.payload["id"])
    return outcome


def withdraw_of(
    connection: Connection, admin: Admin, ring: KeyRing, site: str, anonymous_id: str | None, user_id: str | None,
    subject: str,
) -> Recorded:  # fmt: skip
    """The same for one of the subjects that `find` gives for these ids. Raises AdminError for another one."""
    if subject not in [person.subject for person in find(connection, ring, site, anonymous_id, user_id)]:
        raise AdminError("person.unknown")
    return withdraw(connection, admin, ring, site, subject)


def suppress(connection: Connection, admin: Admin, site: str, subjects: list[str]) -> int:
    """Keep people out: the gates refuse their events as `suppressed`, within seconds and until `lift`. Gives the
    ledger's number of it. The entry names no subject, so that it may outlive them."""
    return _bar(connection, admin, site, subjects, SUPPRESS, ",*,")


def lift(connection: Connection, admin: Admin, site: str, subjects: list[str]) -> int:
    """Let people in again who were kept out. What they chose before holds again. Gives the ledger's number of it."""
    return _bar(connection, admin, site, subjects, LIFT, ",-,")


def _bar(connection: Connection, admin: Admin, site: str, subjects: list[str], kind: str, denied: str) -> int:
    id = admin.new_id()
    entry = Entry(kind, {"id": id, "count": len(subjects)})
    written = append(connection, site, [entry], admin.now, admin.random)[0]
    connection.execute(change.delete().where(change.c.site == site, change.c.subject.in_(subjects)))
    rows = [
        {"site": site, "seq": written.seq, "subject": subject, "denied": denied, "at": admin.now}
        for subject in sorted(set(subjects))
    ]
    if rows:
        connection.execute(change.insert(), rows)
    audit.record(connection, admin, site, f"person.{kind}", id, {"count": len(subjects)})
    return written.seq


def erase(connection: Connection, admin: Admin, site: str, subjects: list[str]) -> list[int]:
    """Delete what these subjects chose (ledger/erase.py); gives the numbers that were emptied. Call `suppress` first if
    late events must stay out, and `Store.vacuum` afterwards."""
    emptied = erasing.erase(connection, site, subjects, admin.now, admin.new_id, admin.random)
    audit.record(connection, admin, site, "person.erase", "", {"entries": len(emptied)})
    return emptied
