"""The client: a call becomes a message, passes the gate and goes into the queue. Hops 1 to 3 of an event's path.

What every capturing method promises: it raises nothing (wrong arguments are counted and reported, not thrown),
waits for nothing (no lock, no network, no disk) and returns the message id, or None if the event was let go, with
the reason counted in `stats()`. Misuse is caught when a client is built: `SettingsError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from firsthand import lifecycle, moment
from firsthand.calls import Calls, Consent, Id, Object, Time
from firsthand.encode import encode
from firsthand.event import Refused, State, build
from firsthand.flusher import Flusher, Send
from firsthand.gate import ANALYTICS, passes
from firsthand.guard import OnError, Reporter
from firsthand.ids import new_id
from firsthand.protocol import LIBRARY, MAX_IDENTITY_CHARS, MAX_MESSAGE_BYTES, Entry, Report, Stats
from firsthand.settings import Settings, load


class Client(Calls):
    """One write key, one queue, one worker. Threads may share it; a forked child gets its own, empty."""

    def __init__(
        self,
        write_key: str | None = None,
        endpoint: str | None = None,
        *,
        on_error: OnError | None = None,
        send: Send | None = None,
        **settings: Any,
    ) -> None:
        """`settings`: see README.md. `on_error` gets each Problem once a reason. `send` replaces HTTP.

        Raises SettingsError, naming the setting.
        """
        self.settings: Settings = load(write_key=write_key, endpoint=endpoint, **settings)
        self._on_error, self._custom_send = on_error, send
        self._assemble()
        lifecycle.join(self)

    def flush(self, timeout: float = 10.0) -> Report:
        """Wait until what was captured before has been delivered or let go, at most `timeout` seconds."""
        try:
            self._flusher.flush(timeout)
            return self.stats().report()
        except Exception as error:  # noqa: BLE001 - never into the host
            self._reporter.bug(error)
            return Report()

    def shutdown(self, timeout: float | None = None) -> Report:
        """Take no more events, deliver within `timeout` (default `exit_timeout`) seconds. May be called again."""
        try:
            if not self._flusher.queue.closed:
                self._flusher.queue.close("closed")
            self._flusher.finish(self.settings.exit_timeout if timeout is None else timeout)
            lifecycle.leave(self)
            return self.stats().report()
        except Exception as error:  # noqa: BLE001 - never into the host
            self._reporter.bug(error)
            return Report()

    def stats(self) -> Stats:
        """The balance sheet of this process: captured = sent + pending + Σ dropped + Σ rejected."""
        return self._flusher.queue.stats()

    @property
    def exit_timeout(self) -> float:
        return self.settings.exit_timeout

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    def after_fork_in_child(self) -> None:
        """The parent keeps and sends what it has; this process begins anew, open or closed as it was."""
        closed = self._flusher.queue.closed
        self._flusher.abandon()
        self._assemble()
        if closed:
            self._flusher.queue.close(closed)

    def _assemble(self) -> None:
        send = self._custom_send
        if send is None:
            # not at import: http.client and ssl cost more than all the rest, and here no thread of ours imports
            from firsthand.transport import Transport

            send = Transport(self.settings).send
        self._reporter = Reporter(self._on_error)
        self._flusher = Flusher(self.settings, send, self._reporter)

    def _capture(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> str | None:  # fmt: skip
        try:
            entry = self._message(call, user_id, anonymous_id, timestamp, context, consent, message_id)
            reason = self._put(entry)
            if not reason:
                return entry.message_id
            detail = "events come faster than they can be delivered" if reason == "queue_full" else "not sent"
        except Refused as refused:
            reason, detail = refused.reason, refused.detail
            self._flusher.queue.drop(reason)
        except Exception as error:  # noqa: BLE001 - never into the host
            self._flusher.queue.drop("internal")
            self._reporter.bug(error)
            return None
        if reason != "disabled":
            self._reporter.report("dropped", reason, detail)
        return None

    def _message(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> Entry:  # fmt: skip
        """The encoded message. Raises Refused."""
        if not self.settings.enabled:
            raise Refused("disabled", "enabled is false")
        preferences = None if consent is None else _choices(consent)
        about = _object(context, "context") or {}
        purpose = about.get("purpose") or ANALYTICS
        if not passes(self.settings.consent_policy, purpose, preferences, about.get("gpc") is True):
            raise Refused("no_consent", f"pass consent={{{purpose!r}: True}}, or see the setting consent_policy")
        for key in ("properties", "traits"):
            if call.get(key) is not None:
                call[key] = _object(call[key], key)
        for key in ("groupId", "previousId"):
            if key in call:
                call[key] = _identity(call[key], key)
        call["timestamp"] = _timestamp(timestamp)
        state = State(_identity(anonymous_id, "anonymous_id"), _identity(user_id, "user_id"), preferences=preferences)
        id_ = _identity(message_id, "message_id") or new_id()
        message = build(call, state, about, LIBRARY, id_, moment.now())
        data, warnings = encode(message)
        if warnings:
            self._reporter.report("placeholder", str(call["type"]), "; ".join(warnings[:5]))
        if len(data) > MAX_MESSAGE_BYTES:
            raise Refused("too_large", f"a message may have {MAX_MESSAGE_BYTES} bytes, this one has {len(data)}")
        return Entry(id_, data)

    def _put(self, entry: Entry) -> str:
        reason = self._flusher.queue.put(entry)
        if not reason and self._flusher.start():
            lifecycle.first_event()
        return reason


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None or isinstance(value, dict):
        return value  # type: ignore[return-value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise Refused("invalid", f"{name} must be a mapping, not {type(value).__name__}")


def _choices(consent: Any) -> dict[str, bool]:
    """Purpose → bool. Only True itself is a yes: a truthy surprise must never widen anything."""
    if not isinstance(consent, Mapping):
        raise Refused("invalid", "consent must be a mapping of purpose to True or False")
    return {str(purpose): choice is True for purpose, choice in consent.items()}


def _identity(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        raise Refused("invalid", f"{name} must be text, an integer or a UUID, not {type(value).__name__}")
    text = str(value)
    if len(text) > MAX_IDENTITY_CHARS:
        raise Refused("invalid", f"{name} may have {MAX_IDENTITY_CHARS} characters")
    return text


def _timestamp(value: Any) -> str | None:
    """A datetime, ISO text as it stands, or Unix seconds."""
    try:
        if value is None or isinstance(value, str):
            return value or None
        if isinstance(value, datetime):
            return moment.utc(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return moment.iso(value)
    except (ValueError, OverflowError, OSError):
        raise Refused("invalid", "timestamp is outside the years 1 to 9999") from None
    raise Refused("invalid", f"timestamp must be a datetime, ISO 8601 text or Unix seconds, not {type(value).__name__}")
