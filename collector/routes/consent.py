"""The door of `/v1/consent/*` (consent/routes): who a write key is, where an address is, how often somebody may ask.

Two limits, true of all workers together. A public key is limited per address, because anybody can write receipts with
it; every source is limited as a whole. Neither counts against the rate of events.
"""

from collections.abc import Callable

from starlette.requests import Request

from collector.edge.auth import key_of_header, key_of_query
from collector.edge.visitors import Visitors
from collector.state import State, utc_now
from consent.registry import Registry
from consent.routes.door import Caller, Refused
from consent.snapshots import Snapshots

ADDRESS_RATE, ADDRESS_BURST = 20.0, 200.0
SOURCE_RATE, SOURCE_BURST = 2_000.0, 10_000.0
MAX_BUCKETS = 20_000


class CollectorDoor:
    """See consent.routes.door.Door."""

    def __init__(self, state: Callable[[], State], steady: Callable[[], float]) -> None:
        self._state = state
        self._addresses = Visitors(ADDRESS_RATE, ADDRESS_BURST, steady, MAX_BUCKETS)
        self._sources = Visitors(SOURCE_RATE, SOURCE_BURST, steady, MAX_BUCKETS)
        self.snapshots = Snapshots()

    @property
    def registry(self) -> Registry:
        return self._state().consent

    def now(self) -> int:
        return int(utc_now().timestamp() * 1000)

    def caller(self, request: Request, in_body: str | None) -> Caller:
        header = request.headers.get("authorization")
        named = key_of_header(header.encode("latin-1")) if header else None
        key = named or key_of_query(request.scope["query_string"]) or in_body
        sources = self._state().sources.by_key
        source = sources.get(key or "") or sources.get(in_body or "")
        if source is None:
            raise Refused(401, "unauthorized", "a write key is needed, and this is none that is known")
        if source.state != "live":
            raise Refused(403, "paused", "this source is paused")
        origin = request.headers.get("origin")
        if source.origins and origin is not None and origin.lower() not in source.origins:
            raise Refused(403, "origin", "this origin is not among the source's allowed origins")
        trusted = source.kind == "server"
        workers = self._state().settings.workers
        wait = self._sources.take(source.id, workers)
        if not trusted:
            wait = max(wait, self._addresses.take(self._address(request) or "", workers))
        if wait:
            raise Refused(429, "rate_limited", "too many requests", wait)
        return Caller(source.id, source.site, trusted)

    def region(self, request: Request, caller: Caller) -> str | None:
        # A server's address says where the server is
        return None if caller.trusted else self._state().region(self._address(request))

    def _address(self, request: Request) -> str | None:
        peer = request.scope["client"]
        client = self._state().client
        forwarded = ",".join(request.headers.getlist("x-forwarded-for")) if client.reads_forwarded else ""
        return client.of(peer[0], forwarded)[0] if peer else None
