"""What became of an event. Nothing disappears without one of these.

`Reason` is the closed list that the wire, the metrics, the `bad_events` table and the docs share
(`tests/contract/schema/reason.json`). A step that refuses an event raises `Drop`; the pipeline turns it
into a `Rejected`, which is counted, answered and kept (scrubbed) in `bad_events`.
"""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why an event was refused."""

    INVALID = "invalid"  # not a message: wrong type, missing or malformed field
    TOO_LARGE = "too_large"  # over 32 KB, 255 properties or depth 16
    RESERVED_NAME = "reserved_name"  # a custom event whose name begins with $
    NO_IDENTITY = "no_identity"  # neither anonymousId nor userId
    NO_CONSENT = "no_consent"  # no, or a denied, choice for the event's purpose
    WITHDRAWN = "withdrawn"  # consent was given and taken back
    SUPPRESSED = "suppressed"  # the person asked to be forgotten
    BOT = "bot"  # a source that refuses bots
    INTERNAL = "internal"  # a bug of ours; privacy fails closed


class Drop(Exception):
    """Raised by a step to refuse one event; never leaves the pipeline."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Rejected(msgspec.Struct, frozen=True, rename="camel"):
    """One refused event, as the answer lists it. `detail` says what to do and never quotes a value."""

    message_id: str
    reason: Reason
    detail: str = ""
