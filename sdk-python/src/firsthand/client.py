"""The client: a call becomes a message, passes the gate and goes into the queue. Hops 1 to 3 of an event's path.

What every capturing method promises: it raises nothing (wrong arguments are counted and reported, not thrown),
waits for nothing (no lock, no network; the disk only with a spool, which is what a spool is for) and returns the
message id, or None if the event was let go, with the reason counted in `stats()`. Misuse is caught when a client is
built: `SettingsError`.

`track()` first tries the straight way (straight.py); everything else, and whatever is not plain, takes the long way
here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, Optional

from firsthand import lifecycle
from firsthand.calls import Calls, Consent, Id, Object, Time
from firsthand.delivery import Delivery
from firsthand.encode import encode
from firsthand.event import Refused, State, build, stamped_context
from firsthand.flusher import Send
from firsthand.gate import ANALYTICS, NECESSARY, passes
from firsthand.given import choices_of, identity, mapping, timestamp_text
from firsthand.guard import OnError, Reporter
from firsthand.ids import new_id, stamp
from firsthand.protocol import LIBRARY, MAX_MESSAGE_BYTES, Report, Stats
from firsthand.scope import Scope, current
from firsthand.scrub import Scrubber
from firsthand.settings import Settings, SettingsError, load
from firsthand.straight import Straight

Resolver = Callable[[Optional[str], Optional[str]], Consent]
BeforeSend = Callable[[dict[str, Any]], Optional[dict[str, Any]]]
_WITH_PROPERTIES = ("track", "page", "screen")


class Client(Calls):
    """One write key, one queue, one worker. Threads may share it; a forked child gets its own, empty."""

    def __init__(
        self,
        write_key: str | None = None,
        endpoint: str | None = None,
        *,
        on_error: OnError | None = None,
        consent_resolver: Resolver | None = None,
        before_send: BeforeSend | None = None,
        ssl_context: Any = None,
        send: Send | None = None,
        **settings: Any,
    ) -> None:
        """`settings`: see docs/python.md. Raises SettingsError, naming the setting.

        `on_error` gets each Problem once a reason. `consent_resolver(user_id, anonymous_id)` says the choices of a
        person for whom neither the call nor its context names them (purpose to bool, or None); it runs in the call, so
        it should look into memory. `before_send` gets each message as it is about to be queued, plain JSON values under
        their names on the wire, in the call as well, and returns what is to be sent instead, or None for nothing.
        `ssl_context` replaces the one made of `ca_file`; `send` replaces HTTP.
        """
        if not (before_send is None or callable(before_send)):
            raise SettingsError("before_send must be a function of a message")
        self.settings: Settings = load(write_key=write_key, endpoint=endpoint, **settings)
        self._on_error, self._resolver, self._before_send = on_error, consent_resolver, before_send
        self._ssl_context, self._custom_send = ssl_context, send
        params = frozenset(name.strip().lower() for name in self.settings.url_params.split(",") if name.strip())
        self._scrubber = Scrubber(params, self.settings.scrub)
        self._straight = Straight(
            self._scrubber.harmless, self._piece, not self.settings.enabled or before_send is not None
        )
        self._itself = f"server-{new_id()}"  # who says `$lost`: a process, not a person
        self._assemble()
        lifecycle.join(self)

    def track(self, event: str, properties: Object = None, *, user_id: Id = None, anonymous_id: Id = None,
              timestamp: Time = None, context: Object = None, consent: Consent = None,
              message_id: Id = None) -> str | None:  # fmt: skip
        """Something happened. `event`: 1 to 200 characters, not beginning with `$`."""
        if timestamp is None and context is None and message_id is None:
            found = self._straight.track(event, properties, user_id, anonymous_id, consent)
            if found is not None:
                reason = self._put(found[1])
                return found[0] if not reason else self._let_go(reason)
        call = {"type": "track", "event": event, "properties": properties}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def register(self, properties: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Properties that every later track, page and screen of this client carries; a call's own win."""
        given = {**(mapping(properties, "properties") or {}), **more}
        self._straight.super_properties = {**self._straight.super_properties, **given}

    def unregister(self, *names: str) -> None:
        """Forget registered properties: these, or all of them."""
        kept = {k: v for k, v in self._straight.super_properties.items() if names and k not in names}
        self._straight.super_properties = kept

    def flush(self, timeout: float = 10.0) -> Report:
        """Wait until what was captured before has been delivered or let go, at most `timeout` seconds."""
        try:
            lifecycle.notice_fork()
            self._delivery.flusher.flush(timeout)
            return self.stats().report()
        except Exception as error:  # noqa: BLE001 - never into the host
            self._reporter.bug(error)
            return Report()

    def shutdown(self, timeout: float | None = None) -> Report:
        """Take no more events, deliver within `timeout` (default `exit_timeout`) seconds. May be called again."""
        try:
            lifecycle.notice_fork()
            self._delivery.finish(self.settings.exit_timeout if timeout is None else timeout)
            lifecycle.leave(self)
            return self.stats().report()
        except Exception as error:  # noqa: BLE001 - never into the host
            self._reporter.bug(error)
            return Report()

    def stats(self) -> Stats:
        """The balance sheet of this process: captured + recovered = sent + pending + Σ dropped + Σ rejected."""
        lifecycle.notice_fork()
        return self._delivery.stats()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    @property
    def exit_timeout(self) -> float:
        return self.settings.exit_timeout

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    @property
    def durable(self) -> bool:
        """Are events that could not be delivered kept on the disk for the next process?"""
        return self._delivery.spool is not None

    def after_fork_in_child(self) -> None:
        """The parent keeps and sends what it has; this process begins anew, open or closed as it was."""
        closed = self._delivery.queue.closed
        self._delivery.abandon()
        self._assemble()
        if closed:
            self._delivery.queue.close(closed)

    def _assemble(self) -> None:
        send = self._custom_send
        if send is None:
            # not at import: http.client and ssl cost more than all the rest, and here no thread of ours imports
            from firsthand.transport import transport

            send = transport(self.settings, self._ssl_context)
        self._reporter = Reporter(self._on_error)
        self._reporter.prepare()
        self._delivery = Delivery(self.settings, send, self._reporter, self._tell_lost)
        self._put = self._delivery.put

    # the long way

    def _capture(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> str | None:  # fmt: skip
        try:
            id_, data = self._message(call, user_id, anonymous_id, timestamp, context, consent, message_id)
            reason = self._put(data)
            return id_ if not reason else self._let_go(reason)
        except Refused as refused:
            self._delivery.queue.drop(refused.reason)
            if refused.detail:
                self._reporter.report("dropped", refused.reason, refused.detail)
        except Exception as error:  # noqa: BLE001 - never into the host
            self._delivery.queue.drop("internal")
            self._reporter.bug(error)
        return None

    def _let_go(self, reason: str) -> str | None:
        """Say why the queue did not take an event; it has counted it. Returns None, as the call does."""
        full = reason.endswith("_full")
        detail = "events come faster than they can be delivered" if full else "captured after the end"
        self._reporter.report("dropped", reason, detail)
        return None

    def _message(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> tuple[str, bytes]:  # fmt: skip
        """Message id and encoded message. Raises Refused."""
        if not self.settings.enabled:
            raise Refused("disabled", "")
        scope = current.get()
        about = mapping(context, "context") or {}
        if scope is not None:
            about = {**scope.context, **about}
            user_id = scope.user_id if user_id is None else user_id
            anonymous_id = scope.anonymous_id if anonymous_id is None else anonymous_id
            consent = scope.consent if consent is None else consent
        user, anonymous = identity(user_id, "user_id"), identity(anonymous_id, "anonymous_id")
        choices = choices_of(self._resolved(user, anonymous) if consent is None else consent)
        self._ask_gate(about, choices)
        self._check_parts(call)
        given_time = timestamp_text(timestamp)
        fresh, now = stamp()
        id_ = identity(message_id, "message_id") or fresh
        message = build({**call, "timestamp": given_time}, State(anonymous, user, preferences=choices), about, LIBRARY,
                        id_, now)  # fmt: skip
        data = self._encoded(message, str(call["type"]))
        if self._before_send is not None:
            asked = self._asked(self._before_send, json.loads(data))
            self._ask_gate(asked["context"], choices)
            data = self._encoded(asked, str(call["type"]))  # once more: what a hook adds is scrubbed like the rest
        if len(data) > MAX_MESSAGE_BYTES:
            raise Refused("too_large", f"a message may have {MAX_MESSAGE_BYTES} bytes, this one has {len(data)}")
        return id_, data

    def _asked(self, before_send: BeforeSend, message: dict[str, Any]) -> dict[str, Any]:
        """The message that a hook has left. Raises Refused: its veto, its exception, or something that is none."""
        kind, id_ = message["type"], message["messageId"]
        try:
            found = before_send(message)
        except Exception as error:  # noqa: BLE001 - foreign code: fails closed
            raise Refused("before_send", f"it raised {type(error).__name__}") from None
        if found is None:
            raise Refused("before_send", "")
        if not (
            isinstance(found, dict)
            and (found.get("type"), found.get("messageId")) == (kind, id_)
            and isinstance(found.get("context"), dict)
            and isinstance(found["context"].get("purpose", ""), str)
            and (found.get("userId") or found.get("anonymousId"))
        ):
            raise Refused("before_send", "it must return the message (type, messageId, an identity, context) or None")
        return found

    def _ask_gate(self, about: Mapping[str, Any], choices: Mapping[str, bool] | None) -> None:
        purpose = about.get("purpose") or ANALYTICS
        if not passes(self.settings.consent_policy, purpose, choices, about.get("gpc") is True):
            raise Refused("no_consent", f"pass consent={{{purpose!r}: True}}, or see the setting consent_policy")

    def _check_parts(self, call: dict[str, Any]) -> None:
        for key in ("properties", "traits"):
            if call.get(key) is not None:
                call[key] = mapping(call[key], key)
        for key in ("groupId", "previousId"):
            if key in call:
                call[key] = identity(call[key], key)
        if call["type"] in _WITH_PROPERTIES and self._straight.super_properties:
            call["properties"] = {**self._straight.super_properties, **(call.get("properties") or {})}

    def _encoded(self, message: dict[str, Any], kind: str) -> bytes:
        data, warnings = encode(message)
        if warnings:
            self._reporter.report("placeholder", kind, "; ".join(warnings[:5]))
        if self._scrubber.needed(data.decode(), message["context"]):
            scrubbed, gone = self._scrubber.message(json.loads(data))
            if gone:
                self._reporter.report("scrubbed", kind, f"left out by name: {', '.join(gone[:5])}")
            data = encode(scrubbed).data
        return data

    def _piece(self, scope: Scope | None, choices: dict[str, bool] | None) -> str:
        """The encoded context for the straight way, or "": this call is not plain."""
        about = scope.context if scope is not None else {}
        if (choices is None and self._resolver is not None) or not isinstance(about.get("purpose", ""), str):
            return ""
        try:
            self._ask_gate(about, choices)
        except Refused:
            return ""
        context = stamped_context({}, State(preferences=choices), about, LIBRARY)
        data, warnings = encode({"context": context})
        scrubbed, gone = self._scrubber.message(json.loads(data)) if self.settings.scrub else (json.loads(data), [])
        return "" if warnings or gone else encode(scrubbed["context"]).data.decode()

    def _resolved(self, user: str | None, anonymous: str | None) -> Consent:
        """The resolver's word; whatever goes wrong in it means that no choice is known."""
        if self._resolver is None:
            return None
        try:
            return self._resolver(user, anonymous)
        except Exception as error:  # noqa: BLE001 - foreign code: fails closed
            self._reporter.report("resolver", type(error).__name__, "consent_resolver raised; no choice is known")
            return None

    def _tell_lost(self, reasons: Mapping[str, int]) -> None:
        """Put a `$lost` event: how many events were let go, and why. It names no person and needs no consent."""
        call = {"type": "track", "event": "$lost", "internal": True, "timestamp": None,
                "properties": {"count": sum(reasons.values()), "reasons": dict(reasons)}}  # fmt: skip
        id_, now = stamp()
        message = build(call, State(self._itself), {"purpose": NECESSARY}, LIBRARY, id_, now)
        self._delivery.put_at_once(encode(message).data)
