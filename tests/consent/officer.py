"""Officers and visitors for tests: publish the shipped policy, make choices, with a clock that is told."""

import secrets
import uuid
from itertools import count
from pathlib import Path
from typing import Any

from consent.admin import Admin, policies
from consent.admin.policies import Version
from consent.keys import KeyRing, Secret
from consent.model import PolicyDocument
from consent.presets import preset
from consent.receipts import ChoiceBody, ChoiceError, request_hash
from consent.record import Recorded, Request, World, record
from consent.store import Store
from consent.subjects import subject_of

NOW = 1_795_662_000_000  # 2026-11-26T03:00:00Z
RING = KeyRing(
    sign=(Secret("s1", bytes(range(32)), NOW),),
    token=(Secret("t1", bytes(range(1, 33)), NOW),),
    subject=(Secret("s1", bytes(range(2, 34)), NOW),),
)
_keys = count(1)


def new_id() -> str:
    return str(uuid.uuid4())


def admin(name: str = "ada", now: int = NOW, owner: bool = False) -> Admin:
    return Admin(name, now, new_id, secrets.token_bytes, owner)


def publish(store: Store, site: str, document: PolicyDocument | None = None, now: int = NOW) -> Version:
    """Written by one officer, published by another."""
    with store.write() as connection:
        draft = policies.save_draft(connection, admin("ada", now), site, document or preset())
        policies.submit(connection, admin("ada", now), site, draft.id)
        return policies.publish(connection, admin("grace", now), site, draft.id)


def body(action: str = "accept_all", **members: Any) -> ChoiceBody:
    document: PolicyDocument = members.pop("document", preset())
    given = {
        "idempotency_key": f"key-{next(_keys):08}",
        "action": action,
        "method": "banner",
        "policy_version": document.version,
        "notice_hash": document.notices[0].hash,
    }
    return ChoiceBody(**(given | members))


def request(site: str, who: str, said: ChoiceBody, region: str | None = "DE", gpc: bool = False) -> Request:
    return Request(said, subject_of(RING.subject[-1], site, "device", who), region, gpc, request_hash(said))


def found_in_files(store: Store, needles: list[str]) -> list[str]:
    """Which of these texts stand in the files of the database: SQLite's file and its log; PostgreSQL's tables and
    indexes, without the write-ahead log of the whole server, which recycles itself."""
    if store.is_sqlite:
        file = str(store.engine.url.database)
        files = [path for end in ("", "-wal") if (path := Path(file + end)).exists()]
    else:
        with store.read() as connection:
            folder = connection.exec_driver_sql("SHOW data_directory").scalar()
            number = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()")
            files = [p for p in (Path(str(folder)) / "base" / str(number.scalar())).iterdir() if p.is_file()]
    content = b"\0".join(path.read_bytes() for path in files)
    return [needle for needle in needles if needle.encode() in content]


def choose(
    store: Store, site: str, who: str, said: ChoiceBody | None = None, region: str | None = "DE", gpc: bool = False,
    now: int = NOW,
) -> Recorded:  # fmt: skip
    """Record one choice. Raises ChoiceError if it is none."""
    with store.write() as connection:
        book = policies.book(connection, site)
        world = World(now, new_id, secrets.token_bytes, RING)
        outcome = record(connection, site, book, [request(site, who, said or body(), region, gpc)], world)[0]
    if isinstance(outcome, ChoiceError):
        raise outcome
    return outcome
