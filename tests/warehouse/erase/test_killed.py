"""`firsthand dsr erase --queue` in a process of its own, killed at every step, goes on where it was.

Ada and Bob are erased together, from events, refused events, the ledger's copy and the ledger; Carol stays. The process
is a real one, and so is SIGKILL: it lands when a step begins, or in the middle of it (files written and not yet in the
table; half of the old files deleted). On a local disk, and on S3 with a REST catalog.
"""

import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from consent.admin import people
from consent.keys import key_path, load_or_create
from consent.store import open_store
from consent.store.tables import ledger_payload
from tests.collector.consented import office
from tests.stores import Store
from tests.warehouse.cli.test_dsr import Shell
from tests.warehouse.erase.test_erase import files_with, loader_of, rows_of
from tests.warehouse.spooled import bad_event, event, spool
from warehouse.erase.target import target_of

GONE = ("a-ada-0001", "a-bob-0002")
STAYS = "a-carol-03"
KILLED = """
import os, signal, sys
import warehouse.erase as erase
at = sys.argv.pop(1)
def dies(step):
    if step == at:
        os.kill(os.getpid(), signal.SIGKILL)
real = erase.Erasure
erase.Erasure = lambda *a, **k: real(*a, **k | {"on_step": dies})
from warehouse.cli import main
main()
"""
SOME = ("swap", "delete")
# In order; the second time in a step is the next table's
ALL = ("suppress", "ledger", "drain", "rewrite", "swap", "known", "expire", "purge", "delete", "scan",
       "rewrite", "swap", "delete", "scan", "finish", "certificate")  # fmt: skip


@dataclass
class House:
    store: Store
    shell: Shell
    subjects: list[str]
    requests: list[str]


@pytest.fixture
def house(store: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    """Three people who chose and were seen, in events and the ledger's copy; two ask to be erased."""
    for name, value in store.environ().items():
        monkeypatch.setenv(name, value)
    with office(store.data) as door:
        door.desk.now = datetime.now(UTC)
        for who in (*GONE, STAYS):
            token = door.choose(who)["token"]
            assert door.send(who, token).rows
    mention = bad_event(payload={"by": GONE[0]})
    spool(
        store.data,
        [[event("c1", user_id="u-carol", subject_key="u-carol", properties={"with": GONE[1]})]],
        [mention],
        "c2",
    )
    loader = loader_of(store)
    loader.run_once()
    loader.close()
    ring = load_or_create(key_path(store.data), 1)
    ledger = open_store(store.config.consent_store)
    with ledger.read() as connection:
        subjects = [people.find(connection, ring, "default", who, None)[0].subject for who in GONE]
    ledger.close()
    shell = Shell(store.data)
    requests = []
    for who in GONE:
        requests.append(shell.json("dsr", "open", "--kind", "erase", "--anonymous-id", who)["id"])
        shell("dsr", "verify", requests[-1], "--how", "in person")
    return House(store, shell, subjects, requests)


def erase_in_a_process(house: House, at: str) -> int:
    words = ["dsr", "erase", "--queue", "--grace", "0", "--data", str(house.store.data)]
    return subprocess.run([sys.executable, "-c", KILLED, at, *words], capture_output=True, timeout=240).returncode


def assert_gone(house: House) -> None:
    local, sought = house.store, target_of([*GONE, *house.subjects])
    assert files_with(local, sought) == []
    seen = {row["anonymous_id"] for row in rows_of(local, "select anonymous_id from events_raw")}
    assert seen == {STAYS, None}
    assert len(rows_of(local, "select 1 from bad_events")) == 1
    receipts = rows_of(local, "select subject from consent_receipts where kind = 'receipt'")
    assert len(receipts) == 1, "Carol's"
    store = open_store(local.config.consent_store)
    with store.read() as connection:
        left = set(connection.execute(sa.select(ledger_payload.c.subject)).scalars())
    store.close()
    assert not left & set(house.subjects)
    for request in house.requests:
        shown = house.shell.json("dsr", "show", request)
        assert (shown["state"], sorted(shown["tasks"])) == ("done", ["ledger", "suppress", "tables"])
        certificate = local.data / "certificates" / f"{request}.json"
        assert house.shell.json("dsr", "check", str(certificate)) == {"certified": True}
    assert house.shell.json("consent", "verify")[0]["problem"] is None
    for path in local.data.rglob("*"):
        if path.is_file() and path.suffix != ".lock":
            content = path.read_bytes()
            assert not [who for who in GONE if who.encode() in content], path


@pytest.mark.parametrize(
    ("store", "steps"),
    [
        ("local", SOME),
        pytest.param("local", ALL, marks=pytest.mark.slow),
        pytest.param("rest", ALL, marks=[pytest.mark.slow, pytest.mark.stores]),
    ],
    ids=["local-some", "local-all", "s3-all"],
    indirect=["store"],
)
def test_killed_at_any_step_it_goes_on(house: House, steps: tuple[str, ...]) -> None:
    for step in steps:
        assert erase_in_a_process(house, step) == -signal.SIGKILL, step
    documents = house.shell.json("dsr", "erase", "--queue", "--grace", "0")
    assert sorted(d["request"] for d in documents) == sorted(house.requests)
    assert {d["report"]["together"] for d in documents} == {2}
    assert_gone(house)
    assert house.shell.json("dsr", "erase", "--queue") == []
