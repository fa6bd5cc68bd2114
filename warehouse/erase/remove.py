"""Take older snapshots out of the metadata and delete what only they needed, for good.

Before the expiry everything that any snapshot refers to is written down (`known`): afterwards nobody could tell any
more. What is known and no longer referred to may go. A file of a commit that is under way was never referred to, so
it cannot be among them. Old metadata.json files go too, all but the newest. On S3 every version of a key is deleted,
and delete markers with them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.table import Table

from warehouse.catalog import StoreConfig
from warehouse.give_way import until_first
from warehouse.maintain.expire import expired
from warehouse.maintain.purge import locate, referred
from warehouse.swap import ATTEMPTS, Outrun


class NamedSnapshot(ValueError):
    """A branch or tag keeps old snapshots, and with them the bytes."""


def expire_all(table: Table, data: Path) -> int:
    """Every snapshot but the newest leaves the metadata; loaders of `data` give way. Raises NamedSnapshot if a branch
    or tag keeps one, Outrun if other writers were always faster."""
    done = until_first(lambda: expired(table, _all_but_the_newest), ATTEMPTS, data)
    if done is None:
        raise Outrun(f"{'.'.join(table.name())}: other writers were faster {ATTEMPTS} times; run it again")
    return done


def _all_but_the_newest(table: Table) -> list[int]:
    newest = table.metadata.current_snapshot_id
    named = [name for name, ref in table.metadata.refs.items() if ref.snapshot_id != newest]
    if named:
        raise NamedSnapshot(
            f"{'.'.join(table.name())}: {', '.join(named)} keeps an old snapshot, and with it the bytes; "
            "remove that branch or tag, then run the erasure again"
        )
    return [s.snapshot_id for s in table.metadata.snapshots if s.snapshot_id != newest]


def unreferred(table: Table, known: set[str]) -> list[str]:
    """Of the known files those that the table no longer needs, old metadata files included."""
    table.refresh()
    current = locate(table.metadata_location)[1]
    logged = {locate(entry.metadata_file)[1] for entry in table.metadata.metadata_log} - {current}
    # A file of the log that was not known yet was written meanwhile: its commit's reader may still be in it
    return sorted((known - referred(table)) | (known & logged))


def delete(store: StoreConfig, scheme: str, paths: list[str], on_half: Callable[[], None] = lambda: None) -> int:
    """Delete files, with all their versions; how many objects and versions went. Twice is no error. `on_half` is
    called when half of them are gone."""
    half = len(paths) // 2
    gone = _delete(store, scheme, paths[:half])
    if paths:
        on_half()
    return gone + _delete(store, scheme, paths[half:])


def _delete(store: StoreConfig, scheme: str, paths: list[str]) -> int:
    if scheme != "s3":
        gone = 0
        for path in paths:
            try:
                Path(path).unlink()
                gone += 1
            except FileNotFoundError:
                continue
        return gone
    from warehouse.bucket import client

    s3 = client(store)
    return sum(_delete_object(s3, path) for path in paths)


def _delete_object(s3: Any, path: str) -> int:
    bucket, _, key = path.partition("/")
    s3.delete_object(Bucket=bucket, Key=key)
    return 1 + sum(
        _delete_version(s3, bucket, key, id)
        for found, id in _listed_versions(s3, bucket, key, old=False)
        if found == key
    )


def delete_old_versions(store: StoreConfig, scheme: str, root: str) -> list[str]:
    """Delete every version below a table's location that is not the newest of its key, and the marks of deletions; what
    went, as `bucket/key?versionId=…`.

    Whoever deletes a file there, maintenance or a catalog, leaves its bytes in a bucket that keeps versions. No reader
    asks for them: files of a table are written once and found by their name alone.
    """
    if scheme != "s3":
        return []
    from warehouse.bucket import client

    s3 = client(store)
    bucket, _, prefix = root.partition("/")
    gone = []
    for key, id in _listed_versions(s3, bucket, f"{prefix.rstrip('/')}/"):
        _delete_version(s3, bucket, key, id)
        gone.append(f"{bucket}/{key}?versionId={id}")
    return gone


def old_versions(s3: Any, root: str) -> list[tuple[str, str]]:
    """Keys and ids of versions below a location that are not the newest: what a search has to read as well."""
    bucket, _, prefix = root.partition("/")
    return _listed_versions(s3, bucket, f"{prefix.rstrip('/')}/")


def _listed_versions(s3: Any, bucket: str, prefix: str, old: bool = True) -> list[tuple[str, str]]:
    found = []
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            kept = [v for v in page.get("Versions", []) if not (old and v.get("IsLatest"))]
            for version in [*kept, *page.get("DeleteMarkers", [])]:
                if version.get("VersionId") not in (None, "null"):
                    found.append((version["Key"], version["VersionId"]))
    except Exception as error:
        if code_of(error) not in ("NotImplemented", "MethodNotAllowed", "NoSuchKey", "404"):
            raise
    return found


def _delete_version(s3: Any, bucket: str, key: str, id: str) -> int:
    s3.delete_object(Bucket=bucket, Key=key, VersionId=id)
    return 1


def code_of(error: Exception) -> str:
    """S3's word for what went wrong; empty if it said none."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
