"""Four processes write one ledger: one chain, nothing forked, nothing lost, on both databases.

The short variant records 4,000 receipts, `make test-slow` records 100,000. The writers use the same group writes as a
collector's worker does.
"""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from consent.admin import people
from consent.ledger.verify import verify
from consent.store import Store
from consent.store.tables import consent_state, ledger_entry, ledger_payload
from tests.consent.officer import RING, admin, found_in_files, publish

ROOT = Path(__file__).parents[3]
WRITER = """
import secrets, sys
from consent.admin import policies
from consent.receipts import ChoiceError
from consent.record import World, record
from consent.store import open_store
from tests.consent.officer import NOW, RING, body, new_id, request

url, site, name, count, group = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
store = open_store(url, migrate=False)
with store.read() as connection:
    book = policies.book(connection, site)
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, count, group):
    numbers = range(start, min(start + group, count))
    asked = [
        request(site, f"{name}-{n}", body(action, idempotency_key=f"{name}-key-{n:08}"))
        for n in numbers
        for action in ["reject_all" if n % 3 else "accept_all"]
    ]
    with store.write() as connection:
        outcomes = record(connection, site, book, asked, World(NOW + start, new_id, secrets.token_bytes, RING))
    assert not any(isinstance(o, ChoiceError) for o in outcomes)
"""


def written_by_four(store: Store, site: str, each: int, group: int) -> None:
    publish(store, site)
    url = store.engine.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, site, f"w{n}", str(each), str(group)], cwd=ROOT,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for n in range(4)
    ]  # fmt: skip
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
    for process in running:  # now all at once
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in running:
        _, errors = process.communicate(timeout=1_500)
        assert process.returncode == 0, errors.decode()[-2_000:]
    with store.read() as connection:
        report = verify(connection, site, RING.public_keys())
        assert (report.problem, report.entries) == (None, 4 * each)
        assert report.checkpoints == 4 * each // 1_000
        turns = list(connection.execute(
            sa.select(ledger_payload.c.request_key).where(ledger_payload.c.chain == site).order_by(ledger_payload.c.seq)
        ).scalars())  # fmt: skip
        assert len(set(turns)) == 4 * each
        people = sa.select(sa.func.count(sa.distinct(consent_state.c.subject))).where(consent_state.c.site == site)
        assert connection.execute(people).scalar() == 4 * each
    order = [key[:2] for key in turns]
    assert sum(a != b for a, b in itertools.pairwise(order)) > 3, "they took turns"


def test_one_chain(registry: Store, site: str) -> None:
    written_by_four(registry, site, 1_000, 100)


@pytest.mark.slow
@pytest.mark.timeout(1_700)
def test_a_hundred_thousand_receipts(registry: Store, site: str) -> None:
    written_by_four(registry, site, 25_000, 50)
    with registry.engine.connect() as connection:  # and still, one flipped bit among them is found
        seq = 54_321
        where = (ledger_entry.c.chain == site) & (ledger_entry.c.seq == seq)
        hashed = connection.execute(sa.select(ledger_entry.c.hash).where(where)).scalar()
        assert hashed
        flipped = bytes([hashed[0] ^ 1]) + bytes(hashed[1:])
        connection.execute(sa.update(ledger_entry).where(where).values(hash=flipped))
        problem = verify(connection, site, RING.public_keys()).problem
        connection.rollback()
    assert problem is not None
    assert problem.seq == seq
    erased_and_gone(registry, site)


def erased_and_gone(store: Store, site: str) -> None:
    """One person among them is erased: the chain is whole, and no byte of their payload is in the files."""
    with store.write() as connection:
        query = sa.select(ledger_payload.c.subject, ledger_payload.c.id).where(ledger_payload.c.chain == site)
        subject, id = connection.execute(query.where(ledger_payload.c.seq == 23_456)).one()
        assert people.erase(connection, admin(), site, [subject]) == [23_456]
    store.vacuum()
    assert found_in_files(store, [subject, id]) == []
    with store.read() as connection:
        report = verify(connection, site, RING.public_keys())
    assert (report.problem, report.erased) == (None, 1)
