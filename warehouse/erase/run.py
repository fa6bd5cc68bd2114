"""The steps of an erasure in order, each of which finds itself done when it is done again."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from collector.spool import reader
from warehouse.catalog import StoreConfig, open_catalog
from warehouse.erase import job as jobs
from warehouse.erase import remove, rewrite, scan
from warehouse.erase.job import Job
from warehouse.erase.target import Target, target_of
from warehouse.maintain.purge import locate, referred
from warehouse.schema import TABLES
from warehouse.swap import Outrun

log = logging.getLogger("firsthand.erase")

MAX_ROUNDS: Final = 5
# Files that are not the person's data but name them while the erasure runs, or are binary stores with eraser of their
# own
LEFT_OUT: Final = {"erase", "warehouse", "consent.db", "consent.db-wal", "consent.db-shm", "certificates"}
STEPS: Final = ("drain", "rewrite", "swap", "known", "expire", "purge", "delete", "scan", "finish")


class ErasureError(RuntimeError):
    """The erasure could not be finished; it is resumed by its id. The message says what is in the way."""


class Erasure(Struct, frozen=True):
    """How to erase. `grace`: seconds between expiry and deletion, longer than the longest reader; `load`: empties the
    spool where no loader runs; `on_step`: told the step's name before it begins, for progress and tests."""

    data: Path
    store: StoreConfig
    grace: float = 0.0
    drain_timeout: float = 60.0
    load: Callable[[], None] = lambda: None
    on_step: Callable[[str], None] = lambda step: None
    on_file: Callable[[int, int], None] = lambda n, of: None
    now: Callable[[], float] = time.time


def find(how: Erasure, target: Target) -> dict[str, tuple[int, int]]:
    """What would be rewritten, by table: files and bytes. Changes nothing (`--dry-run`)."""
    found = {}
    for table in _tables(how.store):
        tasks = rewrite.affected(table, target, how.on_file)
        found[table.name()[-1]] = (len(tasks), sum(task.file.file_size_in_bytes for task in tasks))
    return found


def erase(how: Erasure, job: Job) -> Job:
    """Run or resume. The target must be suppressed already. Raises ErasureError, and what store and catalog raise."""
    if job.finished:
        return job
    target = target_of(job.ids, job.forms, job.kid)
    jobs.save(how.data, job)
    if not job.drained:
        how.on_step("drain")
        _drain(how)
        job.drained = True
        jobs.save(how.data, job)
    for _ in range(MAX_ROUNDS):
        job.rounds += 1
        for table in _tables(how.store):
            if not job.of(table.name()[-1]).clean:
                _one(how, job, table, target)
        if all(done.clean for done in job.tables.values()):
            break
    how.on_step("finish")
    job.elsewhere = _elsewhere(how, target)
    hits = [path for done in job.tables.values() for path in done.scan.hits] + job.elsewhere.hits
    if hits:
        jobs.save(how.data, job)
        raise ErasureError(
            f"{len(hits)} files still hold an identifier, {hits[0]} among them; "
            f"when they are gone, run it again: firsthand dsr erase {job.id}"
        )
    job.finished = int(how.now() * 1000)
    job.ids, job.forms = [f"({len(job.ids)} erased)"], [f"({len(job.forms)} erased)"]
    job.subjects = []
    for done in job.tables.values():
        done.known = []
    jobs.save(how.data, job)
    return job


def _one(how: Erasure, job: Job, table: Table, target: Target) -> None:
    done = job.of(table.name()[-1])
    scheme = locate(table.location())[0]
    how.on_step("rewrite")
    try:
        rewrite.rewrite(table, target, done.rewritten, how.data, how.on_file, lambda: how.on_step("swap"))
    except Outrun as error:
        raise ErasureError(f"{error}: firsthand dsr erase {job.id}") from error
    how.on_step("known")
    table.refresh()
    done.known = sorted({*done.known, *referred(table)})
    jobs.save(how.data, job)  # before the expiry: afterwards nobody could tell any more
    how.on_step("expire")
    try:
        expired = remove.expire_all(table, how.data)
    except (remove.NamedSnapshot, Outrun) as error:
        raise ErasureError(f"{error}: firsthand dsr erase {job.id}") from error
    done.expired += expired
    jobs.save(how.data, job)
    if expired and how.grace:
        time.sleep(how.grace)
    how.on_step("purge")
    doomed = remove.unreferred(table, set(done.known))
    done.objects += remove.delete(how.store, scheme, doomed, lambda: how.on_step("delete"))
    versions = remove.delete_old_versions(how.store, scheme, locate(table.location())[1])
    done.objects += len(versions)
    done.removed = sorted({*done.removed, *doomed, *versions})
    jobs.save(how.data, job)
    how.on_step("scan")
    done.scan = scan.scan(table, how.store, target, how.on_file)
    loose = _stray(table, done.scan.hits)
    if loose:  # left behind by a commit that failed, long enough ago that it is none any more
        done.objects += remove.delete(how.store, scheme, loose)
        done.removed = sorted({*done.removed, *loose})
        done.scan.hits = [path for path in done.scan.hits if path not in set(loose)]
    done.clean = not done.scan.hits
    jobs.save(how.data, job)


def _stray(table: Table, hits: list[str]) -> list[str]:
    if not hits:
        return []
    table.refresh()
    needed = referred(table)
    # An old version is deleted as one, by the next round
    return [path for path in hits if path not in needed and "?versionId=" not in path]


def _drain(how: Erasure) -> None:
    """Wait until every segment that was in the spool when the person was suppressed has been loaded.

    Open segments are sealed within seconds. Where no loader runs, `load` does it here; two at once do no harm.
    """
    spool = how.data / "spool"
    mine = {str(path.with_suffix("")) for path in spool.rglob("*.open")} | {
        str(segment.path.with_suffix("")) for segment in reader.sealed(spool)
    }
    deadline = time.monotonic() + how.drain_timeout
    while mine:
        how.load()
        mine = {path for path in mine if any(Path(f"{path}{end}").exists() for end in (".open", ".sealed"))}
        if mine and time.monotonic() > deadline:
            raise ErasureError(
                f"{len(mine)} segments are still in the spool after {how.drain_timeout:.0f} s; "
                "is a collector stuck, or the store away? See `firsthand doctor`, then run it again"
            )
        if mine:
            time.sleep(0.2)


def _elsewhere(how: Erasure, target: Target) -> scan.Scan:
    """Search everything else in the data directory.

    A segment that came while we worked may name the person: a replay, or a message that was on its way when the gates
    closed. The loader leaves such rows out, so what is still there after it was at them is what counts.
    """
    found = scan.scan_directory(how.data, target, LEFT_OUT) if how.data.exists() else scan.Scan()
    spool = how.data / "spool"
    if any(Path(hit).is_relative_to(spool) for hit in found.hits):
        _drain(how)
        found.hits = [hit for hit in found.hits if not Path(hit).is_relative_to(spool) or Path(hit).exists()]
    return found


def _tables(store: StoreConfig) -> list[Table]:
    catalog = open_catalog(store)
    found = []
    for schema in TABLES:
        try:
            found.append(catalog.load_table((store.namespace, schema.name)))
        except NoSuchTableError:
            continue  # nothing was loaded yet
    return found
