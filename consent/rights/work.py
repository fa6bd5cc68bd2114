"""What officers ask of whoever owns the tables: an export, an erasure, a restriction or its end.

A collector does not read or rewrite tables. So the console and the admin API put the work into the store, and the
loader takes it: within seconds, or, for an erasure by night, at `erase_at`. The gates are told here, in the same
transaction: from then on all workers refuse the person, however long the tables take.

    waiting → running → done                      one line a request; a restriction's end replaces the restriction
                  ↘ failed → running              after `RETRY_MS`, or at once when it is asked for again

A line that says `running` belongs to one loader. That loader goes on with it after it was killed; another one takes it
only when nothing was heard of it for `STALE_MS`.

Nobody has a person erased whose identity they verified: an erasure does not come back, and who deceives one officer
has not yet deceived two (the command line of whoever owns the machine needs no second person, as elsewhere).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, audit, people
from consent.keys import KeyRing
from consent.rights import requests
from consent.rights.requests import OPEN, Request, RequestError
from consent.rights.tables import dsr_request, dsr_work
from consent.store.upsert import upsert

Kind = Literal["export", "erase", "restrict", "lift"]
OF: Final[dict[str, tuple[str, ...]]] = {
    "export": ("access", "export"), "erase": ("erase",), "restrict": ("restrict",), "lift": ("restrict",),
}  # fmt: skip
UNDER_WAY: Final = ("waiting", "running")
RETRY_MS: Final = 5 * 60_000
STALE_MS: Final = 30 * 60_000
EXPORTS: Final = "exports"
_NAME: Final = re.compile(r"[0-9a-f]{32}\.zip")
_PIECE: Final = 256 * 1024


class Work(Struct, frozen=True):
    """One line. Times in milliseconds; `done` of `total` files in this `step`; `runner`: machine and data directory."""

    request: str
    site: str
    kind: str
    state: str
    night: bool
    asked_by: str
    asked_at: int
    began_at: int | None = None
    ended_at: int | None = None
    beat_at: int | None = None
    runner: str | None = None
    step: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""
    file: str | None = None
    file_until: int | None = None

    def has_file(self, now: int) -> bool:
        return self.file is not None and self.file_until is not None and now < self.file_until

    @property
    def machine(self) -> str:
        return (self.runner or "").partition(":")[0]


def ask(connection: Connection, admin: Admin, ring: KeyRing, id: str, kind: Kind, night: bool = False) -> Work:
    """Put work on a request. Raises RequestError: of another kind, not verified, under way, or four eyes."""
    before = of(connection, id)
    request = requests.liftable(connection, id) if kind == "lift" else requests.get(connection, id)
    if kind == "erase" and needs_another(request, admin):
        raise RequestError("fourEyes.erase")
    again = before is not None and before.kind == kind
    sooner = before is not None and before.state == "waiting" and before.night and not night
    if before is not None and before.state in UNDER_WAY and not sooner:
        raise RequestError("request.underWay", request=id)
    if kind != "lift":
        requests.begin(connection, admin, id, OF[kind])
    made = Work(id, request.site, kind, "waiting", night, admin.name, admin.now)
    upsert(connection, dsr_work, [{name: getattr(made, name) for name in Work.__struct_fields__}])
    audit.record(connection, admin, request.site, f"dsr.ask.{kind}", id, {"when": "night" if night else "now"})
    if kind in ("erase", "restrict") and not again:
        known = people.subjects(connection, ring, request.site, request.forms.ids, request.forms.subjects)
        people.suppress(connection, admin, request.site, known)
    return made


def of(connection: Connection, id: str) -> Work | None:
    """The work on a request, if there ever was any."""
    row = connection.execute(sa.select(dsr_work).where(dsr_work.c.request == id)).first()
    return None if row is None else Work(**row._mapping)


def wake(connection: Connection) -> None:
    """The night has come."""
    connection.execute(dsr_work.update().where(dsr_work.c.state == "waiting").values(night=False))


def due(connection: Connection, runner: str, now: int) -> list[Work]:
    """What this runner may take now, the oldest first."""
    work = dsr_work.c
    mine = sa.or_(
        (work.state == "waiting") & work.night.is_(False),
        (work.state == "running") & ((work.runner == runner) | (work.beat_at < now - STALE_MS)),
        (work.state == "failed") & (work.ended_at < now - RETRY_MS),
    )
    return [Work(**row._mapping) for row in connection.execute(sa.select(dsr_work).where(mine).order_by(work.asked_at))]


def claim(connection: Connection, runner: str, now: int, works: Iterable[Work]) -> list[Work]:
    """Those that are now this runner's; another loader may have been faster."""
    got = []
    for one in works:
        work = dsr_work.c
        same = (work.request == one.request) & (work.state == one.state) & (work.asked_at == one.asked_at)
        same &= work.runner.is_(None) if one.runner is None else work.runner == one.runner
        changed = connection.execute(
            dsr_work.update().where(same).values(
                state="running", runner=runner, began_at=one.began_at or now, beat_at=now, ended_at=None, problem="",
                step="", done=0, total=0,
            )
        )  # fmt: skip
        if changed.rowcount == 1:
            got.append(one)
    return got


