"""What callers give, checked: each function returns the plain form or raises Refused with `invalid`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from firsthand import moment
from firsthand.encode import fields_of, is_instance
from firsthand.event import Refused
from firsthand.protocol import MAX_IDENTITY_CHARS


def mapping(value: Any, name: str) -> dict[str, Any] | None:
    """A dict of a mapping or of an object with declared fields (dataclass, attrs, msgspec, pydantic)."""
    if value is None or isinstance(value, dict):
        return value
    found = dict(value) if isinstance(value, Mapping) else None if isinstance(value, type) else fields_of(value)
    if found is None:
        raise Refused("invalid", f"{name} must be a mapping, not {type(value).__name__}")
    return found


def choices_of(consent: Any) -> dict[str, bool] | None:
    """Purpose → bool. Only True itself is a yes: a truthy surprise must never widen anything."""
    if consent is None:
        return None
    if not isinstance(consent, Mapping):
        raise Refused("invalid", "consent must be a mapping of purpose to True or False")
    return {str(purpose): choice is True for purpose, choice in consent.items()}


def identity(value: Any, name: str) -> str | None:
    """The text of an id."""
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, (str, int)) or is_instance(value, "uuid", "UUID")):
        raise Refused("invalid", f"{name} must be text, an integer or a UUID, not {type(value).__name__}")
    text = str(value)
    if len(text) > MAX_IDENTITY_CHARS:
        raise Refused("invalid", f"{name} may have {MAX_IDENTITY_CHARS} characters")
    return text


def timestamp_text(value: Any) -> str | None:
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
