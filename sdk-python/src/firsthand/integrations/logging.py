"""Log records as events: for code that already says what happened, in its log.

    logging.getLogger("shop").addHandler(EventHandler())
    logger.info("Order Completed", extra={"track": {"order_id": "A-1001", "total": 9.9}})

A record becomes an event only if it carries `track` (a mapping of properties); its message is the event's name,
unformatted, because a name with values in it is not a name. Everything else in the record stays in the log. Who it is
about, and whether that may be kept, is said by the scope around it, as for every call.
"""

from __future__ import annotations

import logging

import firsthand


class EventHandler(logging.Handler):
    """Never raises, as no call does."""

    def emit(self, record: logging.LogRecord) -> None:
        properties = getattr(record, "track", None)
        if properties is not None and not record.name.startswith("firsthand"):
            firsthand.track(record.msg, properties, timestamp=record.created)
