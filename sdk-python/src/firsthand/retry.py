"""What to do with an answer. Pure: the golden vectors are `tests/contract/vectors/retry.json`.

Full jitter (`random × min(cap, base × 2^attempt)`) because a thousand processes that lost the same collector must not
come back in step: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015. The server's own
`Retry-After` wins, with up to a second of jitter on top for the same reason.
"""

from __future__ import annotations

import math
from typing import NamedTuple

CAP_MS = 300_000
BASE_MS = 1_000
LEAST_MS = 100
_DOUBLINGS = 20  # 2^20 s is far above the cap; more would only build huge integers


class Step(NamedTuple):
    """`action` is done, retry, split, drop or stop; `delay_ms` is 0 unless it is retry."""

    action: str
    delay_ms: int


def next_step(status: int, retry_after: str | None, attempt: int, count: int, random: float) -> Step:
    """`attempt`: failures before this one; `count`: messages in the batch; `random`: in [0, 1)."""
    if 200 <= status < 300:
        return Step("done", 0)
    if status in (0, 408, 429) or 500 <= status < 600:
        return Step("retry", _delay(retry_after, attempt, random))
    if status == 413:
        return Step("split" if count > 1 else "drop", 0)
    if status in (401, 403):
        return Step("stop", 0)
    return Step("drop", 0)


def ordered_seconds(retry_after: str | None) -> int | None:
    """The seconds a server asked for; None for every other form of Retry-After."""
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return int(retry_after[:9])


def _delay(retry_after: str | None, attempt: int, random: float) -> int:
    seconds = ordered_seconds(retry_after)
    if seconds is not None:
        return min(seconds * 1_000, CAP_MS) + math.floor(random * 1_000)
    ceiling = min(CAP_MS, BASE_MS * (1 << min(attempt, _DOUBLINGS)))
    return max(LEAST_MS, math.floor(random * ceiling))
