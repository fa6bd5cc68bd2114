"""Which messages travel together, and the body they travel in.

The golden vectors for `slice_sizes` are `tests/contract/vectors/batch.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple


class Plan(NamedTuple):
    """Indices into the sizes given: the batches in order, and those over the limit of one message."""

    batches: list[list[int]]
    too_large: list[int]


def slice_sizes(sizes: Sequence[int], max_events: int, max_bytes: int, max_message: int) -> Plan:
    """Greedy and in order. Sizes are bytes of encoded messages; the envelope is not counted.

    A message may be larger than a batch (it then travels alone), never larger than `max_message`.
    """
    plan = Plan([], [])
    room = 0
    for index, size in enumerate(sizes):
        if size > max_message:
            plan.too_large.append(index)
        elif plan.batches and size <= room and len(plan.batches[-1]) < max_events:
            plan.batches[-1].append(index)
            room -= size
        else:
            plan.batches.append([index])
            room = max_bytes - size
    return plan


def envelope(messages: Sequence[bytes], write_key: str, sent_at: str) -> bytes:
    """The body of `POST /v1/batch` from messages that are already JSON."""
    head = json.dumps({"writeKey": write_key, "sentAt": sent_at}, separators=(",", ":"))[:-1]
    return b"".join((head.encode(), b',"batch":[', b",".join(messages), b"]}"))