def progress(connection: Connection, ids: list[str], step: str, done: int, total: int, now: int) -> None:
    """How far it is; also the sign that somebody is at it."""
    values = {"step": step, "done": done, "total": total, "beat_at": now}
    connection.execute(
        dsr_work.update().where(dsr_work.c.request.in_(ids), dsr_work.c.state == "running").values(values)
    )


def end(
    connection: Connection, id: str, now: int, problem: str = "", file: str | None = None, until: int | None = None
) -> None:  # fmt: skip
    """Done, or failed with what to do."""
    values = {"state": "failed" if problem else "done", "problem": problem, "ended_at": now, "file": file}
    connection.execute(dsr_work.update().where(dsr_work.c.request == id).values(values | {"file_until": until}))


def files(connection: Connection) -> set[str]:
    """The names of all exports that there are, on whatever machine."""
    return set(connection.execute(sa.select(dsr_work.c.file).where(dsr_work.c.file.is_not(None))).scalars())


def dropped(connection: Connection, files: list[str]) -> None:
    """These exports are no more: somebody who is in them is being erased."""
    connection.execute(dsr_work.update().where(dsr_work.c.file.in_(files)).values(file=None, file_until=None))


def settle(connection: Connection, now: int) -> None:
    """Work that somebody else did meanwhile, the command line or the night, is done."""
    closed = sa.select(dsr_request.c.id).where(dsr_request.c.state == "done")
    work = dsr_work.c
    open_ = work.state.in_(("waiting", "failed")) & (work.kind != "lift") & work.request.in_(closed)
    connection.execute(dsr_work.update().where(open_).values(state="done", ended_at=now, problem=""))


def download(connection: Connection, admin: Admin, data_dir: Path, id: str) -> Iterator[bytes]:
    """The export of a request, piece by piece; an entry of the audit log. Raises RequestError: none, or elsewhere."""
    found = of(connection, id)
    if found is None or found.file is None or not found.has_file(admin.now) or not _NAME.fullmatch(found.file):
        raise RequestError("request.noFile", request=id)
    try:
        file = (data_dir / EXPORTS / found.file).open("rb")
    except FileNotFoundError:
        raise RequestError("request.fileElsewhere", request=id, machine=found.machine, file=found.file) from None
    audit.record(connection, admin, found.site, "dsr.download", id)

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    return pieces()


def needs_another(request: Request, admin: Admin) -> bool:
    """Whether somebody else has to have this person erased: who acts is who verified the identity."""
    if request.kind != "erase" or admin.owner or request.state not in OPEN[1:]:
        return False
    if request.verifier:
        return bool(set(request.verifier) & set(admin.who))
    return (request.verified_by or "").startswith(f"{admin.name}: ")  # verified before names were kept
