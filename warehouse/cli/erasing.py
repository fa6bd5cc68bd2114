"""Erasing people end to end: suppress, ledger, tables, certificate. One at once, or all that wait, together.

Together each file is written anew once, however many people are in it, and each request gets a certificate of its own
with the counts of all. What must survive a kill -9 stands in the job (`warehouse/erase/job.py`) before it is acted on:
so a run that was killed goes on where it was, and a request whose tables are done but whose certificate is not yet
signed is signed by the next run. One erasure at a time: a second one waits for the lock and then finds the work done.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from collector.spool.disk import replace_file
from warehouse.cli.work import Rights


class Eraser:
    """One site's erasures. `how`: the warehouse's part (`warehouse.erase.Erasure`)."""

    def __init__(self, rights: Rights, store: Any, admin: Callable[[], Any], how: Any) -> None:
        self._rights, self._store, self._admin, self._how = rights, store, admin, how

    def one(self, id: str, raw: list[str]) -> dict[str, Any]:
        """Begin or resume one request; its certificate. `raw`: spellings for the final search. Raises ErasureError,
        RequestError."""
        from consent.rights import requests
        from warehouse.erase import job as jobs

        with _alone(self._how.data):
            with self._store.write() as connection:
                request = requests.begin(connection, self._admin(), id, ("erase",))
            for job in jobs.all_of(self._how.data):
                if id in job.requests and job.id != id:  # it was begun with others
                    return next(document for document in self._run(job) if document["request"] == id)
            try:
                job = jobs.load(self._how.data, id)
            except jobs.JobError:
                job = self._job(id, [request], raw)
            [document] = self._run(job)
            return document

    def queue(self, only: frozenset[str] | None = None) -> list[dict[str, Any]]:
        """Finish what was begun, then everybody whose request is verified, together; their certificates.

        `only`: these requests and what was begun with them, and nobody else."""
        from collector.identifiers import uuid7
        from consent.rights import requests
        from warehouse.erase import job as jobs

        done = []
        with _alone(self._how.data):
            for job in jobs.all_of(self._how.data):
                mine = only is None or not only.isdisjoint(job.requests or [job.id])
                done += self._run(job) if mine and not job.kid else []
            with self._store.write() as connection:
                waiting = [
                    requests.begin(connection, self._admin(), request.id, ("erase",))
                    for request in requests.listed(connection, self._rights.site, only_open=True)
                    if request.kind == "erase"
                    and request.state in ("verified", "running")
                    and (only is None or request.id in only)
                ]
            if waiting:
                done += self._run(self._job(uuid7(), waiting, []))
        return done

    def _job(self, id: str, waiting: list[Any], raw: list[str]) -> Any:
        """Everybody's ids and forms, written down."""
        from consent.rights.forms import Forms
        from warehouse.erase import Job
        from warehouse.erase import job as jobs

        forms = Forms(
            *([value for r in waiting for value in getattr(r.forms, name)] for name in Forms.__struct_fields__)
        )
        ids = self._rights.linked(forms)
        with self._store.read() as connection:
            subjects = self._rights.subjects(connection, ids, forms.subjects)
        job = Job(
            id, self._admin().now, [*ids, *subjects], [*forms.texts, *raw], requests=[r.id for r in waiting],
            subjects=forms.subjects,
        )  # fmt: skip
        jobs.save(self._how.data, job)
        return job

    def _run(self, job: Any) -> list[dict[str, Any]]:
        """Run or resume; certificates of those requests that have none yet."""
        from consent.admin import people
        from consent.rights import requests, work
        from warehouse.cli import exporting
        from warehouse.erase import erase
        from warehouse.erase.target import target_of

        with self._store.read() as connection:
            found = [requests.get(connection, id) for id in job.requests or [job.id]]
        waiting = [request for request in found if request.state == "running" and request.site == self._rights.site]
        if not waiting:
            return []
        if not job.finished and not all("suppress" in request.tasks for request in waiting):
            self._how.on_step("suppress")
            self._rights.suppress(self._store, self._admin, job.ids, job.subjects)
            self._note(waiting, "suppress")
        if not job.finished and not all("ledger" in request.tasks for request in waiting):
            self._how.on_step("ledger")
            with self._store.write() as connection:
                subjects = self._rights.subjects(connection, job.ids, job.subjects)
                people.erase(connection, self._admin(), self._rights.site, subjects)
                requests.forget(connection, self._admin(), self._rights.site, [*job.ids, *job.forms])
            self._store.vacuum()
            self._note(waiting, "ledger")
        if not job.finished:
            gone = exporting.drop(self._how.data, target_of(job.ids, job.forms))
            with self._store.write() as connection:
                work.dropped(connection, gone)
        job = erase(self._how, job)
        self._how.on_step("certificate")
        documents = [self._certified(request.id, job, len(found)) for request in waiting]
        self._store.vacuum()
        return documents

    def _certified(self, id: str, job: Any, together: int) -> dict[str, Any]:
        from consent.rights import certificate, requests
        from warehouse.erase import job as jobs

        report = jobs.report(job) | ({"together": together} if together > 1 else {})
        document = certificate.certified(self._rights.site, id, report, job.finished, self._rights.ring.signer())
        target = self._how.data / "certificates"
        target.mkdir(exist_ok=True, mode=0o700)
        replace_file(target / f"{id}.json", msgspec.json.format(msgspec.json.encode(document), indent=1))
        with self._store.write() as connection:
            entry = certificate.keep(connection, self._admin(), self._rights.site, document)
            requests.task(connection, self._admin(), id, "tables")
            requests.finish(connection, self._admin(), id, entry)
        return document

    def _note(self, waiting: list[Any], name: str) -> None:
        from consent.rights import requests

        with self._store.write() as connection:
            for request in waiting:
                requests.task(connection, self._admin(), request.id, name)


def unlink(kid: str, how: Any, now: int) -> Any:
    """Take all pairs of a retired key out of the tables, or go on with it; the job. Raises ErasureError."""
    from warehouse.erase import Job, erase
    from warehouse.erase import job as jobs

    with _alone(how.data):
        try:
            job = jobs.load(how.data, f"unlink-{kid}")
        except jobs.JobError:
            job = Job(f"unlink-{kid}", now, [], [], kid=kid)
        return erase(how, job)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    (data / "erase").mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(data / "erase" / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
