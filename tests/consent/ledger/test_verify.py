"""The chain: whole as it is written, and whatever is touched is named."""

import secrets
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from consent.admin import ledger as ledgers
from consent.admin import people
from consent.ledger import checkpoint as marks
from consent.ledger.append import lock
from consent.ledger.verify import Report, verify
from consent.store import Store
from consent.store.tables import ledger_checkpoint, ledger_entry, ledger_head, ledger_payload
from tests.consent.officer import NOW, RING, admin, body, choose, found_in_files, publish

PUBLIC = RING.public_keys()


def filled(store: Store, site: str, people_: int = 6) -> None:
    """A ledger of some entries with a checkpoint in the middle and one person erased."""
    publish(store, site)
    for number in range(people_):
        choose(store, site, f"person-{number}", body("reject_all" if number % 2 else "accept_all"))
        if number == people_ // 2:
            with store.write() as connection:
                ledgers.checkpoint(connection, admin(), RING, site, site)
    with store.write() as connection:
        gone = people.find(connection, RING, site, "person-1", None)
        people.erase(connection, admin(), site, [p.subject for p in gone])


def looked_at(store: Store, site: str) -> Report:
    with store.read() as connection:
        return verify(connection, site, PUBLIC)


def test_a_whole_chain(registry: Store, site: str) -> None:
    filled(registry, site)
    found = looked_at(registry, site)
    assert (found.problem, found.entries, found.erased, found.checkpoints) == (None, 7, 1, 1)
    assert looked_at(registry, f"{site}/audit").problem is None
    assert looked_at(registry, "nowhere").entries == 0


def flipped(column: sa.Column[object], seq: int) -> Callable[[Connection, str], None]:
    """Change one bit of a stored value, behind the program's back."""

    def flip(connection: Connection, site: str) -> None:
        table = column.table
        where = (table.c.chain == site) & (table.c.seq == seq)
        value = connection.execute(sa.select(column).where(where)).scalar()
        if isinstance(value, bytes):
            changed: object = bytes([value[0] ^ 1]) + value[1:]
        elif isinstance(value, int):
            changed = value ^ 1
        else:
            text = str(value)
            place = len(text) // 2
            changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        connection.execute(sa.update(table).where(where).values({column.name: changed}))

    return flip


def without(table: sa.Table, seq: int) -> Callable[[Connection, str], None]:
    def remove(connection: Connection, site: str) -> None:
        connection.execute(sa.delete(table).where(table.c.chain == site, table.c.seq == seq))

    return remove


def cut(connection: Connection, site: str) -> None:
    """The end cut off, and the head turned back to what is left."""
    for table in (ledger_payload, ledger_entry):
        connection.execute(sa.delete(table).where(table.c.chain == site, table.c.seq > 3))
    last = connection.execute(
        sa.select(ledger_entry.c.hash).where(ledger_entry.c.chain == site, ledger_entry.c.seq == 3)
    ).scalar()
    connection.execute(sa.update(ledger_head).where(ledger_head.c.chain == site).values(seq=3, hash=last))


