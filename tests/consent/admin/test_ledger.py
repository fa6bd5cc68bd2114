"""Searching the ledger; the search is no way in."""

import pytest

from consent.admin import AdminError, ledger, people
from consent.admin.audit import audit_chain
from consent.store import Store
from tests.consent.officer import NOW, RING, admin, body, choose, publish


@pytest.fixture
def filled(registry: Store, site: str) -> Store:
    publish(registry, site)
    choose(registry, site, "a", now=NOW)
    choose(registry, site, "b", body("reject_all"), now=NOW + 1_000)
    choose(registry, site, "a", body("set", choices={"analytics": False}), now=NOW + 2_000)
    return registry


def test_by_person_purpose_time_and_kind(filled: Store, site: str) -> None:
    with filled.read() as connection:

        def found(**where: object) -> list[int]:
            return [line.seq for line in ledger.search(connection, site, **where)]  # type: ignore[arg-type]

        ada = [p.subject for p in people.find(connection, RING, site, "a", None)]
        assert found() == [3, 2, 1]
        assert found(subjects=ada) == [3, 1]
        assert found(purpose="analytics") == [3, 2, 1]
        assert found(purpose="analytics", granted=True) == [1]
        assert found(purpose="analytics", granted=False) == [3, 2]
        assert found(purpose="third_party") == [2]
        assert found(since=NOW + 1_000) == [3, 2]
        assert found(until=NOW + 1_000) == [1]
        assert found(kind="erase") == []
        assert found(before=3, limit=1) == [2]
        assert ledger.search(connection, f"{site}-other") == []


HOSTILE = ["%", "_", "analytics%", "' OR 1=1 --", "a'; DROP TABLE ledger_entry; --", "\\", "x\x01"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_searched_for_is_only_text(filled: Store, site: str, text: str) -> None:
    with filled.read() as connection:
        assert ledger.search(connection, site, purpose=text) == []
        assert ledger.search(connection, site, kind=text) == []
        assert ledger.search(connection, site, subjects=[text]) == []
        assert ledger.search(connection, text) == []
        assert len(ledger.search(connection, site)) == 3


def test_one_receipt_of_that_site_only(filled: Store, site: str) -> None:
    with filled.read() as connection:
        line = ledger.search(connection, site)[0]
        assert line.payload
        assert ledger.receipt(connection, site, line.payload["id"]) == line
        for other in ("other", f"{site}/audit"):
            with pytest.raises(AdminError):
                ledger.receipt(connection, other, line.payload["id"])


def test_signed_and_verified(filled: Store, site: str) -> None:
    with filled.write() as connection:
        mark = ledger.checkpoint(connection, admin(), RING, site, site)
        assert mark
        assert mark.seq == 3
        assert ledger.checkpoint(connection, admin(), RING, site, "empty") is None
        told: list[int] = []
        assert ledger.report(connection, RING, site, told.append).checkpoints == 1
        assert ledger.report(connection, RING, audit_chain(site)).problem is None
