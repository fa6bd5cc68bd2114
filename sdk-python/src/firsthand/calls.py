"""The six verbs, written once: Client, the module's default and the test recorder differ only in where a call goes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Optional, Union

if TYPE_CHECKING:
    from uuid import UUID

Id = Union[str, int, "UUID", None]
Time = Union[datetime, str, float, None]
Object = Optional[Mapping[str, Any]]
Consent = Optional[Mapping[str, bool]]


class Calls(ABC):
    """Every method returns the message id, or None if the event was let go; the reason is counted and reported."""

    def track(self, event: str, properties: Object = None, *, user_id: Id = None, anonymous_id: Id = None,
              timestamp: Time = None, context: Object = None, consent: Consent = None,
              message_id: Id = None) -> str | None:  # fmt: skip
        """Something happened. `event`: 1 to 200 characters, not beginning with `$`."""
        call = {"type": "track", "event": event, "properties": properties}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def page(self, name: str | None = None, properties: Object = None, *, user_id: Id = None,
             anonymous_id: Id = None, timestamp: Time = None, context: Object = None, consent: Consent = None,
             message_id: Id = None) -> str | None:  # fmt: skip
        """A page was seen; its address belongs into `context["page"]`."""
        call = {"type": "page", "name": name, "properties": properties}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def screen(self, name: str | None = None, properties: Object = None, *, user_id: Id = None,
               anonymous_id: Id = None, timestamp: Time = None, context: Object = None, consent: Consent = None,
               message_id: Id = None) -> str | None:  # fmt: skip
        """A screen of an app was seen."""
        call = {"type": "screen", "name": name, "properties": properties}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def identify(self, user_id: Id = None, traits: Object = None, *, anonymous_id: Id = None,
                 timestamp: Time = None, context: Object = None, consent: Consent = None,
                 message_id: Id = None) -> str | None:  # fmt: skip
        """Who the person is."""
        call = {"type": "identify", "traits": traits}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def group(self, group_id: Id, traits: Object = None, *, user_id: Id = None, anonymous_id: Id = None,
              timestamp: Time = None, context: Object = None, consent: Consent = None,
              message_id: Id = None) -> str | None:  # fmt: skip
        """The person belongs to an account, a company, a team."""
        call = {"type": "group", "groupId": group_id, "traits": traits}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    def alias(self, previous_id: Id, user_id: Id = None, *, anonymous_id: Id = None, timestamp: Time = None,
              context: Object = None, consent: Consent = None, message_id: Id = None) -> str | None:  # fmt: skip
        """`previous_id` and the ids given are the same person."""
        call = {"type": "alias", "previousId": previous_id}
        return self._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)

    @abstractmethod
    def _capture(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> str | None:  # fmt: skip
        """Where a call goes. Returns what every verb returns; raises nothing."""
