"""What would become of this event? The pipeline itself is asked, with nothing at its end: no spool, no ledger.

The choice is stamped into the event's context as an SDK would, with a real token if the client is to have one; the
region stands in for the one that an address would give. So what is shown is what the same code would store.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from collector import row
from collector.console.desk import Desk
from collector.console.sourcebook import of_site
from collector.context import Consents, Enricher, RequestContext, Source, circumstances
from collector.decode import NotABatch, decode_batch
from collector.enrich import enrichments
from collector.identifiers import uuid7
from collector.pipeline import process
from collector.shared import Contexts
from collector.steps.enrich import CachingEnricher
from consent.admin.simulate import Simulated, simulate
from consent.gate import SiteGate
from consent.heard import Heard
from consent.keys import KeyRing
from consent.model import EventRule, PolicyDocument
from consent.pii import keys
from consent.pii.hashing import Key
from consent.subjects import Subjects, subject_of
from consent.tally import Tally
from consent.tokens import ISSUER, Claims, TokenReader, issue

NOBODY = "simulated-visitor"


class NotAnEvent(ValueError):
    """What was typed is no event; the text says what to change."""


class Question(Struct, frozen=True):
    """The event as JSON, the choice by purpose (none: no choice), where, and with what."""

    event: str
    choices: Mapping[str, bool]
    region: str | None
    gpc: bool = False
    token: bool = True
    suppressed: bool = False


class Answer(Struct, frozen=True):
    """`gates`: what each of the three does. `stored`: the row, or nothing and why (`reason`, `detail`)."""

    gates: Simulated
    stored: dict[str, Any] | None
    reason: str = ""
    detail: str = ""


def ask(
    question: Question, document: PolicyDocument, rules: Sequence[EventRule], source: Source, ring: KeyRing, key: Key,
    enricher: Enricher, now: datetime, user_agent: str | None = None,
) -> Answer:  # fmt: skip
    """`user_agent` of the browser that it is to come from. Raises NotAnEvent."""
    message = _message(question.event)
    gates = simulate(
        document, rules, event=_name(message), purpose=_said_purpose(message), choices=question.choices,
        region=question.region, gpc=question.gpc, token=question.token, suppressed=question.suppressed,
    )  # fmt: skip
    if question.suppressed:
        return Answer(gates, None, "suppressed", gates.collector.detail)
    stamped = _stamped(message, question, document, source, ring, now)
    gate = SiteGate(source.site, document, rules, {})
    consents = Consents(gate, Heard(), TokenReader(ring), Subjects(ring.subject[-1]), question.region, Tally())
    context = RequestContext(
        source=source, received_at=now, sent_at=None, skew=None, ip=None,
        columns=row.of_request(source, now, None, None), user_agent=user_agent, gpc=question.gpc, key=key,
        enricher=enricher, under=None, consent=consents,
        circumstances=circumstances(source, question.gpc, None, user_agent, gate),
    )  # fmt: skip
    try:
        batch = decode_batch(msgspec.json.encode({"batch": [stamped]}), uuid7)
    except NotABatch as error:
        raise NotAnEvent(str(error)) from error
    outcome = process(batch, context, Contexts())
    if outcome.rejected:
        refused = outcome.rejected[0]
        return Answer(gates, None, refused.reason.value, refused.detail)
    stored: dict[str, Any] = msgspec.json.decode(outcome.whole)
    return Answer(gates, stored)


class Simulator(Protocol):
    """`source`: the id of one of the site's, whose rules scrub; `now` in seconds. Raises NotAnEvent."""

    def __call__(
        self, question: Question, document: PolicyDocument, rules: Sequence[EventRule], site: str, source: str | None,
        ring: KeyRing, now: float, user_agent: str | None,
    ) -> Answer: ...  # fmt: skip


def simulator_of(desk: Desk) -> Simulator:
    """`ask` as a page and the admin API want it: with the sources, databases and keys of the worker."""

    @lru_cache(1)
    def enricher() -> CachingEnricher:
        """One of our own: the worker's is used on its event loop."""
        return CachingEnricher(enrichments(desk.state().geo), lambda name: None)

    def simulator(
        question: Question, document: PolicyDocument, rules: Sequence[EventRule], site: str, source: str | None,
        ring: KeyRing, now: float, user_agent: str | None,
    ) -> Answer:  # fmt: skip
        found = next((s for s in of_site(desk, site) if s.id == source), None)
        key = keys.load_or_create(desk.settings.data_dir / "keys" / "pii.json")
        return ask(
            question, document, rules, found or Source("simulated", "", site=site), ring, key, enricher(),
            datetime.fromtimestamp(int(now), UTC), user_agent,
        )  # fmt: skip

    return simulator


def _message(text: str) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise NotAnEvent(f"this is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise NotAnEvent('an event is an object, such as {"type": "track", "event": "Order Completed"}')
    return {"type": "track", "anonymousId": NOBODY, **message}


def _name(message: Mapping[str, Any]) -> str:
    kind, event = message.get("type"), message.get("event")
    if kind == "track":
        return event if isinstance(event, str) else ""
    return "$page" if kind in ("page", "screen") else f"${kind}"


def _said_purpose(message: Mapping[str, Any]) -> str | None:
    context = message.get("context")
    said = context.get("purpose") if isinstance(context, dict) else None
    return said if isinstance(said, str) else None


def _stamped(
    message: dict[str, Any], question: Question, document: PolicyDocument, source: Source, ring: KeyRing, now: datetime
) -> dict[str, Any]:  # fmt: skip
    """The event with the choice in its context, over whatever it said of consent itself."""
    said = message.get("context")
    context = {k: v for k, v in said.items() if k != "consent"} if isinstance(said, dict) else {}
    if question.choices:
        consent: dict[str, Any] = {"categoryPreferences": dict(question.choices), "policyVersion": document.version}
        if question.token:
            consent["token"] = _token(message, question, document, source, ring, now)
        context["consent"] = consent
    return {**message, "context": context} if context or "context" in message else message


def _token(
    message: Mapping[str, Any], question: Question, document: PolicyDocument, source: Source, ring: KeyRing,
    now: datetime,
) -> str:  # fmt: skip
    who = str(message.get("anonymousId") or "")
    subject = subject_of(ring.subject[-1], source.site, "device", who)
    granted = tuple(p for p, yes in question.choices.items() if yes)
    denied = tuple(p for p, yes in question.choices.items() if not yes)
    at = int(now.timestamp())
    return issue(
        ring.token[-1],
        Claims(
            iss=ISSUER, aud=source.site, sub=subject, jti="simulated", iat=at, exp=at + 600, seq=1, granted=granted,
            denied=denied, policy_version=document.version, jurisdiction="",
        ),
    )  # fmt: skip
