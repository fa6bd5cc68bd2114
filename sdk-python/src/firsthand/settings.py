"""All settings, in one frozen object, read in one place.

Order: defaults below < environment `FIRSTHAND_<SETTING>` < arguments of `configure()` or `Client()`. An unknown
setting or a value that cannot be used is refused when the client is built, with its name and what is expected;
that is the only time this package raises. `README.md` documents each (a test compares).
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from firsthand.gate import POLICIES

ENV_PREFIX = "FIRSTHAND_"
_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class SettingsError(ValueError):
    """A setting cannot be used; the text names it and says what is expected."""


@dataclass(frozen=True)
class Settings:
    """Sizes are bytes, times are seconds."""

    write_key: str
    endpoint: str
    enabled: bool = True
    consent_policy: str = "strict"

    queue_events: int = 10_000
    queue_bytes: int = 32 * 1024 * 1024

    batch_events: int = 100
    batch_bytes: int = 400_000
    batch_seconds: float = 0.5

    connect_timeout: float = 3.0
    request_timeout: float = 10.0
    exit_timeout: float = 5.0
    compress: bool = True
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.write_key:
            raise SettingsError(f"write_key is missing: pass it to configure() or set {ENV_PREFIX}WRITE_KEY")
        if any(c.isspace() for c in self.write_key) or not self.write_key.isascii():
            raise SettingsError("write_key must be ASCII without blanks, as `firsthand source add` printed it")
        if not self.endpoint:
            raise SettingsError(f"endpoint is missing: pass it to configure() or set {ENV_PREFIX}ENDPOINT")
        _check_endpoint(self.endpoint)
        if self.consent_policy not in POLICIES:
            raise SettingsError(f"consent_policy must be one of {', '.join(POLICIES)}")
        for name in ("queue_events", "queue_bytes", "batch_events", "batch_bytes"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1")
        if self.batch_events > 500:
            raise SettingsError("batch_events must be at most 500: the collector takes no more")
        for name in ("connect_timeout", "request_timeout"):
            if not 0 < getattr(self, name) <= 3600:
                raise SettingsError(f"{name} must be more than 0 and at most 3600 seconds")
        for name in ("batch_seconds", "exit_timeout"):
            if not 0 <= getattr(self, name) <= 3600:
                raise SettingsError(f"{name} must be 0 to 3600 seconds")


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings in force. An argument that is None counts as not given. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    fields = {field.name: str(field.type) for field in dataclasses.fields(Settings)}
    values: dict[str, Any] = {"write_key": "", "endpoint": ""}
    for name, kind in fields.items():
        text = environ.get(ENV_PREFIX + name.upper())
        if text is not None:
            values[name] = _parse(name, kind, text.strip())
    for name, value in given.items():
        if name not in fields:
            raise SettingsError(f"{name} is not a setting; there are {', '.join(fields)}")
        if value is not None:
            values[name] = _typed(name, fields[name], value)
    return Settings(**values)


def _parse(name: str, kind: str, text: str) -> Any:
    try:
        if kind == "bool":
            return _WORDS[text.lower()]
        return {"int": int, "float": float}.get(kind, str)(text)
    except (KeyError, ValueError):
        expected = "true or false" if kind == "bool" else f"of type {kind}"
        raise SettingsError(f"{ENV_PREFIX}{name.upper()} must be {expected}") from None


def _typed(name: str, kind: str, value: Any) -> Any:
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value).__name__ != kind:
        raise SettingsError(f"{name} must be of type {kind}, not {type(value).__name__}")
    return value


def _check_endpoint(endpoint: str) -> None:
    expected = "endpoint must look like https://collect.example.org (a path prefix is allowed)"
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise SettingsError(expected) from None
    if not usable or parts.query or parts.fragment or parts.username or not endpoint.isascii():
        raise SettingsError(expected)
