"""A call, the caller's state and the context become one exact message.

Pure: no clock, no randomness, no environment. The golden vectors are `tests/contract/vectors/event.json`. Keys
without a value are left out. The preferences are stamped as they stood at capture, because that is what the
collector and the ledger must be able to prove later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from firsthand.protocol import MAX_ID_CHARS, MAX_NAME_CHARS, TYPES

_NEEDED = {"group": "groupId", "alias": "previousId"}
_OPTIONAL = ("name", "groupId", "previousId", "properties", "traits")


class Refused(Exception):
    """This call cannot become a message; `reason` is one of `protocol.DROPPED`, `detail` says what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class State(NamedTuple):
    """Who acts, in which session, with which choices (purpose → bool; None: no choice is known)."""

    anonymous_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    seq: int | None = None
    preferences: Mapping[str, bool] | None = None


def build(
    call: Mapping[str, Any],
    state: State,
    context: Mapping[str, Any],
    library: Mapping[str, str],
    id: str,
    now: str,
) -> dict[str, Any]:
    """The message as a dict of wire names. Raises Refused with `invalid`, `reserved_name` or `no_identity`.

    `call`: `type`, then by type `event properties name traits groupId previousId timestamp purpose`, and `internal`
    for events of ours whose name begins with `$`.
    """
    kind = call["type"]
    if kind not in TYPES:
        raise Refused("invalid", f"type must be one of {', '.join(sorted(TYPES))}")
    message: dict[str, Any] = {"type": kind, "messageId": id, "timestamp": call.get("timestamp") or now}
    if not 0 < len(id) <= MAX_ID_CHARS:
        raise Refused("invalid", f"message_id must have 1 to {MAX_ID_CHARS} characters")
    if not state.anonymous_id and not state.user_id:
        raise Refused("no_identity", "give user_id, anonymous_id or both")
    if state.anonymous_id:
        message["anonymousId"] = state.anonymous_id
    if state.user_id:
        message["userId"] = state.user_id
    if kind == "track":
        message["event"] = _event_name(call)
    needed = _NEEDED.get(kind)
    if needed and not call.get(needed):
        raise Refused("invalid", f"{kind} needs {needed}")
    for key in _OPTIONAL:
        value = call.get(key)
        if value is not None:
            message[key] = value
    message["context"] = stamped_context(call, state, context, library)
    return message


def _event_name(call: Mapping[str, Any]) -> str:
    event = call.get("event")
    if not isinstance(event, str) or not 0 < len(event) <= MAX_NAME_CHARS:
        raise Refused("invalid", f"event must be a text of 1 to {MAX_NAME_CHARS} characters")
    if event.startswith("$") and not call.get("internal"):
        raise Refused("reserved_name", "names that begin with $ are reserved; rename the event")
    return event


def stamped_context(
    call: Mapping[str, Any], state: State, context: Mapping[str, Any], library: Mapping[str, str]
) -> dict[str, Any]:
    """The context of a message: the platform's, then library, session and choices, which nobody overrides."""
    stamped: dict[str, Any] = {k: v for k, v in context.items() if v is not None}
    stamped["library"] = library
    if call.get("purpose"):
        stamped["purpose"] = call["purpose"]
    if state.session_id:
        stamped["sessionId"] = state.session_id
    if state.seq is not None:
        stamped["seq"] = state.seq
    if state.preferences is not None:
        consent = stamped.get("consent")
        receipt = consent if isinstance(consent, Mapping) else {}
        stamped["consent"] = {**receipt, "categoryPreferences": state.preferences}
    return stamped
