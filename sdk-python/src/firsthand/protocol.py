"""The wire, as the Python SDK sees it: limits, closed lists of reasons, and what a collector answers.

`tests/contract/schema` says the same for every language. Names on the wire are camelCase. Nothing here does I/O.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

VERSION = "0.1.0"
LIBRARY: Mapping[str, str] = {"name": "firsthand-python", "version": VERSION}

BATCH_PATH = "/v1/batch"
MAX_MESSAGE_BYTES = 32 * 1024
MAX_DEPTH = 16
MAX_BATCH_EVENTS = 500
MAX_ID_CHARS = 100
MAX_IDENTITY_CHARS = 256
MAX_NAME_CHARS = 200
MAX_ANSWER_BYTES = 1024 * 1024

TYPES: frozenset[str] = frozenset({"track", "page", "screen", "identify", "group", "alias"})

# what a collector may say of one event (tests/contract/schema/reason.json)
REJECTED: frozenset[str] = frozenset(
    {
        "invalid",
        "too_large",
        "reserved_name",
        "no_identity",
        "no_consent",
        "withdrawn",
        "suppressed",
        "bot",
        "internal",
    }
)
UNKNOWN_REASON = "other"  # a newer collector may know reasons that this version does not

# why this SDK let go of an event itself; the first six mean the same as above
DROPPED: frozenset[str] = frozenset(
    {
        "invalid",
        "too_large",
        "reserved_name",
        "no_identity",
        "no_consent",
        "internal",
        "queue_full",  # queue_events or queue_bytes reached
        "spool_full",  # with a spool, spool_bytes reached as well
        "refused",  # the collector answered 400, 404 …: the same body would be refused again
        "unauthorized",  # 401 or 403: sending has stopped
        "closed",  # captured after shutdown()
        "disabled",  # enabled = false
        "before_send",  # the hook said no, raised, or returned what is no message
    }
)


# what the collector should hear of, as a `$lost` event: neither forbidden by consent nor refused by itself
LOST: frozenset[str] = frozenset({"queue_full", "spool_full", "refused", "internal"})


class Answer(NamedTuple):
    """What one request came to. `status` 0 is a network error, a timeout, or an answer that is not HTTP."""

    status: int
    retry_after: str | None = None
    body: bytes = b""
    problem: str = ""


ACCEPTED = Answer(200)


class Report(NamedTuple):
    """Since the client began in this process: events delivered, waiting, let go here, refused there."""

    sent: int = 0
    pending: int = 0
    dropped: int = 0
    rejected: int = 0


class Stats(NamedTuple):
    """The balance sheet: captured + recovered = sent + pending + Σ dropped + Σ rejected, at every moment.

    `recovered`: left in the spool by an earlier process, or by a sibling that died, and taken over by this one.
    `unspooled`: captured while the spool could not be written; these are in memory only.
    """

    captured: int
    sent: int
    pending: int
    pending_bytes: int
    dropped: Mapping[str, int]
    rejected: Mapping[str, int]
    recovered: int = 0
    unspooled: int = 0

    def report(self) -> Report:
        return Report(self.sent, self.pending, sum(self.dropped.values()), sum(self.rejected.values()))


class Verdict(NamedTuple):
    """Why the collector refused one event; `detail` says what to do and never quotes a value."""

    reason: str
    detail: str


def read_verdicts(body: bytes) -> list[Verdict] | None:
    """One verdict for each refused message of a 2xx answer; None if this is not a collector's answer.

    An empty body is fine (204). A captive portal's page is not: taking it for success would lose the batch.
    """
    if not body.strip():
        return []
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        return None
    rejected = answer.get("rejected") or []
    if not isinstance(rejected, list):
        return None
    return [_verdict(r) for r in rejected if isinstance(r, dict)]


def _verdict(rejected: Mapping[str, object]) -> Verdict:
    reason = rejected.get("reason")
    detail = " ".join(str(rejected.get("detail") or "")[:200].split())
    if isinstance(reason, str) and reason in REJECTED:
        return Verdict(reason, detail)
    return Verdict(UNKNOWN_REASON, f"{str(reason)[:40]}: {detail}")
