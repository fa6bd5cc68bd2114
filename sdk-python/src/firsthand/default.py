"""The client of the process, behind the functions of the package.

There is none until `configure()`, or until the first call if the environment names a write key and an endpoint. A
call that finds neither does nothing, says so once, and raises nothing: an application whose telemetry is not set up
must run as well as one whose is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firsthand.calls import Calls, Consent, Id, Object, Time
from firsthand.client import BeforeSend, Client, Resolver
from firsthand.guard import OnError, Reporter
from firsthand.protocol import Report, Stats
from firsthand.settings import SettingsError


class Default(Calls):
    """Forwards to the configured client. `use()` lets the test helper put another in its place."""

    def __init__(self) -> None:
        self._client: Calls | None = None
        self._tried = False
        self._reporter = Reporter()

    def configure(
        self,
        write_key: str | None = None,
        endpoint: str | None = None,
        *,
        on_error: OnError | None = None,
        consent_resolver: Resolver | None = None,
        before_send: BeforeSend | None = None,
        **settings: Any,
    ) -> Client:
        """Build the client of this process; arguments as of `Client`. Raises SettingsError, naming the setting.

        An earlier one takes no more events and is given its `exit_timeout` to deliver those it has.
        """
        client = Client(write_key, endpoint, on_error=on_error, consent_resolver=consent_resolver,
                        before_send=before_send, **settings)  # fmt: skip
        previous = self.use(client)
        if isinstance(previous, Client):
            previous.shutdown()
        return client

    def track(self, event: str, properties: Object = None, *, user_id: Id = None, anonymous_id: Id = None,
              timestamp: Time = None, context: Object = None, consent: Consent = None,
              message_id: Id = None) -> str | None:  # fmt: skip
        """See Client.track."""
        client = self._client or self._from_environment()
        if client is None:
            return None
        return client.track(event, properties, user_id=user_id, anonymous_id=anonymous_id, timestamp=timestamp,
                            context=context, consent=consent, message_id=message_id)  # fmt: skip

    def register(self, properties: Mapping[str, Any] | None = None, **more: Any) -> None:
        """See Client.register."""
        client = self._client or self._from_environment()
        if isinstance(client, Client):
            client.register(properties, **more)

    def unregister(self, *names: str) -> None:
        """See Client.unregister."""
        if isinstance(self._client, Client):
            self._client.unregister(*names)

    def use(self, client: Calls | None) -> Calls | None:
        """Put `client` in charge; returns the one that was."""
        previous, self._client, self._tried = self._client, client, False
        return previous

    def flush(self, timeout: float = 10.0) -> Report:
        """See Client.flush."""
        return self._client.flush(timeout) if isinstance(self._client, Client) else Report()

    def shutdown(self, timeout: float | None = None) -> Report:
        """See Client.shutdown."""
        return self._client.shutdown(timeout) if isinstance(self._client, Client) else Report()

    def stats(self) -> Stats | None:
        """See Client.stats; None if nothing is configured."""
        return self._client.stats() if isinstance(self._client, Client) else None

    def _capture(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> str | None:  # fmt: skip
        client = self._client or self._from_environment()
        if client is None:
            return None
        return client._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def _from_environment(self) -> Calls | None:
        if self._tried:
            return None
        self._tried = True
        try:
            self._client = Client()
        except SettingsError as error:
            self._reporter.report("dropped", "not_configured", str(error))
        except Exception as error:  # noqa: BLE001 - never into the host (an unreadable CA file, say)
            self._reporter.bug(error)
        return self._client
