"""Requests: open → verified → running → done, or denied. Every change is one entry in the site's audit log.

Nothing is done for a person whose identity was not verified: who asks for somebody else's data, or for their erasure,
is the oldest attack on these rights. A denial and an extension need a reason, because the person has a right to hear
it (GDPR Art. 12(3) and (4)).
"""

import json
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, audit
from consent.mistakes import Mistake
from consent.rights.deadlines import LAWS, days_left, due, extended
from consent.rights.forms import Forms
from consent.rights.tables import dsr_request

Kind = Literal["access", "export", "restrict", "erase"]
KINDS: Final = ("access", "export", "restrict", "erase")
OPEN: Final = ("received", "verified", "running")


class RequestError(Mistake):
    """It cannot be done in this state; the message says what has to come first."""


class Request(Struct, frozen=True):
    """One request as it stands. Times in milliseconds."""

    id: str
    site: str
    kind: str
    law: str
    state: str
    channel: str
    forms: Forms
    verified_by: str | None
    reason: str
    received_at: int
    due_at: int
    extended_at: int | None
    closed_at: int | None
    tasks: dict[str, int]
    certificate: str | None
    verifier: tuple[str, ...] = ()

    def shown(self, now: int) -> dict[str, Any]:
        """For lists: everything but whom it is about."""
        left = None if self.state not in OPEN else days_left(self.due_at, now)
        shown = {n: getattr(self, n) for n in self.__struct_fields__ if n not in ("forms", "verifier")}
        return shown | {"days_left": left, "identifiers": len(self.forms.ids)}


def open_request(
    connection: Connection, admin: Admin, site: str, kind: str, law: str, forms: Forms, channel: str
) -> Request:  # fmt: skip
    """A new request. Raises RequestError for an unknown kind or law, or for nobody."""
    if kind not in KINDS:
        raise RequestError("request.kind", kinds=", ".join(KINDS))
    if law not in LAWS:
        raise RequestError("request.law", laws=", ".join(LAWS))
    if not forms.ids:
        raise RequestError("request.nobody")
    id = admin.new_id()
    # Raw addresses and numbers are not kept: what the tables hold is enough to find and to erase
    stored = Forms(forms.ids, forms.texts, [], forms.subjects)
    connection.execute(dsr_request.insert().values(
        id=id, site=site, kind=kind, law=law, state="received", channel=channel,
        identifiers=msgspec.json.encode(stored).decode(), reason="", received_at=admin.now, due_at=due(law, admin.now),
        tasks="{}",
    ))  # fmt: skip
    audit.record(connection, admin, site, "dsr.open", id, {"kind": kind, "law": law})
    return get(connection, id)


def get(connection: Connection, id: str) -> Request:
    """Raises RequestError for an unknown one."""
    row = connection.execute(sa.select(dsr_request).where(dsr_request.c.id == id)).first()
    if row is None:
        raise RequestError("request.unknown", request=id)
    return _read(row)


def listed(connection: Connection, site: str, only_open: bool = False) -> list[Request]:
    """The site's requests, the most urgent first."""
    query = sa.select(dsr_request).where(dsr_request.c.site == site)
    if only_open:
        query = query.where(dsr_request.c.state.in_(OPEN))
    query = query.order_by(dsr_request.c.closed_at.is_not(None), dsr_request.c.due_at, dsr_request.c.id)
    return [_read(row) for row in connection.execute(query)]


def verify(connection: Connection, admin: Admin, id: str, how: str) -> Request:
    """The person proved who they are; `how` in words."""
    _in(connection, id, "received")
    if not how.strip():
        raise RequestError("request.how")
    return _change(
        connection, admin, id, "dsr.verify", state="verified", verified_by=f"{admin.name}: {how.strip()}"[:200],
        verifier=json.dumps(admin.who),
    )  # fmt: skip


