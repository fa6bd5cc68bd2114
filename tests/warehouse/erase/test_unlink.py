"""A rotated key's people stay one by the pairs that events tell; a retired key's pairs are gone, bytes and all."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consent.keys import key_path, load_or_create
from consent.pii.hashing import pseudonym
from consent.pii.keys import open_keys, rotate
from tests.stores import Store
from tests.warehouse.cli.test_dsr import Shell
from tests.warehouse.erase.test_erase import loader_of, rows_of
from tests.warehouse.spooled import event, spool
from warehouse.erase import job as jobs
from warehouse.erase.unlink import joins, without_pairs

MAIL = "ada@example.com"
P = {n: f"p1.k{n}." + str(n) * 43 for n in (1, 2, 3)}


@pytest.mark.parametrize(
    ("pairs", "left"),
    [
        (None, None),
        ({P[1]: P[2]}, None),
        ({P[1]: P[3], P[2]: P[3]}, {P[2]: P[3]}),
        ({P[2]: P[3], P[1]: P[3]}, {P[2]: P[3]}),
        ({P[2]: P[1]}, None),
        ({P[2]: P[3]}, {P[2]: P[3]}),
    ],
)
@pytest.mark.parametrize("blanks", [(",", ":"), (", ", ": ")])
def test_pairs_of_a_key_go_on_either_side(
    pairs: dict[str, str] | None, left: dict[str, str] | None, blanks: tuple[str, str]
) -> None:
    written = None if pairs is None else json.dumps(pairs, separators=blanks)
    rows = pa.table({"event_id": ["1"], "pii_alias": pa.array([written], pa.string())})
    found, touched = without_pairs(rows, "k1")
    [stands] = found.column("pii_alias").to_pylist()
    assert (None if stands is None else json.loads(stands)) == left
    assert touched == (pairs != left)
    assert not joins(found.column("pii_alias"), "k1")
    assert joins(rows.column("pii_alias"), "k1") == (pairs != left)


def test_a_person_is_found_across_keys_until_one_is_retired(local: Store) -> None:
    load_or_create(key_path(local.data), 1)
    path = local.data / "keys" / "pii.json"
    old = pseudonym(open_keys(path).current, "email", MAIL)
    new = pseudonym(rotate(path).current, "email", MAIL)
    rows = [
        event("1", user_id=old, subject_key=old, purpose="analytics"),
        event("2", user_id=new, subject_key=new, pii_alias={old: new}, anonymous_id="a-ada-0001"),
        event("3", user_id="u-bob", subject_key="u-bob"),
    ]
    spool(local.data, [rows])
    loader_of(local).run_once()
    [link] = rows_of(local, "select kind, from_id, to_id from identities where kind = 'key'")
    assert link == {"kind": "key", "from_id": old, "to_id": new}
    shell = Shell(local.data)
    # By the device alone: through the user id of today to what an older key made of it
    id = shell.json("dsr", "open", "--kind", "access", "--anonymous-id", "a-ada-0001")["id"]
    shell("dsr", "verify", id, "--how", "in person")
    assert shell.json("dsr", "export", id, str(local.data.parent / "ada.zip"))["rows"]["events"] == 2

    before = holding(local)
    assert before
    shell("keys", "retire", "k1", "--yes", "--grace", "0")
    assert holding(local) == []
    assert rows_of(local, "select 1 from identities where kind = 'key'") == []
    assert [row["event_id"] for row in rows_of(local)] == ["1", "2", "3"], "the rows stay"
    assert {row["user_id"] for row in rows_of(local)} == {old, new, "u-bob"}
    assert jobs.load(local.data, "unlink-k1").finished
    id = shell.json("dsr", "open", "--kind", "access", "--email", MAIL)["id"]
    shell("dsr", "verify", id, "--how", "in person")
    assert shell.json("dsr", "export", id, str(local.data.parent / "ada.zip"))["rows"]["events"] == 1
    assert "no key k1" in shell("keys", "retire", "k1", "--yes", code=2)


def test_a_retirement_that_was_cut_short_goes_on(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = local.data / "keys" / "pii.json"
    old = pseudonym(open_keys(path).current, "email", MAIL)
    new = pseudonym(rotate(path).current, "email", MAIL)
    spool(local.data, [[event("2", user_id=new, subject_key=new, pii_alias={old: new})]])
    loader_of(local).run_once()
    shell = Shell(local.data)
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.erase.run._one", _away)
        assert "still in the tables" in shell("keys", "retire", "k1", "--yes", "--grace", "0", code=1)
    assert holding(local)
    shell("keys", "retire", "k1", "--yes", "--grace", "0")
    assert holding(local) == []


def _away(*said: object) -> None:
    raise ConnectionError("the store is away")


def holding(store: Store) -> list[Path]:
    """Files of the tables in which a pair of k1 is, by a look of our own."""
    found = []
    for path in (store.data / "warehouse").rglob("*.parquet"):
        table = pq.read_table(path)
        if "pii_alias" in table.column_names and any(
            '"p1.k1.' in str(v) for v in table.column("pii_alias").to_pylist()
        ):
            found.append(path)
    return found
