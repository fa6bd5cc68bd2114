"""The map of events to purposes, and what arrived."""

from typing import Final

from consent.admin import events
from consent.admin.events import MapVersion, Seen
from consent.api.call import Call
from consent.api.operation import Ask, Operation
from consent.model import EventRule


class NewMap(Ask, frozen=True):
    """`basis`: the number of the version that was edited, 0 for none, so that nothing is overwritten unseen."""

    rules: tuple[EventRule, ...]
    basis: int


class Arrived(Ask, frozen=True):
    unmapped: bool = False


def current(call: Call) -> MapVersion:
    with call.store.read() as connection:
        found = events.history(connection, call.site, limit=1)
    return found[0] if found else MapVersion(0, (), "", 0)


def history(call: Call) -> list[MapVersion]:
    with call.store.read() as connection:
        return events.history(connection, call.site)


def save(call: Call) -> MapVersion:
    with call.store.write() as connection:
        return events.save(connection, call.admin, call.site, call.body.rules, call.body.basis)


def seen(call: Call) -> list[Seen]:
    with call.store.read() as connection:
        return (events.unmapped if call.query.unmapped else events.seen)(connection, call.site)


MAP: Final = "/sites/{site}/events"
OPERATIONS: Final = (
    Operation("GET", MAP + "/map", "map.view", current, "The map in force; number 0 and no rules if there is none",
              MapVersion),
    Operation("PUT", MAP + "/map", "map.edit", save, "Put a new map into force at once", MapVersion, NewMap),
    Operation("GET", MAP + "/map/versions", "map.view", history, "All versions, the newest first", list[MapVersion]),
    Operation("GET", MAP + "/seen", "map.view", seen, "What arrived, the most frequent first", list[Seen],
              query=Arrived),
)  # fmt: skip
