"""Who was erased does not come back: the loader's list of ids that no row may have.

The gate refuses events of an erased person within seconds; but what was accepted before may still lie in a spool, on
another machine or in a segment somebody puts back. So the loader asks again, for every row, before it commits.

    <data>/suppressed.json   {"salt": "…", "hashes": ["…", …]}   mode 0600, replaced as a whole

A row of somebody else on a device that they shared is theirs and stays, without the device: what an erasure does with
the rows that it finds (erase/rewrite.py) holds for those that come late too.

Of an id only 96 bits of a keyed hash are kept, under a salt of its own: a list of everybody who wanted to be forgotten
must not be readable. The file is read again when it has changed; without it, or with an empty one, nothing is hashed.
"""

import fcntl
import functools
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

# Of all tables; `subject` and `consent_subject` are the ledger's words for a person
ID_COLUMNS: Final = ("user_id", "anonymous_id", "subject_key", "consent_subject", "subject")
ERASED: Final = ":erased"  # stands where an id of an erased person stood in a row of somebody else
_BYTES: Final = 12


class SuppressionError(ValueError):
    """The list cannot be read; nothing is loaded until it can."""


class Suppressed:
    """The list, as it is on the disk now."""

    def __init__(self, data: Path) -> None:
        self._path = data / "suppressed.json"
        self._stamp: tuple[int, int] | None = None
        self._salt, self._hashes = b"", frozenset[str]()

    def __len__(self) -> int:
        self._refresh()
        return len(self._hashes)

    def __contains__(self, id: str) -> bool:
        self._refresh()
        return bool(self._hashes) and _hash(self._salt, id) in self._hashes

    def kept(self, rows: pa.Table) -> pa.Table:
        """`rows` without those of suppressed people. Raises SuppressionError for a damaged list: fail closed."""
        self._refresh()
        if not self._hashes or not rows.num_rows:
            return rows
        hits = {name: hit for name in ID_COLUMNS if (hit := self._hit(rows, name)) is not None}
        if not hits:
            return rows
        out = functools.reduce(pc.or_, hits.values())
        if "user_id" in rows.column_names:
            theirs = pc.is_valid(rows.column("user_id"))
            if "user_id" in hits:
                theirs = pc.and_(theirs, pc.invert(hits["user_id"]))
            out = pc.and_(out, pc.invert(theirs))
        for name, hit in hits.items():
            at, column = rows.schema.get_field_index(name), rows.column(name)
            rows = rows.set_column(at, rows.schema.field(at), pc.if_else(hit, pa.scalar(ERASED, column.type), column))
        return rows.filter(pc.invert(out))

    def _hit(self, rows: pa.Table, name: str) -> pa.ChunkedArray | None:
        """In which rows a column holds an id of the list; None for in none."""
        if name not in rows.column_names:
            return None
        column = rows.column(name)
        out = [id for id in pc.unique(column).to_pylist() if id is not None and _hash(self._salt, id) in self._hashes]
        return pc.fill_null(pc.is_in(column, value_set=pa.array(out, column.type)), False) if out else None

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._hashes = None, frozenset()
            return
        if (stamp := (status.st_mtime_ns, status.st_ino)) == self._stamp:
            return
        try:
            stored = json.loads(self._path.read_bytes())
            self._salt, self._hashes = bytes.fromhex(stored["salt"]), frozenset(stored["hashes"])
        except (ValueError, KeyError, TypeError) as error:
            raise SuppressionError(f"{self._path} is damaged; restore it, or erased people would come back") from error
        self._stamp = stamp


def suppress(data: Path, ids: Iterable[str]) -> None:
    """Add ids to the list; durable when it returns."""
    _change(data, lambda salt, hashes: hashes | {_hash(salt, id) for id in ids})


def lift(data: Path, ids: Iterable[str]) -> None:
    """Take ids off the list: a person who came back and chose anew."""
    _change(data, lambda salt, hashes: hashes - {_hash(salt, id) for id in ids})


def _change(data: Path, change: Callable[[bytes, set[str]], set[str]]) -> None:
    data.mkdir(parents=True, exist_ok=True)
    path = data / "suppressed.json"
    lock = os.open(data / ".suppressed.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            stored = json.loads(path.read_bytes())
        except FileNotFoundError:
            stored = {"salt": secrets.token_hex(16), "hashes": []}
        except ValueError as error:
            raise SuppressionError(f"{path} is damaged; restore it, or erased people would come back") from error
        hashes = change(bytes.fromhex(stored["salt"]), set(stored["hashes"]))
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump({"salt": stored["salt"], "hashes": sorted(hashes)}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        directory = os.open(data, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        os.close(lock)


def _hash(salt: bytes, id: str) -> str:
    return hashlib.blake2b(id.encode("utf-8", "replace"), digest_size=_BYTES, key=salt).hexdigest()
