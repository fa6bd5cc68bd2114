"""Sources: who may send, under which write key; and what the firewall does to what they send."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from collector import sources as store
from collector.console import sourcebook
from collector.console.desk import Desk
from collector.console.fetch import fetch
from collector.console.known import known_of
from collector.console.verify import verify
from collector.context import Source
from collector.settings import SettingsError
from collector.sources import SourceError, StoredSource
from consent.admin import AdminError
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.pii.policy import Entry
from consent.routes.door import Refused

Origins = Annotated[tuple[Annotated[str, Meta(max_length=300)], ...], Meta(max_length=100)]
Names = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=200)]
Mode = Literal["opt_in", "opt_out", "exempt"]
SiteName = Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]


class Rules(Ask, frozen=True):
    """`mode`: what no choice of the person means, null: as the settings say. No origins: any."""

    mode: Mode | None = None
    origins: Origins = ()
    query_params: Names = ()
    hash_user_id: bool | None = None
    site: SiteName | None = None


class NewSource(Rules, frozen=True):
    """A source's id is never changed."""

    id: Annotated[str, Meta(max_length=64)] = ""
    kind: Literal["web", "miniprogram", "server", "app"] = "web"


class State(Ask, frozen=True):
    state: Literal["live", "paused"]


class Page(Ask, frozen=True):
    """An address below one of the source's origins."""

    address: Annotated[str, Meta(min_length=1, max_length=2_000)]


class Entries(Ask, frozen=True):
    """All lines of the source's `pii` list, as docs/pii-rules.md has them."""

    entries: Annotated[tuple[Entry, ...], Meta(max_length=500)]


class SourceLine(Give, frozen=True):
    """A source as it is in force. `written`: may it be changed here; else it stands in firsthand.toml.
    `today`: counts by outcome."""

    id: str
    site: str
    kind: str
    state: str
    mode: str
    write_key: str
    origins: tuple[str, ...]
    query_params: tuple[str, ...]
    hash_user_id: bool
    pii: tuple[Entry, ...]
    written: bool
    today: dict[str, int]


class Finding(Give, frozen=True):
    """A check of an installation: its name, `good`, `bad`, `warn` or `unknown`, and what it saw."""

    check: str
    outcome: str
    values: dict[str, str]


def refused(error: SettingsError) -> Exception:
    """What an unusable source is answered with: its own code, else that of a configuration that cannot be read."""
    return error if isinstance(error, SourceError) else Refused(422, "source", str(error))


def sources(desk: Desk) -> tuple[Operation, ...]:
    def line(call: Call, source: Source) -> SourceLine:
        stored = [*store.read_configured(desk.config), *store.read_stored(desk.settings)]
        entries = next((tuple(s.pii) for s in stored if s.id == source.id), ())
        return SourceLine(
            source.id, source.site, source.kind, source.state, source.mode, source.write_key, source.origins,
            tuple(sorted(source.query_params)), source.hash_user_id, entries,
            sourcebook.is_written(desk, source.id), sourcebook.today(desk, call.now).get(source.id, {}),
        )  # fmt: skip

    def asked(id: str) -> Source:
        found = next((s for s in sourcebook.every(desk) if s.id == id), None)
        if found is None:
            raise AdminError("source.unknown", source=id)
        return found

    def changed(
        call: Call, id: str, action: str, change: Callable[[StoredSource], StoredSource], site: str = ""
    ) -> Any:
        try:
            sourcebook.change(desk, call.store, call.admin, id, action, change, site)
        except SettingsError as error:
            raise refused(error) from None
        return line(call, asked(id))

    def listed(call: Call) -> list[SourceLine]:
        return [line(call, source) for source in sourcebook.every(desk)]

    def one(call: Call) -> SourceLine:
        return line(call, asked(call.path("id")))

    def add(call: Call) -> SourceLine:
        body: NewSource = call.body
        made = StoredSource(
            body.id, store.new_write_key(), body.kind, body.mode, list(body.origins), hash_user_id=body.hash_user_id,
            query_params=list(body.query_params), site=body.site,
        )  # fmt: skip
        try:
            sourcebook.add(desk, call.store, call.admin, made)
        except SettingsError as error:
            raise refused(error) from None
        return line(call, asked(made.id))

    def change(call: Call) -> Any:
        body: Rules = call.body

        def to(old: StoredSource) -> StoredSource:
            return msgspec.structs.replace(
                old, mode=body.mode, origins=list(body.origins), query_params=list(body.query_params),
                hash_user_id=body.hash_user_id, site=body.site,
            )  # fmt: skip

        return changed(call, call.path("id"), "source.change", to)

    def rotate(call: Call) -> Any:
        key = store.new_write_key()
        return changed(call, call.path("id"), "source.rotate", lambda s: msgspec.structs.replace(s, write_key=key))

    def state(call: Call) -> Any:
        to = call.body.state
        return changed(call, call.path("id"), f"source.{to}", lambda s: msgspec.structs.replace(s, state=to))

    def check(call: Call) -> list[Finding]:
        source = asked(call.path("id"))
        url = call.request.url
        base = call.house.config.public_url or f"{url.scheme}://{call.request.headers.get('host', '')}"
        known = known_of(desk, call.store, source, base, call.now)
        found = verify(fetch(call.body.address, source.origins), known)
        return [Finding(f.check, f.outcome, dict(f.values)) for f in found]

    def firewall(call: Call) -> Any:
        id = call.path("source")
        if id not in [s.id for s in sourcebook.of_site(desk, call.site)]:
            raise AdminError("source.unknown", source=id)
        entries = list(call.body.entries)
        return changed(call, id, "pii.change", lambda s: msgspec.structs.replace(s, pii=entries), call.site)

    return (
        Operation("GET", "/sources", "sources.view", listed, "All sources, with today's counts", list[SourceLine]),
        Operation("POST", "/sources", "sources.edit", add, "A new source, and its write key", SourceLine, NewSource,
                  status=201),
        Operation("GET", "/sources/{id}", "sources.view", one, "One source", SourceLine),
        Operation("PUT", "/sources/{id}", "sources.edit", change, "All rules of a source", SourceLine, Rules),
        Operation("POST", "/sources/{id}/rotate", "sources.edit", rotate, "A new write key; the old one stops working",
                  SourceLine),
        Operation("POST", "/sources/{id}/state", "sources.edit", state, "Pause a source, or let it go on", SourceLine,
                  State),
        Operation("POST", "/sources/{id}/verify", "sources.edit", check, "Is the SDK installed right on a page?",
                  list[Finding], Page),
        Operation("PUT", "/sites/{site}/sources/{source}/pii", "pii.edit", firewall,
                  "What the firewall does for a source", SourceLine, Entries),
    )  # fmt: skip
