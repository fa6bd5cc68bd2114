"""Record choices: many requests, one transaction, in the order in which they came.

    ledger (append) → state (newest choice by purpose) → change (what gates must hear) → counts (no person)

What it means for those whom its subject was linked with is spread.py, in the same transaction. All of it or nothing. A
repeated idempotency key answers what was recorded the first time; the same key with another body is a conflict.
Requests of one transaction see each other, as if each had its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from consent.keys import KeyRing
from consent.ledger import checkpoint
from consent.ledger.append import Entry, Head, RandomBytes, Written, append, lock
from consent.model import Choice, PolicyDocument
from consent.receipts import RECEIPT, ChoiceBody, ChoiceError, Held, Planned, plan
from consent.spread import SPREAD, Circles, circles, learn_owners, payload_of, spread
from consent.store.tables import change, choice_count, consent_state, ledger_entry, ledger_payload
from consent.store.upsert import upsert

GRACE_MS = 24 * 3_600_000  # a policy that was replaced may still be on somebody's screen


class Published(Struct, frozen=True):
    """A published version of a policy; `replaced_at` in milliseconds, None for the one in force."""

    document: PolicyDocument
    version: str
    number: int
    replaced_at: int | None


class Request(Struct, frozen=True):
    """One choice to record, as a route understood it."""

    body: ChoiceBody
    subject: str
    region: str | None
    gpc: bool
    hash: bytes


class News(Struct, frozen=True):
    """What a gate must hear of a subject: what it denies now, as of a number of the ledger."""

    subject: str
    seq: int
    denied: tuple[str, ...]


class Recorded(Struct, frozen=True):
    """A recorded choice, now or before (`known`), and what the person chose by then. `news`: for the gates."""

    payload: dict[str, Any]
    seq: int
    commitment: bytes
    known: bool
    held: dict[str, Held]
    news: tuple[News, ...] = ()


class World(Struct, frozen=True):
    """Time (milliseconds), luck and keys."""

    now: int
    new_id: Callable[[], str]
    random: RandomBytes
    ring: KeyRing


def record(
    connection: Connection, site: str, published: Mapping[str, Published], requests: Sequence[Request], world: World
) -> list[Recorded | ChoiceError]:  # fmt: skip
    """The outcome of each request, in order. `published`: the site's policies by version."""
    head = lock(connection, site)
    known = _known(connection, site, [r.body.idempotency_key for r in requests])
    around = circles(connection, site, {r.subject for r in requests})
    held = states(connection, site, {r.subject for r in requests} | around.subjects())
    learn_owners(connection, site, around, held)
    planned: list[Planned] = []
    made: dict[str, tuple[bytes, int]] = {}
    outcomes: list[Recorded | ChoiceError | int] = []  # a number: of the plan whose outcome it will be
    for request in requests:
        key = request.body.idempotency_key
        try:
            if key in known:
                outcomes.append(_repeated(request, *known[key], held[request.subject]))
            elif key in made:
                _same(request, made[key][0])
                outcomes.append(made[key][1])
            else:
                planned.append(_planned(request, site, published, world))
                made[key] = request.hash, len(planned) - 1
                outcomes.append(len(planned) - 1)
        except ChoiceError as error:
            outcomes.append(error)
    recorded = _write(connection, site, planned, held, around, world, head)
    return [recorded[o] if isinstance(o, int) else o for o in outcomes]


def states(connection: Connection, site: str, subjects: set[str]) -> dict[str, dict[str, Held]]:
    """What these subjects chose last, by purpose; empty for who chose nothing."""
    found: dict[str, dict[str, Held]] = {subject: {} for subject in subjects}
    query = sa.select(consent_state).where(consent_state.c.site == site, consent_state.c.subject.in_(sorted(subjects)))
    for row in connection.execute(query):
        choice = Choice(row.granted, row.version, row.at)
        found[row.subject][row.purpose] = Held(
            choice, row.seq, row.receipt, row.method, row.gpc, row.jurisdiction, row.region, row.notice_hash
        )
    return found


def _planned(request: Request, site: str, published: Mapping[str, Published], world: World) -> Planned:
    policy = published.get(request.body.policy_version)
    if policy is None or (policy.replaced_at is not None and policy.replaced_at + GRACE_MS < world.now):
        raise ChoiceError("choice.policyUnknown")
    return plan(
        request.body, policy.document, site, request.subject, request.region, request.gpc, world.now,
        world.new_id(), request.hash.hex(),
    )  # fmt: skip


def _known(connection: Connection, site: str, keys: list[str]) -> dict[str, tuple[dict[str, Any], int, bytes]]:
    """What was recorded under these idempotency keys: payload, number, commitment."""
    entry, said = ledger_entry.c, ledger_payload.c
    query = (
        sa.select(said.request_key, said.payload, entry.seq, entry.commitment)
        .select_from(ledger_payload.join(ledger_entry, (entry.chain == said.chain) & (entry.seq == said.seq)))
        .where(said.chain == site, said.request_key.in_(keys))
    )
    return {
        row.request_key: (msgspec.json.decode(row.payload), row.seq, bytes(row.commitment))
        for row in connection.execute(query)
    }


def _repeated(
    request: Request, payload: dict[str, Any], seq: int, commitment: bytes, held: dict[str, Held]
) -> Recorded:  # fmt: skip
    _same(request, bytes.fromhex(payload["request"]["hash"]))
    return Recorded(payload, seq, commitment, True, held)


def _same(request: Request, hashed: bytes) -> None:
    if request.hash != hashed:
        raise ChoiceError("choice.conflict")


