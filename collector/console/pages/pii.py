"""PII: where the firewall finds what, and what becomes of it; a rule into shadow mode or off, a class's action.

Shown are counts and forms of values, never a value (`consent/pii/samples.py`). A change is written into the source, is
in force in every worker within a second, and stands in the audit log: who lets a class of personal data through has
done something that somebody may ask about later. Sources of the configuration file are changed there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.responses import Response

from collector import sources as store
from collector.console import heatmap, sourcebook
from collector.console.desk import Desk
from collector.context import Source
from collector.findings import Found, read_findings
from collector.settings import SettingsError
from collector.sources import StoredSource
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.pii.model import ACTIONS, CLASSES
from consent.pii.policy import DEFAULT, MODES, Entry, policy_of
from consent.pii.rules import PII_RULES

NOON: Final = 12 * 3600  # a day is drawn in its middle, which is that day in nearly every zone
RANGES: Final = ("1", "7", "30")
EDIT: Final = "pii.edit"
CHANGEABLE: Final = ("properties", "traits", "context", "page")  # roots of a field that an entry may name
ORDER: Final = ("hash", "drop", "mask", "truncate", "keep")


def pii(desk: Desk) -> Page:
    """The map, and the changes of one source."""
    view = _Pii(desk)
    return Page(
        "pii",
        "privacy",
        "pii.view",
        (
            Endpoint(view.show),
            Endpoint(view.change, "POST", "/{source}", EDIT),
            Endpoint(view.field, "POST", "/{source}/field", EDIT),
        ),
    )


class _Pii:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, visit: Visit) -> Response:
        sources = sourcebook.of_site(self._desk, visit.site)
        source = next((s for s in sources if s.id == visit.query("source")), sources[0] if len(sources) == 1 else None)
        days = visit.query("days") if visit.query("days") in RANGES else "7"
        until = datetime.fromtimestamp(visit.now, UTC)
        since = until - timedelta(days=int(days))
        every, forms = read_findings(self._desk.settings.data_dir / "pii", since, until)
        shown = {source.id} if source else {s.id for s in sources}
        found = [one for one in every if one.source in shown]
        field, cls = visit.query("field"), visit.query("class")
        inside = [one for one in found if one.field == field and one.cls == cls]
        heat = heatmap.heat_of(found)
        course = heatmap.course_of(inside or found, since, until, days != "1")
        return visit.render(
            "pii.html", sources=sources, source=source, ranges=RANGES, days=days, heat=heat, field=field, cls=cls,
            cell=heatmap.cell_of(inside, forms), course=course, chart=_chart(course, visit),
            written=source is not None and sourcebook.is_written(self._desk, source.id), modes=MODES, actions=ORDER,
            rules=heatmap.rules_of(source.pii, found) if source else _counted(found),
            classes=heatmap.classes_of(source.pii, found) if source else [],
            entries=[entry for entry in self._entries(source) if entry.field] if source else [],
            for_field=_can_be_named(field) and cls in CLASSES,
            at_field=source.pii.action(cls, field) if source and cls in CLASSES else "",
        )  # fmt: skip

    def change(self, visit: Visit) -> Response:
        """Modes of rules and actions of classes, all that the form shows."""
        source, form = self._source(visit), visit.form
        before = source.pii
        modes = {f"rule {r.name}": [heatmap.mode_of(before, i), form.get(f"rule.{r.name}")]
                 for i, r in enumerate(PII_RULES)}  # fmt: skip
        actions = {f"class {c}": [heatmap.class_action(before, c), form.get(f"class.{c}")] for c in CLASSES}
        changed = {name: both for name, both in modes.items() if both[1] in MODES and both[0] != both[1]}
        changed |= {name: both for name, both in actions.items() if both[1] in ACTIONS and both[0] != both[1]}

        def entries(old: list[Entry]) -> list[Entry]:
            settings = self._desk.settings
            usual = policy_of((), settings.pii_shadow, settings.pii_off)
            front: list[Entry] = []
            for name, (_, new) in changed.items():
                kind, _, what = name.partition(" ")
                if kind == "rule":
                    old = [e for e in old if e.rule != what]
                    at = next(i for i, rule in enumerate(PII_RULES) if rule.name == what)
                    if new != heatmap.mode_of(usual, at):
                        old = [*old, Entry(rule=what, mode=new)]
                else:
                    old = [e for e in old if e.field or e.cls != what]
                    if new != CLASSES[what].action:  # first of all: an entry for a field says more, and comes later
                        front.append(Entry(cls=what, action=new))
            return [*front, *old]

        return self._replace(visit, source, changed, entries)

    def field(self, visit: Visit) -> Response:
        """What becomes of a class in one field; without an action it is again as everywhere."""
        source, form = self._source(visit), visit.form
        field, cls, action = form.get("field"), form.get("class"), form.get("action")
        if not _can_be_named(field) or cls not in {*CLASSES, ""} or action not in {*ACTIONS, ""}:
            raise Refused(422, "error.422")

        def entries(old: list[Entry]) -> list[Entry]:
            left = [e for e in old if not (e.field == field and e.cls == cls and not e.declare)]
            return [*left, Entry(field=field, cls=cls, action=action)] if action else left

        before = next((e.action for e in self._entries(source) if (e.field, e.cls) == (field, cls) and e.action), "")
        changed = {f"field {field} {cls}": [before, action]} if before != action else {}
        return self._replace(visit, source, changed, entries)

    # ---- parts --------------------------------------------------------------------------------------------------

    def _replace(self, visit: Visit, source: Source, changed: dict[str, list[str]], entries: Any) -> Response:
        back = visit.at("pii", source=source.id, days=visit.form.get("days"))
        if not changed:
            return visit.go(back)
        try:
            both = sourcebook.replace(
                self._desk, source.id, lambda old: msgspec.structs.replace(old, pii=entries(list(old.pii)))
            )
        except SettingsError as error:
            return visit.render("error.html", 422, key="error.422", status_code=422, why=visit.words.of(error))
        if both is None:
            raise Refused(422, "pii.configured")
        with visit.house.store.write() as connection:
            visit.audit(connection, "pii.change", source.id, changed)
        return visit.go(back, "saved")

    def _source(self, visit: Visit) -> Source:
        found = next((s for s in sourcebook.of_site(self._desk, visit.site) if s.id == visit.path("source")), None)
        if found is None:
            raise Refused(404, "error.404")
        return found

    def _entries(self, source: Source) -> list[Entry]:
        """What is written about a source, wherever it is written."""
        stored: list[StoredSource] = [
            *store.read_configured(self._desk.config),
            *store.read_stored(self._desk.settings),
        ]
        return next((one.pii for one in stored if one.id == source.id), [])


def _can_be_named(field: str) -> bool:
    """Whether an entry may name a field of the report: not one whose name was hidden, nor an id's column."""
    root, _, rest = field.partition(".")
    return root in CHANGEABLE and bool(rest) and ":" not in field and "*" not in field and len(field) <= 200


def _counted(found: Iterable[Found]) -> list[dict[str, Any]]:
    """The rules that found something, where no one source is looked at: without a mode."""
    return [rule | {"mode": ""} for rule in heatmap.rules_of(DEFAULT, found) if rule["acted"] or rule["shadow"]]


def _chart(course: list[tuple[datetime, int, int]], visit: Visit) -> dict[str, Any]:
    words = visit.words
    hours = len(course) > 1 and course[1][0] - course[0][0] < timedelta(days=1)
    return {
        "time": words("pii.time"),
        "x": [int(at.timestamp()) + (0 if hours else NOON) for at, _, _ in course],
        "hours": hours,
        "series": [
            {"label": words("pii.acted"), "values": [acted for _, acted, _ in course]},
            {"label": words("pii.shadow"), "values": [shadow for _, _, shadow in course]},
        ],
    }
