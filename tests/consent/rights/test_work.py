"""Work that is asked for, taken, told of and ended: whose it is, what may follow, whose eyes it needs."""

import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from consent.admin import Admin
from consent.keys import load_or_create
from consent.rights import requests, work
from consent.rights.forms import Forms
from consent.rights.requests import RequestError
from consent.rights.tables import dsr_request, dsr_work
from consent.store import Store
from consent.store.tables import change

MINUTE = 60_000
NOW = 1_790_000_000_000
FORMS = Forms(["u-7"], ["u-7"], [], ["s1.s1.x"])


class Office:
    """One store with somebody's requests."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = store
        self.ring = load_or_create(folder / "keys.json", NOW)
        self.now, self._ids = NOW, (str(uuid.uuid4()) for _ in range(10_000))

    def admin(self, name: str, owner: bool = False, also: tuple[str, ...] = ()) -> Admin:
        return Admin(name, self.now, lambda: next(self._ids), lambda n: bytes(n), owner, also)

    def verified(self, kind: str, by: Admin | None = None) -> str:
        with self.store.write() as connection:
            made = requests.open_request(connection, self.admin("officer"), "shop", kind, "gdpr", FORMS, "form")
            requests.verify(connection, by or self.admin("officer"), made.id, "seen")
        return made.id

    def ask(self, id: str, kind: work.Kind, by: Admin | None = None, night: bool = False) -> work.Work:
        with self.store.write() as connection:
            return work.ask(connection, by or self.admin("approver"), self.ring, id, kind, night)

    def take(self, runner: str = "here:/a") -> list[str]:
        with self.store.write() as connection:
            return [w.request for w in work.claim(connection, runner, self.now, work.due(connection, runner, self.now))]

    def end(self, id: str, problem: str = "") -> None:
        with self.store.write() as connection:
            work.end(connection, id, self.now, problem)

    def of(self, id: str) -> work.Work:
        with self.store.read() as connection:
            found = work.of(connection, id)
        assert found is not None
        return found

    def out(self) -> set[str]:
        with self.store.read() as connection:
            return set(connection.execute(sa.select(change.c.subject).where(change.c.denied == ",*,")).scalars())


@pytest.fixture
def office(tmp_path: Path, registry: Store) -> Office:
    with registry.write() as connection:  # one store for all tests of the session: what others left is not due here
        for table in (dsr_work, dsr_request, change):
            connection.execute(table.delete())
    return Office(tmp_path, registry)


def test_nobody_erases_whom_they_verified(office: Office) -> None:
    token = office.admin("token reports", also=("officer",))
    for verifier, same in ((office.admin("officer"), token), (token, office.admin("officer"))):
        id = office.verified("erase", verifier)
        for who in (verifier, same):
            with pytest.raises(RequestError, match="four-eyes"):
                office.ask(id, "erase", who)
        assert office.out() == set(), "nothing was done"
    office.ask(office.verified("erase", office.admin("owner", owner=True)), "erase", office.admin("owner", owner=True))
    office.ask(id, "erase", office.admin("another"))
    assert "s1.s1.x" in office.out()
    assert office.ask(office.verified("access"), "export", office.admin("officer")).state == "waiting"


def test_one_loader_takes_it_and_goes_on_after_it_was_killed(office: Office) -> None:
    id = office.verified("erase")
    office.ask(id, "erase")
    with office.store.read() as connection:
        seen = work.due(connection, "here:/a", office.now)
    assert office.take("here:/a") == [id]
    with office.store.write() as connection:
        assert work.claim(connection, "there:/b", office.now, seen) == [], "somebody was faster"
        work.progress(connection, [id], "rewrite", 3, 9, office.now)
    assert (office.of(id).state, office.of(id).machine, office.of(id).done) == ("running", "here", 3)
    assert office.take("there:/b") == []
    assert office.take("here:/a") == [id], "its own, after a kill"
    office.now += work.STALE_MS + 1
    assert office.take("there:/b") == [id], "nothing was heard of the other"
    office.end(id)
    assert office.take("there:/b") == [] and office.of(id).state == "done"


def test_what_failed_is_tried_again(office: Office) -> None:
    id = office.verified("export")
    office.ask(id, "export")
    office.take()
    office.end(id, "no space left")
    assert (office.of(id).state, office.of(id).problem, office.take()) == ("failed", "no space left", [])
    office.now += work.RETRY_MS + 1
    assert office.take() == [id] and office.of(id).problem == ""
    with pytest.raises(RequestError, match="worked on already"):
        office.ask(id, "export")
    office.end(id, "again")
    assert office.ask(id, "export").state == "waiting" and office.take() == [id]


def test_the_night_waits_and_whoever_was_faster_settles_it(office: Office) -> None:
    id = office.verified("erase")
    office.ask(id, "erase", night=True)
    assert office.out() >= {"s1.s1.x"} and office.take() == []
    assert not office.ask(id, "erase").night, "sooner"
    other = office.verified("erase")
    office.ask(other, "erase", night=True)
    assert office.take() == [id]
    with office.store.write() as connection:
        work.wake(connection)
    assert set(office.take()) == {id, other}
    office.end(other, "away")
    with office.store.write() as connection:  # the command line did it meanwhile
        requests.finish(connection, office.admin("owner"), other, "certificate")
        work.settle(connection, office.now)
    assert office.of(other).state == "done" and office.of(id).state == "running"


def test_a_restriction_and_its_end(office: Office) -> None:
    id = office.verified("restrict")
    with pytest.raises(RequestError, match="this needs done"):
        office.ask(id, "lift")
    with pytest.raises(RequestError, match="about restrict"):
        office.ask(id, "export")
    office.ask(id, "restrict")
    assert "s1.s1.x" in office.out()
    office.take()
    with office.store.write() as connection:
        requests.finish(connection, office.admin("loader"), id)
    office.end(id)
    assert office.ask(id, "lift").kind == "lift" and office.take() == [id]


def test_a_file_is_had_until_its_day_or_until_somebody_in_it_is_erased(office: Office, tmp_path: Path) -> None:
    id, name = office.verified("access"), f"{'0' * 32}.zip"
    office.ask(id, "export")
    (tmp_path / work.EXPORTS).mkdir()
    (tmp_path / work.EXPORTS / name).write_bytes(b"PK")

    def get() -> bytes:
        with office.store.write() as connection:
            return b"".join(work.download(connection, office.admin("officer"), tmp_path, id))

    for file in (None, "../consent.db", name):
        with office.store.write() as connection:
            work.end(connection, id, office.now, file=file, until=office.now + MINUTE)
        if file == name:
            assert get() == b"PK"
            continue
        with pytest.raises(RequestError, match="has no file"):
            get()
    with office.store.write() as connection:
        work.dropped(connection, [name])
    with pytest.raises(RequestError, match="has no file"):
        get()
    with office.store.write() as connection:
        work.end(connection, id, office.now, file=name, until=office.now + MINUTE)
    office.now += 2 * MINUTE
    with pytest.raises(RequestError, match="its days are over"):
        get()


def test_closed_requests_forget_an_erased_person(office: Office) -> None:
    closed, open_ = office.verified("access"), office.verified("access")
    with office.store.write() as connection:
        requests.begin(connection, office.admin("officer"), closed, ("access",))
        requests.finish(connection, office.admin("officer"), closed)
        assert requests.forget(connection, office.admin("loader"), "shop", ["u-8"]) == 0
        assert requests.forget(connection, office.admin("loader"), "shop", ["u-7"]) == 1
        assert requests.get(connection, closed).forms.ids == []
        assert requests.get(connection, open_).forms.ids == ["u-7"]
