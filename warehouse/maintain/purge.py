"""Purge: delete files below a table that no kept snapshot needs.

pyiceberg's expiry deletes nothing, failed commits leave files behind, and an erased person's rows stay readable in
replaced files until someone removes these. So: list everything below the table, *then* ask the catalog what is
referred to (in this order, so that what is committed meanwhile is seen), and the difference may go when

* it is older than the grace (a file of a running commit is young), and
* it was first seen unreferred longer ago than the grace (a reader may still be in an old snapshot).

Only files with names that Iceberg writers use are touched; anything else below the table stays.
"""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
from pyiceberg.table import Table

from warehouse.catalog import StoreConfig

log = logging.getLogger("firsthand.maintain")

SUFFIXES = (".parquet", ".avro", ".metadata.json", ".puffin")
S3_BATCH = 1000


class Purged(msgspec.Struct):
    """Files and bytes that were deleted, and files that wait for their grace to pass."""

    files: int = 0
    bytes: int = 0
    waiting: int = 0


class Stored(NamedTuple):
    """A file of the store: local path or `bucket/key`, size, time of last change (seconds since the epoch)."""

    path: str
    size: int
    changed: float


def purge(table: Table, store: StoreConfig, grace_seconds: float, seen_file: Path) -> Purged:
    """Delete what nothing refers to. `seen_file` remembers when a file was first seen so.

    Raises what store and catalog raise; deleting twice is no error.
    """
    scheme, root = locate(table.location())
    if root.strip("/") == "" or (scheme == "s3" and "/" not in root.strip("/")):
        raise ValueError(f"table {table.name()} lies at the root of its store; purge would be too dangerous")
    client = _s3(store) if scheme == "s3" else None
    there = list(_list_s3(client, root) if client else _list_local(Path(root)))
    table.refresh()
    needed = referred(table)
    now = time.time()
    loose = {f.path: f for f in there if f.path not in needed and f.path.endswith(SUFFIXES)}
    first_seen = _remember(seen_file, loose, now)
    ripe = [f for f in loose.values() if now - f.changed >= grace_seconds and now - first_seen[f.path] >= grace_seconds]
    if client:
        _delete_s3(client, ripe)
    else:
        for file in ripe:
            Path(file.path).unlink(missing_ok=True)
    if ripe:
        log.info("purged %d files of %s", len(ripe), table.name())
    return Purged(len(ripe), sum(f.size for f in ripe), len(loose) - len(ripe))


def referred(table: Table) -> set[str]:
    """Every file that the table's metadata needs, in the form of `Stored.path`."""
    metadata = table.metadata
    files = {table.metadata_location} | {entry.metadata_file for entry in metadata.metadata_log}
    files |= {found.statistics_path for found in metadata.statistics}
    manifests: dict[str, Any] = {}
    for snapshot in metadata.snapshots:
        files.add(snapshot.manifest_list)
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)}
    for path, manifest in manifests.items():
        files.add(path)
        # Deleted entries belong to snapshots that are kept and list them in another manifest
        files |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)}
    return {locate(file)[1] for file in files}


def locate(uri: str) -> tuple[str, str]:
    """`("file", absolute path)` or `("s3", "bucket/key")` of a file's address."""
    parts = urlsplit(uri)
    if parts.scheme in ("s3", "s3a", "s3n"):
        return "s3", parts.netloc + parts.path
    if parts.scheme in ("file", ""):
        return "file", unquote(parts.path) if parts.scheme and "%" in parts.path and not Path(
            parts.path
        ).exists() else parts.path
    raise ValueError(f"files at {parts.scheme}:// cannot be purged; only local directories and S3 can")


def _remember(seen_file: Path, loose: dict[str, Stored], now: float) -> dict[str, float]:
    try:
        before = json.loads(seen_file.read_bytes())
    except (OSError, ValueError):  # first run, or a torn file: the grace then begins anew, which is safe
        before = {}
    seen = {path: float(before.get(path, now)) for path in loose}
    seen_file.parent.mkdir(parents=True, exist_ok=True)
    draft = seen_file.with_suffix(".tmp")
    draft.write_text(json.dumps(seen))
    draft.rename(seen_file)
    return seen


def _list_local(root: Path) -> Iterator[Stored]:
    for path in root.rglob("*"):
        try:
            if path.is_file():
                status = path.stat()
                yield Stored(str(path), status.st_size, status.st_mtime)
        except FileNotFoundError:
            continue  # a metadata file that a commit replaced meanwhile


def _s3(store: StoreConfig) -> Any:
    from warehouse.bucket import client

    return client(store)


def _list_s3(client: Any, root: str) -> Iterator[Stored]:
    bucket, _, prefix = root.partition("/")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix.rstrip("/") + "/")
    for page in pages:
        for item in page.get("Contents", []):
            yield Stored(f"{bucket}/{item['Key']}", item["Size"], item["LastModified"].timestamp())


def _delete_s3(client: Any, files: list[Stored]) -> None:
    for start in range(0, len(files), S3_BATCH):
        chunk = files[start : start + S3_BATCH]
        bucket = chunk[0].path.partition("/")[0]
        keys = [{"Key": file.path.partition("/")[2]} for file in chunk]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        for error in answer.get("Errors", []):
            log.warning("cannot delete %s: %s", error.get("Key"), error.get("Code"))
