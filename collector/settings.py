"""All settings of Firsthand, in one frozen struct, read in one place.

Order: defaults below < `firsthand.toml` < environment `FIRSTHAND_<SETTING>`. An unknown key or a value of the
wrong type is refused when the program starts, with the name of the setting. In the environment an unknown name is only
told of (`misspelt`): others put names there too, an orchestrator FIRSTHAND_SERVICE_HOST for one. `docs/settings.md`
documents each setting (a test compares). Sizes are bytes, times are seconds unless the name says otherwise.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from collector.protocol import MAX_BODY_BYTES

ENV_PREFIX = "FIRSTHAND_"
# What the examples of the SDKs read: close to a name of ours, and meant
NOT_OURS = frozenset({"endpoint", "write_key"})
SECRETS = frozenset({"catalog_credential", "s3_secret_access_key", "s3_access_key_id", "catalog_uri", "consent_store",
                     "pii_keys", "oidc_client_secret"})  # fmt: skip


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and says what is expected."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See docs/settings.md for what each does."""

    data: str = ".firsthand"
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    collector_id: str = "c1"
    log_level: str = "info"

    trusted_proxies: tuple[str, ...] = ()
    body_timeout: float = 10.0
    header_timeout: float = 15.0
    drain_timeout: float = 20.0
    max_inflight_bytes: int = 64 * 1024**2
    rate_limit_events: int = 20_000
    rate_limit_burst: int = 100_000

    default_mode: str = "opt_in"
    hash_user_id: bool = False
    query_params: tuple[str, ...] = ()
    pii_keys: str = ""
    pii_key_command: str = ""
    pii_shadow: tuple[str, ...] = ()
    pii_off: tuple[str, ...] = ()
    geoip_db: str = ""
    consent_store: str = ""

    spool_max_bytes: int = 4 * 1024**3
    spool_min_free_bytes: int = 256 * 1024**2
    seal_bytes: int = 8 * 1024**2
    seal_seconds: float = 5.0

    catalog_uri: str = ""
    catalog_credential: str = ""
    warehouse: str = ""
    namespace: str = "firsthand"
    sink: str = "iceberg"
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_path_style: bool = True

    commit_interval: float = 10.0
    commit_rows: int = 100_000
    dedupe_ids: int = 1_000_000
    expire_every: int = 50
    snapshot_keep_seconds: float = 3600.0
    orphan_grace_seconds: float = 3600.0
    maintain_interval: float = 3600.0
    erase_at: str = ""
    erase_grace_seconds: float = 60.0
    export_days: int = 7

    wechat_api: str = "https://api.weixin.qq.com"

    live: bool = True
    console: bool = True
    console_idle_seconds: float = 1800.0
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    demo: str = ""
    demo_orders: str = ""

    @property
    def data_dir(self) -> Path:
        """The one directory below which everything is written."""
        return Path(self.data).resolve()

    @property
    def spool_dir(self) -> Path:
        return self.data_dir / "spool"

    @property
    def consent_url(self) -> str:
        """Address of the consent store."""
        return self.consent_store or f"sqlite:///{self.data_dir / 'consent.db'}"

    @property
    def effective_seal_seconds(self) -> float:
        """Segments are sealed more than twice a commit, so that commit_interval alone sets the delay."""
        return min(self.seal_seconds, self.commit_interval * 0.4)

    def shown(self) -> dict[str, Any]:
        """All values as JSON types, secrets hidden."""
        values = msgspec.to_builtins(self)
        return {k: ("***" if k in SECRETS and v else v) for k, v in values.items()}


