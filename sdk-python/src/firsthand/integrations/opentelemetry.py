"""OpenTelemetry: which trace an event belongs to.

    with firsthand.context(**trace_entries()):
        ...

or `trace=True` in a middleware (request.py). The ids say nothing about a person by themselves; whoever can read the
traces can look there.
"""

from __future__ import annotations

import sys
from typing import Any


def trace_entries() -> dict[str, Any]:
    """`{"trace": {"traceId", "spanId"}}` of the current span in W3C form, or `{}`."""
    trace = sys.modules.get("opentelemetry.trace")  # who traces has imported it
    if trace is None:
        return {}
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    return {"trace": {"traceId": f"{span.trace_id:032x}", "spanId": f"{span.span_id:016x}"}}
