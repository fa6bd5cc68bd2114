"""Health and what the firewall found, from what workers and loader wrote down."""

from datetime import UTC, datetime

import msgspec

from collector.findings import Findings
from collector.metrics import Balance, publish
from collector.spool.report import LoadReport
from tests.collector.console.office import Office
from tests.consent.api.caller import Caller
from tests.consent.console.visitors import NOW


def test_sums_and_what_is_on_its_way(desk: Office, roles: dict[str, Caller]) -> None:
    viewer = roles["viewer"]
    assert viewer.get("/health")["loader"] is None
    data = desk.settings.data_dir
    sheet = Balance(started=NOW, received=10, spooled=7, rejected={"shop no_consent": 2}, unavailable=1)
    publish(sheet, data / "run" / "w1.json")
    seen = datetime.fromtimestamp(NOW - 500, UTC)
    (data / "loader.json").write_bytes(msgspec.json.encode(LoadReport(time=seen, committed_events=4, duplicates=1)))
    said = viewer.get("/health")
    assert said["balanced"] and (said["received"], said["spooled"], said["rejected"]) == (10, 7, {"no_consent": 2})
    assert (said["committed"], said["duplicates"], said["pending"]) == (4, 1, 2)
    assert said["loader"]["silent"] and said["loader"]["seenAt"] == int((NOW - 500) * 1000)
    assert said["freeBytes"] > 0


def test_findings_of_the_sites_sources(desk: Office, roles: dict[str, Caller]) -> None:
    roles["admin"].post("/sources", {"id": "web", "site": "default"}, 201)
    book = Findings(desk.settings.data_dir / "pii", "w1", Balance())
    book.count("web", {"properties.note:email:hash:email": 3})
    book.count("of-nobody", {"properties.note:email:hash:email": 9})
    book.write(NOW - 3600)
    found = roles["privacy_officer"].get("/sites/default/pii?days=1")
    assert [(f["source"], f["field"], f["kind"], f["times"]) for f in found] == [("web", "properties.note", "email", 3)]
    assert roles["privacy_officer"].get("/sites/default/pii?source=other") == []
