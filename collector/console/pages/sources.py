"""Sources: who may send, under which key. Create, change, rotate, pause; what to paste; is it installed right."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.responses import Response

from collector import sources as store
from collector.console import sourcebook
from collector.console.desk import Desk
from collector.console.fetch import fetch
from collector.console.known import known_of
from collector.console.verify import verify
from collector.context import Source
from collector.settings import SettingsError
from collector.sources import StoredSource
from consent.admin import AdminError
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit

EDIT: Final = "sources.edit"
MODES: Final = ("opt_in", "opt_out", "exempt")


def sources(desk: Desk) -> Page:
    """The list, a source's own page, and its changes."""
    view = _Sources(desk)
    return Page(
        "sources",
        "operations",
        "sources.view",
        (
            Endpoint(view.show),
            Endpoint(view.add, "POST", permission=EDIT),
            Endpoint(view.one, path="/{id}"),
            Endpoint(view.change, "POST", "/{id}", EDIT),
            Endpoint(view.rotate, "POST", "/{id}/rotate", EDIT),
            Endpoint(view.pause, "POST", "/{id}/state", EDIT),
            Endpoint(view.check, "POST", "/{id}/verify", EDIT),
        ),
        of_site=False,
    )


class _Sources:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, visit: Visit, problem: str = "", said: str = "", status: int = 200) -> Response:
        today = self._today(visit)
        return visit.render("sources.html", status, sources=self._all(), today=today, problem=problem, detail=said,
                            kinds=store.KINDS, modes=MODES, default_mode=self._desk.settings.default_mode)  # fmt: skip

    def one(self, visit: Visit) -> Response:
        return self._page(visit)

    def _page(self, visit: Visit, status: int = 200, **values: object) -> Response:
        source = self._source(visit)
        written = sourcebook.is_written(self._desk, source.id)
        return visit.render("source.html", status, source=source, written=written, base=_base(visit), modes=MODES,
                            counts=self._today(visit).get(source.id, {}),
                            **({"findings": None, "address": "", "problem": ""} | values))  # fmt: skip

    def add(self, visit: Visit) -> Response:
        form = visit.form
        made = StoredSource(
            form.get("id"), store.new_write_key(), form.get("kind") or "web", form.get("mode") or None,
            form.lines("origins"), query_params=form.lines("query_params"),
            hash_user_id=True if form.get("hash_user_id") else None, site=form.get("site") or None,
        )  # fmt: skip
        try:
            sourcebook.add(self._desk, visit.house.store, visit.admin, made)
        except (AdminError, SettingsError) as error:
            return self.show(visit, "sources.refused", visit.words.of(error), 422)
        return visit.go(visit.at("sources", f"/{made.id}"), "saved")

    def change(self, visit: Visit) -> Response:
        form = visit.form

        def changed(old: StoredSource) -> StoredSource:
            return msgspec.structs.replace(
                old, mode=form.get("mode") or None, origins=form.lines("origins"),
                query_params=form.lines("query_params"), hash_user_id=True if form.get("hash_user_id") else None,
                site=form.get("site") or None,
            )  # fmt: skip

        return self._replace(visit, "source.change", changed)

    def rotate(self, visit: Visit) -> Response:
        return self._replace(visit, "source.rotate", lambda s: _with_key(s, store.new_write_key()))

    def pause(self, visit: Visit) -> Response:
        state = "paused" if visit.form.get("state") == "paused" else "live"
        return self._replace(visit, f"source.{state}", lambda s: msgspec.structs.replace(s, state=state))

    def check(self, visit: Visit) -> Response:
        """Look at a page of theirs and say what is wrong with it."""
        source, address = self._source(visit), visit.form.get("address")
        known = known_of(self._desk, visit.house.store, source, _base(visit), visit.now)
        return self._page(visit, findings=verify(fetch(address, source.origins), known), address=address)

    # ---- parts --------------------------------------------------------------------------------------------------

    def _replace(self, visit: Visit, action: str, change: Callable[[StoredSource], StoredSource]) -> Response:
        name = visit.path("id")
        try:
            sourcebook.change(self._desk, visit.house.store, visit.admin, name, action, change)
        except SettingsError as error:
            return self._page(visit, 422, problem=visit.words.of(error))
        except AdminError as error:
            raise Refused(404, "error.404") from error
        return visit.go(visit.at("sources", f"/{name}"), "saved")

    def _all(self) -> list[Source]:
        return sourcebook.every(self._desk)

    def _source(self, visit: Visit) -> Source:
        found = next((s for s in self._all() if s.id == visit.path("id")), None)
        if found is None:
            raise Refused(404, "error.404")
        return found

    def _today(self, visit: Visit) -> dict[str, dict[str, int]]:
        return sourcebook.today(self._desk, visit.now)


def _with_key(source: StoredSource, key: str) -> StoredSource:
    return msgspec.structs.replace(source, write_key=key)


def _base(visit: Visit) -> str:
    """This collector's address as pages must write it."""
    return visit.house.config.public_url or f"{visit.request.url.scheme}://{visit.request.headers.get('host', '')}"
