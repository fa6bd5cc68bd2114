"""What is the same for a whole request, computed once: the read-only facts that steps may use."""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from collector.event import Event
from consent.pii.hashing import Key


class Source(msgspec.Struct, frozen=True):
    """A site, app or service with its own write key. `id` is what the tables say; the key is public.

    `kind`: `web | miniprogram | server | app`. `mode`: what no choice means (`opt_in | opt_out | exempt`).
    `origins`: allowed browser origins, empty for any. `rate`/`burst`: events per second and bucket size.
    `query_params`: query parameters that page addresses may keep beside the campaign ones.
    """

    id: str
    write_key: str
    kind: str = "web"
    mode: str = "opt_in"
    origins: tuple[str, ...] = ()
    state: str = "live"
    rate: int = 20_000
    burst: int = 100_000
    hash_user_id: bool = False
    query_params: frozenset[str] = frozenset()


class RequestContext(msgspec.Struct, frozen=True):
    """Facts of one request. Times are UTC with whole milliseconds."""

    source: Source
    received_at: datetime
    sent_at: datetime | None
    skew: timedelta | None  # received − sent; None if the client did not say or they agree within 5 s
    ip: str | None
    columns: bytes  # what all rows of the request share, encoded (row.of_request)
    user_agent: str | None
    gpc: bool
    key: Key
    enricher: "Enricher"


class Enricher(Protocol):
    """Looks up the columns of all enrichments for one event; see steps/enrich.py."""

    def columns(self, event: Event, context: RequestContext) -> bytes: ...
