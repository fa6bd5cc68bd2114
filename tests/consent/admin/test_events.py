"""The map of events, and what was seen."""

import pytest

from consent.admin import AdminError, audit, events
from consent.admin.events import Seen
from consent.model import EventRule, FieldRule
from consent.policy import PolicyError
from consent.store import Store
from tests.consent.officer import NOW, admin, publish

RULES = (EventRule("Order *", "necessary", (FieldRule("properties.coupon", "marketing"),)),)


def test_saved_read_and_kept(registry: Store, site: str) -> None:
    publish(registry, site)
    with registry.write() as connection:
        assert events.current(connection, site) == ()
        assert events.save(connection, admin(), site, RULES, 0).number == 1
        events.save(connection, admin("grace"), site, (), 1)
        assert events.current(connection, site) == ()
        assert [(v.number, v.rules, v.author) for v in events.history(connection, site)] == [
            (2, (), "grace"), (1, RULES, "ada"),
        ]  # fmt: skip
        found = audit.search(connection, site, action="events.", limit=1)[0]
        assert found.detail["before"][0]["match"] == "Order *"


def test_what_cannot_be_saved(registry: Store, site: str) -> None:
    with registry.write() as connection, pytest.raises(AdminError, match="publish a policy"):
        events.save(connection, admin(), site, RULES, 0)
    publish(registry, site)
    with registry.write() as connection, pytest.raises(PolicyError, match="sale"):
        events.save(connection, admin(), site, (EventRule("x", "sale"),), 0)
    with registry.write() as connection:
        events.save(connection, admin(), site, RULES, 0)
    with registry.write() as connection, pytest.raises(AdminError, match="somebody else"):
        events.save(connection, admin("grace"), site, (), 0)


def test_what_was_seen_adds_up(registry: Store, site: str) -> None:
    def one(event: str, at: int, count: int, mapped: bool = False) -> Seen:
        return Seen("shop", event, "analytics", mapped, at, at, count)

    with registry.write() as connection:
        events.note(connection, site, [one("a", NOW, 2), one("b", NOW, 1, True)])
        events.note(connection, site, [one("a", NOW + 5, 3)])
        assert events.seen(connection, site) == [
            Seen("shop", "a", "analytics", False, NOW, NOW + 5, 5), one("b", NOW, 1, True),
        ]  # fmt: skip
        assert [s.event for s in events.unmapped(connection, site)] == ["a"]
