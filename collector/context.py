"""What is the same for a whole request, computed once: the read-only facts that steps may use."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from collector.known import Under
from collector.protocol import Context
from consent.gate import SiteGate
from consent.heard import Heard
from consent.pii.hashing import Key
from consent.pii.policy import DEFAULT, Policy
from consent.pii.samples import Samples
from consent.subjects import Subjects
from consent.tally import Tally
from consent.tokens import TokenReader


class WeChatApp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mini-program as WeChat knows it. The secret is the collector's alone."""

    appid: str
    secret: str

    def __repr__(self) -> str:  # a secret must never reach a log by accident
        return f"WeChatApp(appid={self.appid!r})"


class Source(msgspec.Struct, frozen=True):
    """A site, app or service with its own write key. `id` is what the tables say; the key is public.

    `kind`: `web | miniprogram | server | app`. `mode`: what no choice means (`opt_in | opt_out | exempt`).
    `origins`: allowed browser origins, empty for any. `rate`/`burst`: events per second and bucket size.
    `query_params`: query parameters that page addresses may keep beside the campaign ones. `wechat`: for logins.
    `pii`: what the firewall is told about its fields. `match_keys`: whether ads may match people who granted marketing.
    `site`: whose consent policy holds and in whose ledger its people's choices are; several sources may share one.
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
    wechat: WeChatApp | None = None
    pii: Policy = DEFAULT
    site: str = "default"
    match_keys: bool = False


class RequestContext(msgspec.Struct):
    """Facts of one request. Times are UTC with whole milliseconds.

    `circumstances`: all of it that what a context means may depend on (shared.py). Whoever lets a step's part of
    `Shared` depend on one more fact of the request adds the fact here.
    `plain`, `clean`: what one look over the whole batch found out (pipeline.py); False is always safe.
    """

    source: Source
    received_at: datetime
    sent_at: datetime | None
    skew: timedelta | None  # received − sent; None if the client did not say or they agree within 5 s
    ip: str | None
    columns: msgspec.Raw  # what all rows of the request share, encoded (row.of_request)
    user_agent: str | None
    gpc: bool
    key: Key
    enricher: "Enricher"
    under: Under | None
    circumstances: Hashable
    consent: "Consents | None" = None  # of the source's site; None until it publishes a policy
    unnamed: msgspec.Raw | None = None  # `columns` without the address and the client's clock; made when it is needed
    plain: bool = False
    clean: bool = False
    samples: Samples | None = None  # where forms of what is found in this source are left


class Consents(msgspec.Struct, frozen=True):
    """What the gate knows of the site: its policy and map, what was heard since, how tokens and subjects are read.

    `region`: where the visitor is. `tally` counts what was done.
    """

    gate: SiteGate
    heard: Heard
    tokens: TokenReader
    subjects: Subjects
    region: str | None
    tally: Tally


def circumstances(
    source: Source, gpc: bool, ip: str | None, user_agent: str | None, gate: SiteGate | None = None
) -> Hashable:  # fmt: skip
    """What a context means depends on these, and on nothing else of a request. A gate is the one it was: a new policy
    makes a new one. The region follows from the address."""
    return (source, gpc, ip, user_agent, gate)


class Enricher(Protocol):
    """Looks up the columns of all enrichments for one context; see steps/enrich.py."""

    def columns(self, said: Context, request: RequestContext) -> bytes: ...

    def page_columns(self, said: Context, request: RequestContext) -> bytes: ...
