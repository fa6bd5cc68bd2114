"""Events ↔ purposes: what arrives, which purpose each event is for, and which fields need a purpose of their own.

A change is in force in every gate within seconds. An event that the map does not name is taken for what its client
says, or for analytics: it is shown as an alarm, and one click writes it into the map.
"""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from consent.admin import events, policies
from consent.console.forms import Form
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit
from consent.model import EventRule
from consent.policy import PolicyError

SPARE_ROWS: Final = 3


def show(visit: Visit, problem: str = "", status: int = 200) -> Response:
    with visit.house.store.read() as connection:
        current = policies.current(connection, visit.site)
        history = events.history(connection, visit.site, limit=20)
        seen = events.seen(connection, visit.site, limit=200)
    rules = history[0].rules if history else ()
    rows = rows_of(rules) if not problem else typed(visit.form)
    return visit.render(
        "map.html", status, rows=rows + [("", "", "")] * SPARE_ROWS, history=history, seen=seen, problem=problem,
        purposes=[p.id for p in current.document.purposes] if current else [],
        basis=history[0].number if history else 0,
        unmapped=[s for s in seen if not s.mapped],
    )  # fmt: skip


def save(visit: Visit) -> Response:
    """All rows of the form, in their order: the first that matches an event counts."""
    basis = visit.form.get("basis")
    try:
        rules = rules_of(typed(visit.form))
        with visit.house.store.write() as connection:
            if visit.form.get("add"):  # one event that was seen, in front of what is there
                first = EventRule(visit.form.get("add"), visit.form.get("for"))
                rules = (first, *events.current(connection, visit.site))
            events.save(connection, visit.admin, visit.site, rules, int(basis) if basis.isdecimal() else -1)
    except PolicyError as error:
        return show(visit, visit.words.of(error), 422)
    return visit.go(visit.at("map"), "saved")


def rows_of(rules: tuple[EventRule, ...]) -> list[tuple[str, str, str]]:
    """(match, purpose, fields), the fields as they are typed: `properties.email marketing`, one a line."""
    return [(r.match, r.purpose, "\n".join(f"{f.path} {f.purpose}" for f in r.fields)) for r in rules]


def typed(form: Form) -> list[tuple[str, str, str]]:
    """The rows of the form that say something."""
    rows = zip(form.all("match"), form.all("purpose"), form.all("fields"), strict=False)
    return [(match, purpose, fields) for match, purpose, fields in rows if match]


def rules_of(rows: list[tuple[str, str, str]]) -> tuple[EventRule, ...]:
    """Raises PolicyError for a row that is no rule."""
    try:
        return msgspec.convert([_rule(*row) for row in rows], tuple[EventRule, ...])
    except msgspec.ValidationError as error:
        raise PolicyError("shape", said=str(error)) from error


def _rule(match: str, purpose: str, fields: str) -> dict[str, Any]:
    lines = [line.split() for line in fields.splitlines() if line.strip()]
    for line in lines:
        if len(line) != 2:
            raise PolicyError("fieldRule", event=match)
    return {"match": match, "purpose": purpose, "fields": [{"path": path, "purpose": to} for path, to in lines]}


MAP: Final = Page("map", "privacy", "map.view", (Endpoint(show), Endpoint(save, "POST", permission="map.edit")))