ENTRY, PAYLOAD, MARK = ledger_entry.c, ledger_payload.c, ledger_checkpoint.c
ATTACKS = {
    "time": (flipped(ENTRY.at, 3), 3),
    "kind": (flipped(ENTRY.kind, 3), 3),
    "commitment": (flipped(ENTRY.commitment, 3), 3),
    "hash": (flipped(ENTRY.hash, 3), 3),
    "last hash": (flipped(ENTRY.hash, 7), 7),
    "payload": (flipped(PAYLOAD.payload, 3), 3),
    "salt": (flipped(PAYLOAD.salt, 3), 3),
    "id": (flipped(PAYLOAD.id, 3), 3),
    "subject": (flipped(PAYLOAD.subject, 3), 3),
    "purposes": (flipped(PAYLOAD.purposes, 3), 3),
    "request key": (flipped(PAYLOAD.request_key, 3), 3),
    "request hash": (flipped(PAYLOAD.request_hash, 3), 3),
    "payload removed": (without(ledger_payload, 3), 3),
    "entry removed": (without(ledger_entry, 7), 6),
    "checkpoint's hash": (flipped(MARK.hash, 4), 4),
    "checkpoint's time": (flipped(MARK.at, 4), 4),
    "checkpoint's signature": (flipped(MARK.signature, 4), 4),
    "checkpoint's key": (flipped(MARK.kid, 4), 4),
    "end cut off": (cut, 4),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_whatever_is_touched_is_named(registry: Store, name: str) -> None:
    site = f"attacked-{registry.engine.dialect.name}"
    if looked_at(registry, site).entries == 0:
        filled(registry, site)
    attack, seq = ATTACKS[name]
    with registry.engine.connect() as connection:  # nothing is committed: the next attack finds it whole
        if name == "entry removed":
            without(ledger_payload, 7)(connection, site)
        attack(connection, site)
        problem = verify(connection, site, PUBLIC).problem
        connection.rollback()
    assert problem is not None
    assert problem.seq == seq
    assert looked_at(registry, site).problem is None


def test_a_rewritten_chain_is_found_by_a_checkpoint_kept_elsewhere(sqlite_file: Store) -> None:
    """Somebody with the database but not the key builds a new chain that is whole in itself."""
    filled(sqlite_file, "s")
    with sqlite_file.write() as connection:
        kept = marks.checkpoints(connection, "s")
        for table in (ledger_checkpoint, ledger_payload, ledger_entry, ledger_head):
            connection.execute(sa.delete(table).where(table.c.chain == "s"))
    for number in range(8):
        choose(sqlite_file, "s", f"other-{number}")
    with sqlite_file.read() as connection:
        assert verify(connection, "s", PUBLIC).problem is None
        found = verify(connection, "s", PUBLIC, kept).problem
    assert found is not None
    assert "rewritten" in found.what


def test_a_flipped_byte_in_the_file_itself(sqlite_file: Store) -> None:
    filled(sqlite_file, "s")
    file = sqlite_file.engine.url.database
    assert file
    with sqlite_file.read() as connection:
        text = connection.execute(sa.select(PAYLOAD.payload).where(PAYLOAD.chain == "s", PAYLOAD.seq == 3)).scalar()
    sqlite_file.vacuum()
    sqlite_file.close()
    with open(file, "r+b") as raw:
        bytes_ = raw.read()
        place = bytes_.index(str(text).encode()) + len(str(text)) // 2
        raw.seek(place)
        raw.write(bytes([bytes_[place] ^ 1]))
    problem = looked_at(sqlite_file, "s").problem
    assert problem is not None
    assert problem.seq == 3


def test_one_person_erased_is_gone_from_the_file(registry: Store, site: str) -> None:
    publish(registry, site)
    secret = "zh-" + secrets.token_hex(2)  # a language that nobody else has
    done = choose(registry, site, "person", body("reject_all", locale=secret))
    other = choose(registry, site, "somebody else")
    registry.vacuum()
    needles = [f'"{secret}"', done.payload["subject"], done.payload["id"]]
    assert found_in_files(registry, needles) == needles
    with registry.write() as connection:
        emptied = people.erase(connection, admin(), site, [done.payload["subject"]])
    registry.vacuum()
    assert emptied == [1]
    assert found_in_files(registry, [*needles, other.payload["subject"]]) == [other.payload["subject"]]
    report = looked_at(registry, site)
    assert (report.problem, report.erased, report.entries) == (None, 1, 3)


ACTIONS = ("accept_all", "reject_all", "erase", "mark")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ACTIONS)), max_size=8))
def test_whatever_people_do_the_chain_is_whole(sqlite_file: Store, steps: list[tuple[str, str]]) -> None:
    site = "h" + secrets.token_hex(6)
    publish(sqlite_file, site)
    for who, action in steps:
        if action == "erase":
            with sqlite_file.write() as connection:
                found = people.find(connection, RING, site, who, None)
                people.erase(connection, admin(), site, [p.subject for p in found])
        elif action == "mark":
            with sqlite_file.write() as connection:
                ledgers.checkpoint(connection, admin(), RING, site, site)
        else:
            choose(sqlite_file, site, who, body(action))
    report = looked_at(sqlite_file, site)
    assert report.problem is None
    assert report.entries == sum(action != "mark" for _, action in steps)


def test_a_checkpoint_every_thousand_entries(sqlite_file: Store) -> None:
    publish(sqlite_file, "s")
    with sqlite_file.write() as connection:
        head = lock(connection, "s")
        assert head.seq == 0
    from consent.admin import policies
    from consent.record import World, record
    from tests.consent.officer import new_id, request

    with sqlite_file.write() as connection:
        book = policies.book(connection, "s")
        world = World(NOW, new_id, secrets.token_bytes, RING)
        record(connection, "s", book, [request("s", f"p{n}", body()) for n in range(1_001)], world)
    with sqlite_file.read() as connection:
        assert [mark.seq for mark in marks.checkpoints(connection, "s")] == [1_001]
    assert looked_at(sqlite_file, "s").checkpoints == 1
