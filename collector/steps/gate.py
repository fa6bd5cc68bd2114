"""May we keep it? The person's choice as stamped on the event, the source's mode, Global Privacy Control.

Fails closed: what the SDK would hold is refused here, because the collector has nothing to wait for. All of it stands
in the context and the request, so the verdict is worked out once a context. What can change between two events of the
same context (a withdrawal, a suppression) must be asked for each event.
"""

from functools import lru_cache
from typing import NamedTuple

from collector.context import RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import Context, cacheable
from consent.decide import ANALYTICS, Decision, decide


class Verdict(NamedTuple):
    """What the gate says of a context. `granted`: the column of the purposes that were granted, encoded."""

    purpose: str
    decision: Decision
    granted: bytes


def gate(event: Event, context: RequestContext) -> Event:
    shared = event.shared
    verdict: Verdict | None = shared.verdict
    if verdict is None:
        verdict = shared.verdict = _verdict(shared.context, context)
    if verdict.decision != "allow":
        raise Drop(Reason.NO_CONSENT, _advice(verdict.decision))
    event.purpose = verdict.purpose
    return event


def _verdict(said: Context, request: RequestContext) -> Verdict:
    consent = said.consent
    preferences = consent.category_preferences if consent is not None else None
    choices = tuple(preferences.items()) if preferences else ()
    look = _decided if cacheable(*(preferences or ())) else _decided.__wrapped__
    return look(said.purpose or ANALYTICS, choices, request.source.mode, said.gpc or request.gpc)


@lru_cache(4096)
def _decided(purpose: str, preferences: tuple[tuple[str, bool], ...], mode: str, gpc: bool) -> Verdict:
    """People differ, their choices hardly do."""
    granted = sorted(p for p, choice in preferences if choice is True)
    columns = encode_columns({"consent_purposes": granted} if granted else {})
    return Verdict(purpose, decide(purpose, dict(preferences), mode, gpc), columns)


def _advice(decision: str) -> str:
    if decision == "deny":
        return "the purpose of this event is denied"
    return (
        "no choice is known for the purpose of this event: send context.consent.categoryPreferences, "
        "or set the source's mode"
    )
