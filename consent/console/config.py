"""What the console is told by whoever mounts it. It reads neither the environment nor a settings file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from consent.pii.keys import Keys, open_keys


@dataclass(frozen=True)
class OpenIdProvider:
    """An OpenID Connect provider. `issuer` is the address below which `/.well-known/openid-configuration` lies."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class ConsoleConfig:
    """`store` is an SQLAlchemy address. `public_url` is what people type, empty if it is what the request says.

    `sites` are there before they ever published. Times in seconds. A session ends after `idle_seconds` without a
    request and after `session_seconds` in any case. `erase_at`: the loader's, a time of day, or empty. `pseudonyms`:
    the live keys under which people are looked for; those of the data directory's file if nothing is said.
    """

    data_dir: Path
    store: str
    public_url: str = ""
    idle_seconds: float = 30 * 60.0
    session_seconds: float = 12 * 3600.0
    oidc: OpenIdProvider | None = None
    erase_at: str = ""
    sites: Callable[[], Iterable[str]] = lambda: ("default",)
    pseudonyms: Callable[[], Keys] | None = None

    def pseudonym_keys(self) -> Keys:
        """As they are now. Raises KeyFileError."""
        return open_keys(self.data_dir / "keys" / "pii.json") if self.pseudonyms is None else self.pseudonyms()

    @property
    def secure(self) -> bool:
        """Whether people come by TLS: then cookies are `Secure` and bound to this host by their name."""
        return self.public_url.startswith("https://")
