"""Where the tables live: catalog and store, opened from one plain struct.

The catalog is chosen by the scheme of its address, so that no setting can contradict another:

    (empty)                       SQLite file `<data>/catalog.db`, tables in `<data>/warehouse`
    sqlite:///…                   another SQLite file
    postgresql+psycopg://…        PostgreSQL as an Iceberg SQL catalog
    http://… https://…            an Iceberg REST catalog

Every call over the network has a time limit: a catalog that hangs must look like one that is away.
"""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException

CONNECT_SECONDS: Final = 5.0
REQUEST_SECONDS: Final = 30.0
NAME: Final = "firsthand"


class StoreError(ValueError):
    """The store's settings cannot be used; the message says which and what is expected."""


class Overtaken(RuntimeError):
    """The catalog says that the table changed under a commit. It may say so of a commit that landed: look again.

    A proxy or pyiceberg itself may send a commit twice when the first answer is lost, and the second is refused
    because of the first. On a CommitFailedException pyiceberg deletes the commit's manifests at once, which then
    breaks the table for every reader; so a REST catalog's refusal is turned into this, and what really is left over
    is for the purge of unreferenced files.
    """


CONFLICTS: Final = (CommitFailedException, Overtaken)


class StoreConfig(msgspec.Struct, frozen=True):
    """Settings of the store, by the names of docs/settings.md. `data_dir` is absolute."""

    data_dir: str
    catalog_uri: str = ""
    catalog_credential: str = ""
    warehouse: str = ""
    namespace: str = "firsthand"
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_path_style: bool = True
    consent_url: str = ""

    @property
    def consent_store(self) -> str:
        """Address of the consent store: the one that was set, or the file in the data directory."""
        return self.consent_url or f"sqlite:///{Path(self.data_dir) / 'consent.db'}"

    @property
    def scheme(self) -> str:
        """`sqlite`, `postgresql+psycopg`, `http`, `https` or what else the address begins with."""
        return urlsplit(self.catalog_uri).scheme if self.catalog_uri else "sqlite"

    @property
    def is_rest(self) -> bool:
        return self.scheme in ("http", "https")

    @property
    def warehouse_uri(self) -> str:
        """The root of the tables: an s3:// or file:// address, or a REST catalog's warehouse name."""
        if self.warehouse:
            return (
                self.warehouse if "://" in self.warehouse or self.is_rest else Path(self.warehouse).resolve().as_uri()
            )
        return "" if self.is_rest else (Path(self.data_dir) / "warehouse").as_uri()

    def check(self) -> None:
        """Raises StoreError for an address that no catalog is known for."""
        if self.scheme not in ("sqlite", "postgresql+psycopg", "http", "https"):
            raise StoreError(
                f"catalog_uri begins with {self.scheme!r}; use sqlite:///FILE, "
                "postgresql+psycopg://USER:PASSWORD@HOST/DB, http://… or https://…, "
                "or leave it empty for a SQLite file in the data directory"
            )
        if self.is_rest and not self.warehouse:
            raise StoreError("warehouse must be set for a REST catalog (its warehouse name, for example s3://lake)")


def s3_properties(config: StoreConfig) -> dict[str, str]:
    """The store's S3 settings as pyiceberg names them; empty values are left to the SDK's own search."""
    values = {
        "s3.endpoint": config.s3_endpoint,
        "s3.region": config.s3_region,
        "s3.access-key-id": config.s3_access_key_id,
        "s3.secret-access-key": config.s3_secret_access_key,
        "s3.connect-timeout": str(CONNECT_SECONDS),
        "s3.request-timeout": str(REQUEST_SECONDS),
    }
    if config.s3_endpoint:
        values["s3.force-virtual-addressing"] = str(not config.s3_path_style)
    return {name: value for name, value in values.items() if value}


def open_catalog(config: StoreConfig) -> Catalog:
    """The catalog. Raises StoreError for settings, and the catalog's own errors while it is away."""
    config.check()
    if config.is_rest:
        return _rest(config)
    uri = config.catalog_uri
    if not uri:
        data = Path(config.data_dir)
        data.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{data / 'catalog.db'}"
    from pyiceberg.catalog.sql import SqlCatalog

    properties = {"uri": uri, "warehouse": config.warehouse_uri, **s3_properties(config)}
    if config.scheme != "sqlite":
        properties["pool_pre_ping"] = "true"
    return SqlCatalog(NAME, **properties)


def _rest(config: StoreConfig) -> Catalog:
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.table import CommitTableResponse
    from requests import PreparedRequest, Response, Session
    from requests.adapters import HTTPAdapter

    class Limited(HTTPAdapter):
        def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, REQUEST_SECONDS)
            return super().send(request, *args, **options)

    class CarefulCatalog(RestCatalog):
        def _config_headers(self, session: Session) -> None:
            # pyiceberg's HTTP sessions wait for ever; this is the first that is done with a new one
            super()._config_headers(session)
            for scheme in ("http://", "https://"):
                session.mount(scheme, Limited())

        def commit_table(self, *args: Any, **options: Any) -> CommitTableResponse:
            try:
                answer: CommitTableResponse = super().commit_table(*args, **options)
            except CommitFailedException as error:
                raise Overtaken(str(error)) from error
            return answer

    properties = {"uri": config.catalog_uri, "warehouse": config.warehouse, **s3_properties(config)}
    if config.catalog_credential:
        properties["credential"] = config.catalog_credential
        properties["oauth2-server-uri"] = config.catalog_uri.rstrip("/") + "/v1/oauth/tokens"
    return CarefulCatalog(NAME, **properties)
