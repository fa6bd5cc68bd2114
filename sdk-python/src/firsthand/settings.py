"""All settings, in one frozen object, read in one place.

Order: defaults below < environment `FIRSTHAND_<SETTING>` < arguments of `configure()` or `Client()`. An unknown
setting or a value that cannot be used is refused when the client is built, with its name and what is expected;
that is the only time this package raises. `docs/python.md` documents each (a test compares).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from firsthand.gate import POLICIES

ENV_PREFIX = "FIRSTHAND_"
WHEN_FULL = ("drop_new", "block")
_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class SettingsError(ValueError):
    """A setting cannot be used; the text names it and says what is expected."""


class Settings(NamedTuple):
    """Sizes are bytes, times are seconds. Made by `load`, which checks."""

    write_key: str
    endpoint: str
    enabled: bool = True
    dry_run: bool = False
    consent_policy: str = "strict"
    scrub: bool = True
    url_params: str = ""

    queue_events: int = 10_000
    queue_bytes: int = 32 * 1024 * 1024
    when_full: str = "drop_new"
    block_seconds: float = 1.0

    batch_events: int = 100
    batch_bytes: int = 400_000
    batch_seconds: float = 0.5

    spool_dir: str = ""
    spool_bytes: int = 256 * 1024 * 1024
    spool_sync_seconds: float = 0.005

    connect_timeout: float = 3.0
    request_timeout: float = 10.0
    exit_timeout: float = 5.0
    compress: bool = True
    proxy: str = ""
    ca_file: str = ""


LEAST = {"queue_events": 1, "queue_bytes": 1, "batch_events": 1, "batch_bytes": 1, "spool_bytes": 1_000_000}
SECONDS = {
    "connect_timeout": (0.001, 3600), "request_timeout": (0.001, 3600), "batch_seconds": (0, 3600),
    "exit_timeout": (0, 3600), "block_seconds": (0, 3600), "spool_sync_seconds": (0, 10),
}  # fmt: skip


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings in force. An argument that is None counts as not given. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    kinds = {name: str(kind) for name, kind in Settings.__annotations__.items()}
    values: dict[str, Any] = {"write_key": "", "endpoint": ""}
    for name, kind in kinds.items():
        text = environ.get(ENV_PREFIX + name.upper())
        if text is not None:
            values[name] = _parse(name, _plain(kind), text.strip())
    for name, value in given.items():
        if name not in kinds:
            raise SettingsError(f"{name} is not a setting; there are {', '.join(kinds)}")
        if value is not None:
            values[name] = _typed(name, _plain(kinds[name]), value)
    settings = Settings(**values)
    _check(settings)
    return settings._replace(proxy=_proxy(settings, environ))


def _plain(kind: str) -> str:
    """`ForwardRef('int')` → `int`: how NamedTuple keeps its annotations."""
    return next(word for word in ("bool", "int", "float", "str") if word in kind)


def _check(settings: Settings) -> None:
    if not settings.write_key:
        raise SettingsError(f"write_key is missing: pass it to configure() or set {ENV_PREFIX}WRITE_KEY")
    if any(c.isspace() for c in settings.write_key) or not settings.write_key.isascii():
        raise SettingsError("write_key must be ASCII without blanks, as `firsthand source add` printed it")
    if not settings.endpoint:
        raise SettingsError(f"endpoint is missing: pass it to configure() or set {ENV_PREFIX}ENDPOINT")
    _check_address(settings.endpoint, "endpoint", "https://collect.example.org (a path prefix is allowed)")
    for name, words in (("consent_policy", POLICIES), ("when_full", WHEN_FULL)):
        if getattr(settings, name) not in words:
            raise SettingsError(f"{name} must be one of {', '.join(words)}")
    for name, least in LEAST.items():
        if getattr(settings, name) < least:
            raise SettingsError(f"{name} must be at least {least}")
    if settings.batch_events > 500:
        raise SettingsError("batch_events must be at most 500: the collector takes no more")
    for name, (low, high) in SECONDS.items():
        if not low <= getattr(settings, name) <= high:
            raise SettingsError(f"{name} must be {low} to {high} seconds")
    if settings.spool_dir and os.name != "posix":
        raise SettingsError("spool_dir needs a system with flock() and fork(): Linux, macOS or BSD")
    if settings.proxy not in ("", "off"):
        _check_address(settings.proxy, "proxy", "http://proxy.example.org:3128, or `off`", proxy=True)


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
    if name == "spool_dir" and isinstance(value, os.PathLike):
        return os.fspath(value)
    if type(value).__name__ != kind:
        raise SettingsError(f"{name} must be of type {kind}, not {type(value).__name__}")
    return value


def _check_address(address: str, name: str, example: str, proxy: bool = False) -> None:
    from urllib.parse import urlsplit  # a tenth of what importing this package may cost

    expected = f"{name} must look like {example}"
    schemes = ("http",) if proxy else ("http", "https")  # no TLS to a proxy: inside of it there could be no second
    try:
        parts = urlsplit(address)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise SettingsError(expected) from None
    if not usable or parts.query or parts.fragment or (parts.username and not proxy) or not address.isascii():
        raise SettingsError(expected)


def _proxy(settings: Settings, environ: Mapping[str, str]) -> str:
    """The proxy to use, or "". Unless the setting says, the variables that every program of a server obeys do."""
    from urllib.parse import urlsplit

    if settings.proxy:
        return "" if settings.proxy == "off" else settings.proxy
    parts = urlsplit(settings.endpoint)
    host = str(parts.hostname)
    for entry in (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(","):
        suffix = entry.strip().lstrip(".").lower()
        if suffix == "*" or (suffix and (host == suffix or host.endswith(f".{suffix}"))):
            return ""
    # HTTP_PROXY in capitals may come from a request's header in a CGI program, so http has the small form only
    names = ["https_proxy", "HTTPS_PROXY"] if parts.scheme == "https" else ["http_proxy"]
    for name in (*names, "all_proxy", "ALL_PROXY"):
        found = environ.get(name, "")
        with contextlib.suppress(SettingsError):  # not ours to judge: it is meant for everybody
            _check_address(found, name, "http://proxy.example.org:3128", proxy=True)
            return found
    return ""
