"""Record choices: many requests, one transaction, in the order in which they came.

    ledger (append) → state (newest choice by purpose) → change (what gates must hear) → counts (no person)

All of it or nothing. A repeated idempotency key answers what was recorded the first time; the same key with another
body is a conflict. Requests of one transaction see each other, as if each had its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.keys import KeyRing
from consent.ledger import checkpoint
from consent.ledger.append import Entry, Head, RandomBytes, append, lock
from consent.model import Choice, PolicyDocument
from consent.receipts import RECEIPT, ChoiceBody, ChoiceError, Held, Planned, plan
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


class Recorded(Struct, frozen=True):
    """A recorded choice, now or before (`known`), and what the person chose by then."""

    payload: dict[str, Any]
    seq: int
    commitment: bytes
    known: bool
    held: dict[str, Held]


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
    held = states(connection, site, {r.subject for r in requests})
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
    recorded = _write(connection, site, planned, held, world, head)
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
        raise ChoiceError(409, "policy_unknown", "that policy is not, or no longer, in force: fetch it and ask again")
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
        raise ChoiceError(409, "conflict", "this idempotencyKey was used for another choice")


def _write(
    connection: Connection, site: str, planned: list[Planned], held: dict[str, dict[str, Held]], world: World,
    head: Head,
) -> list[Recorded]:  # fmt: skip
    """Append, and bring state, changes and counts up to it. `held` is brought up as well."""
    entries = [Entry(RECEIPT, one.payload) for one in planned]
    written = append(connection, site, entries, world.now, world.random, head)
    counts: Counter[tuple[str, ...]] = Counter()
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    heard: dict[str, int] = {}
    recorded = []
    for one, place in zip(planned, written, strict=True):
        payload, mine = one.payload, held[one.subject]
        for purpose, choice in one.choices.items():
            before = mine.get(purpose)
            counts[_counted(payload, purpose, choice, before)] += 1
            mine[purpose] = Held(
                choice, place.seq, payload["id"], payload["method"], payload["gpc"], payload["jurisdiction"],
                payload["region"], payload["noticeHash"],
            )  # fmt: skip
            rows[one.subject, purpose] = _row(site, one.subject, purpose, mine[purpose])
            if not choice.granted or (before is not None and not before.choice.granted):
                heard[one.subject] = place.seq
        recorded.append(Recorded(payload, place.seq, place.commitment, False, dict(mine)))
    upsert(connection, consent_state, list(rows.values()))
    hear(connection, site, {s: (seq, _denied(held[s])) for s, seq in heard.items()}, world.now)
    _count(connection, site, counts)
    if written and head.seq // checkpoint.EVERY != written[-1].seq // checkpoint.EVERY:
        end = lock(connection, site)
        checkpoint.store(connection, checkpoint.sign(site, end, world.now, world.ring.signer()))
    return recorded


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
    return (day, payload["noticeHash"], payload["policyVersion"], payload["jurisdiction"], payload["region"] or "",
            purpose, outcome)  # fmt: skip


def _count(connection: Connection, site: str, counts: Counter[tuple[str, ...]]) -> None:
    names = ("day", "notice_hash", "policy_version", "jurisdiction", "region", "purpose", "outcome")
    rows = [
        {"site": site, **dict(zip(names, key, strict=True)), "count": counts[key]}
        for key in sorted(counts)  # in one order, so that two transactions cannot wait for each other
    ]
    upsert(connection, choice_count, rows, add=["count"])


def put_states(
    connection: Connection, site: str, subject: str, held: Mapping[str, Held], before: Mapping[str, Held]
) -> None:  # fmt: skip
    """Bring a subject's state from `before` to `held`."""
    rows = [_row(site, subject, purpose, one) for purpose, one in held.items() if before.get(purpose) != one]
    upsert(connection, consent_state, rows)


def _row(site: str, subject: str, purpose: str, held: Held) -> dict[str, Any]:
    choice = held.choice
    return {
        "site": site, "subject": subject, "purpose": purpose, "granted": choice.granted, "version": choice.version,
        "at": choice.at, "seq": held.seq, "receipt": held.receipt, "method": held.method,
        "jurisdiction": held.jurisdiction, "region": held.region, "notice_hash": held.notice_hash, "gpc": held.gpc,
    }  # fmt: skip