def extend(connection: Connection, admin: Admin, id: str, reason: str) -> Request:
    """More time, once, if the law knows it. The person must be told why before the first deadline."""
    request = _in(connection, id, *OPEN)
    later = extended(request.law, request.received_at)
    if later is None:
        raise RequestError("request.noExtension", law=request.law)
    if request.extended_at is not None:
        raise RequestError("request.extended")
    if admin.now > request.due_at:
        raise RequestError("request.passed")
    if not reason.strip():
        raise RequestError("request.extensionReason")
    return _change(connection, admin, id, "dsr.extend", due_at=later, extended_at=admin.now, reason=reason.strip())


def deny(connection: Connection, admin: Admin, id: str, reason: str) -> Request:
    """Closed without doing it. What was kept of the person for it goes."""
    _in(connection, id, "received", "verified")
    if not reason.strip():
        raise RequestError("request.denialReason")
    return _change(
        connection,
        admin,
        id,
        "dsr.deny",
        state="denied",
        closed_at=admin.now,
        reason=reason.strip(),
        identifiers=_NOBODY,
    )


def begin(connection: Connection, admin: Admin, id: str, kinds: tuple[str, ...]) -> Request:
    """Raises RequestError if it is of another kind, or the identity was not verified."""
    request = get(connection, id)
    if request.kind not in kinds:
        raise RequestError("request.other", request=id, kind=request.kind)
    if request.state == "received":
        raise RequestError("request.unverified", request=id)
    _in(connection, id, "verified", "running")
    return request if request.state == "running" else _change(connection, admin, id, "dsr.begin", state="running")


def liftable(connection: Connection, id: str) -> Request:
    """A restriction that was done and has not ended. Raises RequestError for anything else."""
    request = _in(connection, id, "done")
    if request.kind != "restrict":
        raise RequestError("request.notRestricted", request=id, kind=request.kind)
    if "lift" in request.tasks:
        raise RequestError("request.lifted", request=id)
    return request


def lifting(connection: Connection, admin: Admin, id: str) -> Request:
    """A restriction that was done ends; once. Raises RequestError for anything else."""
    liftable(connection, id)
    return task(connection, admin, id, "lift")


def forget(connection: Connection, admin: Admin, site: str, ids: list[str]) -> int:
    """What closed requests of the site still know of an erased person goes; gives how many they were."""
    gone = set(ids)
    mine = [r for r in listed(connection, site) if r.state not in OPEN and gone & {*r.forms.ids, *r.forms.texts}]
    for request in mine:
        _change(connection, admin, request.id, "dsr.forget", identifiers=_NOBODY)
    return len(mine)


def task(connection: Connection, admin: Admin, id: str, name: str) -> Request:
    """One task of it is done."""
    request = get(connection, id)
    tasks = request.tasks | {name: admin.now}
    return _change(connection, admin, id, f"dsr.{name}", tasks=json.dumps(tasks))


def finish(connection: Connection, admin: Admin, id: str, certificate: str | None = None) -> Request:
    """Done. After an erasure nothing of the person stays in the request."""
    request = _in(connection, id, "running")
    gone = {"identifiers": _NOBODY} if request.kind == "erase" else {}
    return _change(
        connection, admin, id, "dsr.finish", state="done", closed_at=admin.now, certificate=certificate, **gone
    )


_NOBODY: Final = msgspec.json.encode(Forms([], [], [])).decode()


def _in(connection: Connection, id: str, *states: str) -> Request:
    request = get(connection, id)
    if request.state not in states:
        raise RequestError("request.state", request=id, state=request.state, needed=" / ".join(states))
    return request


def _change(connection: Connection, admin: Admin, id: str, what: str, **values: Any) -> Request:
    connection.execute(dsr_request.update().where(dsr_request.c.id == id).values(**values))
    request = get(connection, id)
    audit.record(connection, admin, request.site, what, id)
    return request


def _read(row: Any) -> Request:
    values = dict(row._mapping)
    forms = msgspec.json.decode(values.pop("identifiers"), type=Forms)
    verifier = tuple(json.loads(values.pop("verifier") or "[]"))
    return Request(forms=forms, verifier=verifier, **values | {"tasks": json.loads(values["tasks"])})
