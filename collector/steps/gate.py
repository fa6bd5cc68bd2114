"""May we keep it? The person's choice as stamped on the event, the source's mode, Global Privacy Control.

Fails closed: what the SDK would hold is refused here, because the collector has nothing to wait for.
"""

from functools import lru_cache

from collector.context import RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import MAX_CACHED_CHARS
from consent.decide import ANALYTICS, Decision, decide


def gate(event: Event, context: RequestContext) -> Event:
    said = event.context
    consent = said.consent
    preferences = consent.category_preferences if consent is not None else None
    purpose = said.purpose or ANALYTICS
    choices = tuple(preferences.items()) if preferences else ()
    look = _decided if not choices or sum(map(len, preferences or ())) <= MAX_CACHED_CHARS else _decided.__wrapped__
    decision, event.granted = look(purpose, choices, context.source.mode, said.gpc or context.gpc)
    if decision != "allow":
        raise Drop(Reason.NO_CONSENT, _advice(decision))
    event.purpose = purpose
    return event


@lru_cache(4096)
def _decided(purpose: str, preferences: tuple[tuple[str, bool], ...], mode: str, gpc: bool) -> tuple[Decision, bytes]:
    """The decision, and the column of the purposes that were granted. People differ, their choices hardly do."""
    granted = sorted(p for p, choice in preferences if choice is True)
    return decide(purpose, dict(preferences), mode, gpc), encode_columns(
        {"consent_purposes": granted} if granted else {}
    )


def _advice(decision: str) -> str:
    if decision == "deny":
        return "the purpose of this event is denied"
    return (
        "no choice is known for the purpose of this event: send context.consent.categoryPreferences, "
        "or set the source's mode"
    )