def load(config: Path | None = None, data: str | None = None, environ: Mapping[str, str] | None = None,
         **overrides: Any) -> Settings:  # fmt: skip
    """The settings in force. `config` defaults to ./firsthand.toml if that exists.

    Raises SettingsError for an unreadable file, an unknown setting or a wrong value.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {k: v for k, v in read_file(config).items() if k != "source"}
    places = dict.fromkeys(values, str(config or "firsthand.toml"))
    for field in Settings.__struct_fields__:
        variable = ENV_PREFIX + field.upper()
        if variable in environ:
            values[field], places[field] = environ[variable], variable
    if data is not None:
        values["data"] = data
    values |= {k: v for k, v in overrides.items() if v is not None}
    return _convert(values, places)


def misspelt(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables of the environment that nearly name a setting, with the name that may be meant. They have no effect."""
    environ = os.environ if environ is None else environ
    fields = Settings.__struct_fields__
    found: dict[str, str] = {}
    for variable in sorted(v for v in environ if v.startswith(ENV_PREFIX)):
        name = variable.removeprefix(ENV_PREFIX).lower()
        if name not in fields and name not in NOT_OURS:
            near = difflib.get_close_matches(name, fields, 1, 0.75)
            found |= {variable: ENV_PREFIX + near[0].upper()} if near else {}
    return found


def read_file(config: Path | None) -> dict[str, Any]:
    """The parsed configuration file; empty if none was named and ./firsthand.toml does not exist."""
    path = config or Path("firsthand.toml")
    if config is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist; name another with --config FILE") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _convert(values: dict[str, Any], places: Mapping[str, str]) -> Settings:
    """`places`: where a value was set, by the setting's name."""
    for name in ("trusted_proxies", "query_params", "pii_shadow", "pii_off"):  # in the environment: comma-separated
        if isinstance(values.get(name), str):
            values[name] = tuple(v.strip() for v in values[name].split(",") if v.strip())
    for name, value in values.items():
        if isinstance(value, str) and value.lower() in ("true", "false"):
            values[name] = value.lower() == "true"
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        named = re.search(r"`(?:\$\.)?(\w+)`?(?:\[|`|$)", str(error).rpartition(" - at ")[2])
        place = places.get(named[1], "") if named else ""
        raise SettingsError(f"settings: {error}{place and f' in {place}'}; see docs/settings.md") from error
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.log_level.lower() not in ("debug", "info", "warning", "error"):
        raise SettingsError("log_level must be debug, info, warning or error")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", settings.collector_id):
        raise SettingsError("collector_id may have letters, digits, dot, dash and underscore, 1 to 64 of them")
    for network in settings.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise SettingsError(f"trusted_proxies: {network} is no address or network such as 10.0.0.0/8") from None
    if settings.default_mode not in ("opt_in", "opt_out", "exempt"):
        raise SettingsError("default_mode must be opt_in, opt_out or exempt")
    if not 0 <= settings.port <= 65_535:
        raise SettingsError("port must be a number from 0 (any free one) to 65535")
    if settings.workers < 1:
        raise SettingsError("workers must be at least 1")
    if not settings.wechat_api.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SettingsError("wechat_api must be an https address: the AppSecret travels to it")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise SettingsError("public_url must be an address such as https://events.shop.example")
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_client_secret and settings.public_url):
        raise SettingsError("oidc_issuer also needs oidc_client_id, oidc_client_secret and public_url")
    if settings.max_inflight_bytes < MAX_BODY_BYTES:
        raise SettingsError(f"max_inflight_bytes must be at least {MAX_BODY_BYTES}, the size of one body")
    if settings.erase_at and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", settings.erase_at):
        raise SettingsError("erase_at must be a time of day in UTC such as 03:00, or empty")
    if settings.erase_grace_seconds < 0 or settings.export_days < 1:
        raise SettingsError("erase_grace_seconds must be at least 0, export_days at least 1")
    for name in ("commit_interval", "seal_seconds", "body_timeout", "header_timeout", "maintain_interval",
                 "console_idle_seconds"):  # fmt: skip
        if getattr(settings, name) <= 0:
            raise SettingsError(f"{name} must be more than 0 seconds")
    for name in ("drain_timeout", "snapshot_keep_seconds", "orphan_grace_seconds", "dedupe_ids",
                 "spool_min_free_bytes"):  # fmt: skip
        if getattr(settings, name) < 0:
            raise SettingsError(f"{name} must be at least 0")
    for name in (
        "rate_limit_events",
        "rate_limit_burst",
        "spool_max_bytes",
        "seal_bytes",
        "commit_rows",
        "expire_every",
    ):
        if getattr(settings, name) < 1:
            raise SettingsError(f"{name} must be at least 1")
