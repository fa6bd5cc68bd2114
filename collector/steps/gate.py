"""May we keep it? The person's choice as stamped on the event, the source's mode, Global Privacy Control.

Fails closed: what the SDK would hold is refused here, because the collector has nothing to wait for.
"""

from collector.context import RequestContext
from collector.event import Event
from collector.outcome import Drop, Reason
from collector.steps.validate import MAX_PURPOSE_CHARS
from consent.decide import ANALYTICS, decide


def gate(event: Event, context: RequestContext) -> Event:
    purpose = event.context.purpose or ANALYTICS
    if len(purpose) > MAX_PURPOSE_CHARS:
        raise Drop(Reason.INVALID, f"context.purpose may have {MAX_PURPOSE_CHARS} characters")
    consent = event.context.consent
    preferences = consent.category_preferences if consent is not None else None
    gpc = event.context.gpc or context.gpc
    decision = decide(purpose, preferences, context.source.mode, gpc)
    if decision != "allow":
        raise Drop(Reason.NO_CONSENT, _advice(decision))
    event.purpose = purpose
    if preferences:
        event.granted = sorted([p for p, choice in preferences.items() if choice is True])
    return event


def _advice(decision: str) -> str:
    if decision == "deny":
        return "the purpose of this event is denied"
    return (
        "no choice is known for the purpose of this event: send context.consent.categoryPreferences, "
        "or set the source's mode"
    )
