"""Sources: who may send, under which write key.

Two places, read as one: `[[source]]` tables in `firsthand.toml` (yours to edit, never written) and
`<data>/sources.json` (written by `firsthand source add|rotate|pause`, mode 0600). Workers look once a second
whether either changed, so a new source works without a restart. A file that cannot be read keeps the last good
sources in force: a typing mistake must not turn collection off.
"""

import logging
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from collector.context import Source, WeChatApp
from collector.settings import Settings, SettingsError, read_file
from collector.spool.disk import replace_file
from consent.mistakes import Mistake
from consent.pii.policy import Entry, Policy, PolicyError, policy_of

log = logging.getLogger("firsthand.sources")
KINDS = ("web", "miniprogram", "server", "app")
DEFAULT_SITE = "default"
SITE = re.compile(r"[A-Za-z0-9._-]{1,64}")
STATES = ("live", "paused")


class SourceError(Mistake, SettingsError):
    """A source cannot be used; the text says what to change (consent/mistakes.py)."""


class StoredSource(msgspec.Struct, forbid_unknown_fields=True):
    """A source as it is written down; what is left out comes from the settings."""

    id: str
    write_key: str
    kind: str = "web"
    mode: str | None = None
    origins: list[str] = []
    state: str = "live"
    rate: int | None = None
    burst: int | None = None
    hash_user_id: bool | None = None
    query_params: list[str] = []
    wechat: WeChatApp | None = None
    pii: list[Entry] = []
    site: str | None = None
    match_keys: bool = False


def new_write_key() -> str:
    """A public key: 24 letters and digits, no meaning."""
    return "fh_" + "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(24))


def stored_path(settings: Settings) -> Path:
    return settings.data_dir / "sources.json"


def read_stored(settings: Settings) -> list[StoredSource]:
    """The sources that the command line wrote. Raises SourceError if the file is damaged."""
    path = stored_path(settings)
    if not path.exists():
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[StoredSource])
    except (OSError, msgspec.MsgspecError) as error:
        raise SourceError("source.unreadable", file=path, said=error) from error


def write_stored(settings: Settings, stored: list[StoredSource]) -> None:
    """Replace the written sources, atomically. Raises SourceError for a source that cannot be used."""
    for source in stored:
        _checked(source)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    replace_file(stored_path(settings), msgspec.json.format(msgspec.json.encode(stored), indent=2))


def read_configured(config: Path | None) -> list[StoredSource]:
    """The `[[source]]` tables of the configuration file. Raises SettingsError."""
    tables: Any = read_file(config).get("source", [])
    try:
        return msgspec.convert(tables, list[StoredSource])
    except msgspec.ValidationError as error:
        where = f"[[source]] in {config or 'firsthand.toml'}"
        raise SourceError("source.unreadable", file=where, said=error) from error


def sites(settings: Settings, config: Path | None) -> list[str]:
    """The sites that sources name, and the one of those that name none."""
    try:
        stored = [*read_configured(config), *read_stored(settings)]
    except SettingsError:  # a typing mistake in a file: the sources in force have the usual site
        stored = []
    return [DEFAULT_SITE, *(s.site for s in stored if s.site)]


def resolve(stored: Iterable[StoredSource], settings: Settings) -> dict[str, Source]:
    """Sources by write key, with the settings' defaults filled in. Raises SourceError."""
    found: dict[str, Source] = {}
    for source in stored:
        if source.write_key in found:
            raise SourceError("source.sameKey", one=found[source.write_key].id, other=source.id)
        found[source.write_key] = _source(_checked(source), settings)
    return found


def _source(stored: StoredSource, settings: Settings) -> Source:
    hash_user_id = settings.hash_user_id if stored.hash_user_id is None else stored.hash_user_id
    return Source(
        id=stored.id,
        write_key=stored.write_key,
        kind=stored.kind,
        mode=stored.mode or settings.default_mode,
        origins=tuple(o.rstrip("/").lower() for o in stored.origins),
        state=stored.state,
        rate=stored.rate or settings.rate_limit_events,
        burst=stored.burst or settings.rate_limit_burst,
        hash_user_id=hash_user_id,
        query_params=frozenset(q.lower() for q in (*settings.query_params, *stored.query_params)),
        wechat=stored.wechat,
        pii=_policy(stored, settings),
        site=stored.site or DEFAULT_SITE,
        match_keys=stored.match_keys,
    )


def _policy(stored: StoredSource, settings: Settings) -> Policy:
    try:
        return policy_of(stored.pii, settings.pii_shadow, settings.pii_off)
    except PolicyError as error:
        raise SourceError("source.pii", source=stored.id, said=error) from None


def check_id(id: str) -> None:
    """Raises SourceError for a new source's id that could not stand in an address of the console."""
    if not id or "/" in id or id != id.strip():
        raise SourceError("source.slash")


def check_origins(origins: Iterable[str]) -> None:
    """Raises SourceError for one that no browser would send: it would shut everybody out."""
    for origin in origins:
        if not origin.startswith(("http://", "https://")) or "/" in origin.partition("://")[2].rstrip("/"):
            raise SourceError("source.origin", origin=origin)


def _checked(source: StoredSource) -> StoredSource:
    if not source.id or len(source.id) > 64 or not source.id.isprintable():
        raise SourceError("source.id")
    if source.kind not in KINDS:
        raise SourceError("source.kind", source=source.id, kinds=", ".join(KINDS))
    if source.mode not in (None, "opt_in", "opt_out", "exempt"):
        raise SourceError("source.mode", source=source.id)
    if source.state not in STATES:
        raise SourceError("source.state", source=source.id)
    if source.site is not None and not SITE.fullmatch(source.site):
        raise SourceError("source.site", source=source.id)
    if source.wechat is not None and not (source.wechat.appid and source.wechat.secret):
        raise SourceError("source.wechat", source=source.id)
    return source


class SourceRegistry:
    """The sources in force in one worker; `refresh` re-reads what changed on disk."""

    def __init__(self, settings: Settings, config: Path | None) -> None:
        """Raises SettingsError if the sources cannot be used: at start that must be seen."""
        self._settings, self._config = settings, config
        self._stamp = self._stamp_now()
        self.by_key = self._load()

    def refresh(self) -> None:
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.by_key = self._load()
        except SettingsError as error:
            log.error("sources changed but cannot be used, keeping the old ones: %s", error)

    def _load(self) -> dict[str, Source]:
        return resolve([*read_configured(self._config), *read_stored(self._settings)], self._settings)

    def _stamp_now(self) -> tuple[tuple[int, int], ...]:
        stamps = []
        for path in (self._config or Path("firsthand.toml"), stored_path(self._settings)):
            try:
                status = path.stat()
                stamps.append((status.st_mtime_ns, status.st_ino))
            except FileNotFoundError:
                stamps.append((0, 0))
        return tuple(stamps)
