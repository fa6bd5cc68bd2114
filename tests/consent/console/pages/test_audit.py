"""The page Audit shows what was done, by whom."""

import sqlalchemy as sa

from consent.admin.audit import audit_chain
from consent.console.house import HOUSE
from consent.store.tables import ledger_payload
from tests.consent.console.conftest import here, quick_hashes, shared_place
from tests.consent.console.visitors import Place

__all__ = ["here", "quick_hashes", "shared_place"]


def test_logins_stand_in_the_log(here: Place) -> None:
    auditor = here.inside("reader", "auditor")
    text = auditor.get("/console/s/default/audit?of=house").text
    assert "logged in" in text and "reader" in text


def test_the_chain_is_verified_and_damage_is_named(here: Place) -> None:
    auditor = here.inside("verifier", "auditor")
    page = "/console/s/default/audit"
    assert "Whole:" in auditor.post(f"{page}/verify", f"{page}?of=house", of="house").text
    with here.house.store.write() as connection:
        where = ledger_payload.c.chain == audit_chain(HOUSE)
        forged = sa.func.replace(ledger_payload.c.payload, '"actor":', '"author":')
        connection.execute(ledger_payload.update().where(where, ledger_payload.c.seq == 1).values(payload=forged))
    assert "Broken at entry 1" in auditor.post(f"{page}/verify", f"{page}?of=house", of="house").text


def test_people_of_one_site_do_not_see_the_log_of_the_whole(here: Place) -> None:
    auditor = here.inside("one-site", "auditor", sites=("default",))
    assert auditor.get("/console/s/default/audit").status_code == 200
    assert auditor.get("/console/s/default/audit?of=house").status_code == 403
    assert "of=house" not in auditor.get("/console/s/default/audit").text
