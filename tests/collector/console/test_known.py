"""What the collector knows of a source: counts of today, other sources' keys."""

from datetime import UTC, datetime

from collector import sources
from collector.console import sourcebook
from collector.console.known import known_of
from collector.sources import StoredSource
from consent.store.tables import served_notice
from consent.store.upsert import upsert
from tests.collector.console.conftest import here, shared_office
from tests.collector.console.office import Office

__all__ = ["here", "shared_office"]


def test_notices_shown_today_and_nobody_who_agreed(here: Office) -> None:
    desk = sourcebook.Desk(here.settings, None, here.hub, lambda: None)  # type: ignore[arg-type,return-value]
    sources.write_stored(here.settings, [StoredSource("one", "fh_" + "1" * 24), StoredSource("two", "fh_" + "2" * 24)])
    today = datetime.fromtimestamp(here.now, UTC).date().isoformat()
    shown = [
        {"site": "default", "day": day, "notice_hash": "no1_x", "policy_version": "pv1_x", "jurisdiction": "eu",
         "region": region, "count": count}
        for day, region, count in ((today, "DE", 3), (today, "FR", 4), ("2020-01-01", "DE", 50))
    ]  # fmt: skip
    with here.house.store.write() as connection:
        upsert(connection, served_notice, shown, add=["count"])
    source = next(one for one in sourcebook.every(desk) if one.id == "one")
    found = known_of(desk, here.house.store, source, "https://events.shop.example", here.now)
    assert (found.shown, found.agreed) == (7, 0)
    assert found.others == {"fh_" + "2" * 24: "two"}
    assert found.collector == "https://events.shop.example"
