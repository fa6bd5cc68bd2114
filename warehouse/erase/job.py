"""What an erasure has to remember over a kill -9: `<data>/erase/<id>.json`, mode 0600, replaced as a whole.

While it is unfinished it holds the identifiers that are being erased; when it is done they are taken out of it, and
counts, paths and times stay.
"""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from warehouse.erase.rewrite import Rewritten
from warehouse.erase.scan import Scan


class TableDone(Struct):
    """One table's share. `known`: files that any snapshot needed before the expiry; `removed`: those deleted."""

    rewritten: Rewritten = field(default_factory=Rewritten)
    known: list[str] = []
    expired: int = 0
    removed: list[str] = []
    objects: int = 0  # objects and versions that were deleted
    scan: Scan = field(default_factory=Scan)
    clean: bool = False


class Job(Struct):
    """An erasure: whom, how far. Times in milliseconds since the epoch. `requests`: for whom it is done, if not for the
    one of its own id; `subjects`: what the ledger was told to know them by.
    `kid`: a key whose pairs go, instead of a person."""

    id: str
    began: int
    ids: list[str]
    forms: list[str]
    tables: dict[str, TableDone] = {}
    drained: bool = False
    elsewhere: Scan = field(default_factory=Scan)  # the data directory beside the tables
    finished: int = 0
    rounds: int = 0
    requests: list[str] = []
    subjects: list[str] = []
    kid: str = ""

    def of(self, table: str) -> TableDone:
        return self.tables.setdefault(table, TableDone())


class JobError(ValueError):
    """There is no such job, or its file is damaged."""


def path_of(data: Path, id: str) -> Path:
    return data / "erase" / f"{id}.json"


def save(data: Path, job: Job) -> None:
    """Durable when it returns."""
    path = path_of(data, job.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.json.encode(job))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def load(data: Path, id: str) -> Job:
    """Raises JobError."""
    try:
        return msgspec.json.decode(path_of(data, id).read_bytes(), type=Job)
    except FileNotFoundError:
        raise JobError(f"there is no erasure {id} below {data / 'erase'}") from None
    except msgspec.MsgspecError as error:
        raise JobError(f"{path_of(data, id)} is damaged: {error}") from None


def unfinished(data: Path) -> list[str]:
    """Ids of erasures that were begun and not finished."""
    found = []
    for path in sorted((data / "erase").glob("*.json")):
        if not json.loads(path.read_bytes()).get("finished"):
            found.append(path.stem)
    return found


def all_of(data: Path) -> list[Job]:
    """Every erasure of this data directory, finished or not, the oldest first. Raises JobError."""
    return sorted(
        (load(data, path.stem) for path in (data / "erase").glob("*.json")), key=lambda job: (job.began, job.id)
    )


def report(job: Job) -> dict[str, Any]:
    """The job without anybody's identifiers: what a certificate says."""
    return {
        "id": job.id,
        "began": job.began,
        "finished": job.finished,
        "rounds": job.rounds,
        "identifiers": len(job.ids) + len(job.forms),
        "tables": {
            name: {
                "rows": done.rewritten.rows,
                "mentions": done.rewritten.mentions,
                "files": done.rewritten.files,
                "bytesBefore": done.rewritten.bytes_before,
                "bytesAfter": done.rewritten.bytes_after,
                "snapshotsExpired": done.expired,
                "objectsRemoved": done.objects,
                "removed": done.removed,
                "scanned": {"objects": done.scan.objects, "bytes": done.scan.bytes, "hits": len(done.scan.hits)},
            }
            for name, done in job.tables.items()
        },
        "dataDirectory": {
            "objects": job.elsewhere.objects, "bytes": job.elsewhere.bytes, "hits": len(job.elsewhere.hits),
        },
    }  # fmt: skip