def _write(
    connection: Connection, site: str, planned: list[Planned], held: dict[str, dict[str, Held]], around: Circles,
    world: World, head: Head,
) -> list[Recorded]:  # fmt: skip
    """Append, and bring state, changes and counts up to it. `held` is brought up as well."""
    first = {subject: dict(mine) for subject, mine in held.items()}
    written = append(connection, site, [Entry(RECEIPT, p.payload) for p in planned], world.now, world.random, head)
    after = written[-1].seq + 1 if written else 0
    counts: Counter[tuple[str, ...]] = Counter()
    newest: dict[str, int] = {}
    heard: set[str] = set()
    others: list[Entry] = []
    answers: list[tuple[Planned, Written, dict[str, Held], list[str]]] = []
    for one, place in zip(planned, written, strict=True):
        mine = held[one.subject]
        before, new = dict(mine), _chosen(one, place.seq)
        mine |= new
        counts.update(_counted(one.payload, purpose, choice, before.get(purpose))
                      for purpose, choice in one.choices.items())  # fmt: skip
        newest[one.subject] = max(newest.get(one.subject, 0), place.seq)
        if any(not h.choice.granted or (p in before and not before[p].choice.granted) for p, h in new.items()):
            heard.add(one.subject)
        effects = spread(around, held, one.subject, new, one.modes)
        for subject, effect in effects.items():
            newest[subject] = after + len(others)
            others.append(Entry(SPREAD, payload_of(world.new_id(), subject, around, effect)))
            for purpose in effect.narrowed:
                held[subject][purpose] = replace(held[subject][purpose], seq=newest[subject])
        heard.update(effects)
        answers.append((one, place, dict(mine), [one.subject, *effects]))
    if others:
        written += append(connection, site, others, world.now, world.random)
    put_states(connection, site, {subject: (first[subject], mine) for subject, mine in held.items()})
    hear(connection, site, {s: (newest[s], _denied(held[s])) for s in sorted(heard)}, world.now)
    _count(connection, site, counts)
    if written and head.seq // checkpoint.EVERY != written[-1].seq // checkpoint.EVERY:
        end = lock(connection, site)
        checkpoint.store(connection, checkpoint.sign(site, end, world.now, world.ring.signer()))
    return [
        Recorded(one.payload, place.seq, place.commitment, False, mine,
                 tuple(News(s, newest[s], tuple(_denied(held[s]))) for s in told))
        for one, place, mine, told in answers
    ]  # fmt: skip


def _chosen(one: Planned, seq: int) -> dict[str, Held]:
    said = one.payload
    return {
        purpose: Held(choice, seq, said["id"], said["method"], said["gpc"], said["jurisdiction"], said["region"],
                      said["noticeHash"] or "")
        for purpose, choice in one.choices.items()
    }  # fmt: skip


def hear(connection: Connection, site: str, changes: dict[str, tuple[int, list[str]]], now: int) -> None:
    """Let the gates hear what is now denied: number and purposes by subject. One row a subject, the newest."""
    if not changes:
        return
    connection.execute(change.delete().where(
        change.c.site == site, change.c.subject.in_(sorted(changes)), change.c.denied != ",*,"
    ))  # fmt: skip
    connection.execute(change.insert(), [
        {"site": site, "seq": seq, "subject": subject, "denied": ",".join(["", *denied, ""]), "at": now}
        for subject, (seq, denied) in changes.items()
    ])  # fmt: skip


def _denied(held: Mapping[str, Held]) -> list[str]:
    return sorted(purpose for purpose, mine in held.items() if not mine.choice.granted)


def _counted(payload: dict[str, Any], purpose: str, choice: Choice, before: Held | None) -> tuple[str, ...]:
    outcome = "granted" if choice.granted else "withdrawn" if before and before.choice.granted else "denied"
    day = datetime.fromtimestamp(choice.at / 1000, UTC).date().isoformat()
    return (day, payload["noticeHash"] or "", payload["policyVersion"], payload["jurisdiction"],
            payload["region"] or "", purpose, outcome)  # fmt: skip


def _count(connection: Connection, site: str, counts: Counter[tuple[str, ...]]) -> None:
    names = ("day", "notice_hash", "policy_version", "jurisdiction", "region", "purpose", "outcome")
    rows = [
        {"site": site, **dict(zip(names, key, strict=True)), "count": counts[key]}
        for key in sorted(counts)  # in one order, so that two transactions cannot wait for each other
    ]
    upsert(connection, choice_count, rows, add=["count"])


def put_states(
    connection: Connection, site: str, changed: Mapping[str, tuple[Mapping[str, Held], Mapping[str, Held]]]
) -> None:  # fmt: skip
    """Bring the states of subjects from the first to the second."""
    rows = [
        _row(site, subject, purpose, one)
        for subject, (before, after) in changed.items()
        for purpose, one in after.items()
        if before.get(purpose) != one
    ]
    upsert(connection, consent_state, rows)
    t = consent_state.c
    for subject, (before, after) in changed.items():
        if gone := sorted(before.keys() - after.keys()):
            connection.execute(consent_state.delete().where(t.site == site, t.subject == subject, t.purpose.in_(gone)))


def _row(site: str, subject: str, purpose: str, held: Held) -> dict[str, Any]:
    choice = held.choice
    return {
        "site": site, "subject": subject, "purpose": purpose, "granted": choice.granted, "version": choice.version,
        "at": choice.at, "seq": held.seq, "receipt": held.receipt, "method": held.method,
        "jurisdiction": held.jurisdiction, "region": held.region, "notice_hash": held.notice_hash, "gpc": held.gpc,
    }  # fmt: skip
