"""Reading the tables with SQL: DuckDB over the newest snapshot, offline, read-only.

The catalog is asked by pyiceberg for the newest metadata file, which DuckDB then scans; so all catalogs
are read in the same way, and a reader sees one snapshot from beginning to end.

    events       exact: one row an event_id, whatever the loader and the compaction have not yet taken out
    events_raw   the table as it is
    identities   who is whom: a device and its user, an alias, a pseudonym of an older key and today's
    bad_events   what was refused
    events_for_<purpose>   what may be used for a purpose now (consented.py); consent_receipts: the ledger
    pii_report   what the firewall did, by hour, source, field, class, action and rule (firewall.py)
    deliveries, lost   numbers of each session that arrived and that are missing; losses that devices told (losses.py)

`query` takes one statement that only reads, and DuckDB may open nothing but the warehouse. `firsthand shell` is for
the operator and is not locked.
"""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import duckdb
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from warehouse import extensions
from warehouse.catalog import StoreConfig, open_catalog
from warehouse.consented import purpose_views
from warehouse.losses import DELIVERIES, LOST
from warehouse.row import arrow_schema
from warehouse.schema import EVENTS, TABLES, TableSchema

READS: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})


IDENTITIES: Final = """
CREATE VIEW identities AS
WITH links AS (
    SELECT 'identify' AS kind, anonymous_id AS from_id, user_id AS to_id, event_time FROM events_raw
    WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL
    UNION ALL
    SELECT 'alias', json_extract_string(properties, '$.previousId'), user_id, event_time FROM events_raw
    WHERE type = 'alias'
    UNION ALL
    SELECT 'key', pair.key, pair.value, event_time
    FROM (SELECT unnest(map_entries(CAST(json(pii_alias) AS MAP(VARCHAR, VARCHAR)))) AS pair, event_time
          FROM events_raw WHERE pii_alias IS NOT NULL AND pii_alias <> 'null'))
SELECT kind, from_id, to_id, min(event_time) AS first_seen, max(event_time) AS last_seen FROM links
WHERE from_id IS NOT NULL AND to_id IS NOT NULL GROUP BY ALL
"""


class QueryError(ValueError):
    """A statement that cannot run; the message is DuckDB's or says what is allowed."""


class Reader:
    """A DuckDB connection with the views over the snapshots that are newest when it is made.

    Raises what the catalog raises while it is away. `locked` keeps it from everything but the warehouse.
    """

    def __init__(self, config: StoreConfig, locked: bool = True, memory: str = "2GB") -> None:
        options = {"memory_limit": memory, "autoinstall_known_extensions": False}
        self.duck = extensions.connect(Path(config.data_dir), options)
        try:
            self._open(config, locked)
        except BaseException:
            self.duck.close()
            raise

    def _open(self, config: StoreConfig, locked: bool) -> None:
        self.duck.execute("SET TimeZone = 'UTC'")
        scratch = Path(config.data_dir) / "tmp" / "duckdb"
        self.duck.execute(f"SET temp_directory = {_text(str(scratch))}")
        catalog = open_catalog(config)
        roots = set()
        for schema in TABLES:
            try:
                table = catalog.load_table((config.namespace, schema.name))
            except NoSuchTableError:
                self._empty(schema)
                continue
            roots |= set(roots_of(table))
            if any(urlsplit(root).scheme.startswith("s3") for root in roots_of(table)):
                _s3_secret(self.duck, config)
            self._view(schema, table)
        self._exact_events()
        self.duck.execute(DELIVERIES)
        self.duck.execute(LOST)
        self.duck.execute(IDENTITIES)
        purpose_views(self.duck, config.consent_store)
        if locked:
            allowed = ", ".join(_text(root) for root in sorted(roots))
            self.duck.execute(f"SET allowed_directories = [{allowed}]")
            self.duck.execute("SET enable_external_access = false")
            self.duck.execute("SET lock_configuration = true")

    def _view(self, schema: TableSchema, table: Table) -> None:
        where = _path(table.metadata_location)
        if table.current_snapshot() is None:
            self._empty(schema)
            return
        columns = ", ".join(f'"{field.name}"' for field in table.schema().fields)
        scan = f"SELECT {columns} FROM iceberg_scan({_text(where)})"  # noqa: S608 - our own names
        self.duck.execute(f"CREATE VIEW {_raw(schema)} AS {scan}")

    def _empty(self, schema: TableSchema) -> None:
        """A table that nothing was loaded into yet reads as empty, not as an error."""
        self.duck.register(f"{schema.name}_none", arrow_schema(schema).empty_table())
        self.duck.execute(f"CREATE VIEW {_raw(schema)} AS FROM {schema.name}_none")

    def _exact_events(self) -> None:
        """Repeats are rare, so only rows whose id's hash occurs twice are numbered; the rest streams through.

        Numbering every row would hold all columns of the whole table at once.
        """
        raw, order = _raw(EVENTS), "received_at, spool_shard, spool_seq"
        key = f"hash({EVENTS.unique})"
        once = f"SELECT * FROM {raw} ANTI JOIN twice ON {key} = h"  # noqa: S608 - our own names
        first = (
            f"SELECT * FROM {raw} SEMI JOIN twice ON {key} = h "  # noqa: S608 - our own names
            f"QUALIFY row_number() OVER (PARTITION BY {EVENTS.unique} ORDER BY {order}) = 1"
        )
        twice = f"SELECT {key} AS h FROM {raw} GROUP BY h HAVING count(*) > 1"  # noqa: S608 - our own names
        view = f"WITH twice AS MATERIALIZED ({twice}) ({once}) UNION ALL BY NAME ({first})"
        self.duck.execute(f"CREATE VIEW {EVENTS.name} AS {view}")

    def query(self, sql: str) -> "Result":
        """Run one reading statement. Raises QueryError."""
        try:
            statements = duckdb.extract_statements(sql)
            if len(statements) != 1:
                raise QueryError("give exactly one statement")
            if statements[0].type not in READS:
                raise QueryError("only statements that read are allowed (SELECT, WITH, DESCRIBE, SHOW, EXPLAIN …)")
            return Result(self.duck.execute(statements[0]))
        except duckdb.Error as error:
            raise QueryError(str(error)) from None

    def close(self) -> None:
        self.duck.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Result:
    """The rows of a query: `columns` by name, then iterate over tuples, or take `objects()`."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck
        self.columns = [str(column[0]) for column in duck.description or []]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        try:
            while rows := self._duck.fetchmany(1000):
                yield from rows
        except duckdb.Error as error:
            raise QueryError(str(error)) from None

    def objects(self) -> list[dict[str, Any]]:
        """Every row as an object of JSON types; times are ISO 8601 in UTC."""
        return [{name: plain(value) for name, value in zip(self.columns, row, strict=True)} for row in self]


def plain(value: Any) -> Any:
    """A DuckDB value as a JSON type."""
    if isinstance(value, datetime):
        spec = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
        whole = value.astimezone(UTC) if value.tzinfo else value
        return whole.isoformat(timespec=spec).replace("+00:00", "Z")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date | UUID):
        return str(value)
    return str(value)


def roots_of(table: Table) -> list[str]:
    """The directories that hold the table's files."""
    return [_path(table.location()).rstrip("/") + "/"]


def _s3_secret(duck: duckdb.DuckDBPyConnection, config: StoreConfig) -> None:
    key, secret, token = config.s3_access_key_id, config.s3_secret_access_key, None
    if not key:
        import boto3  # the SDK's own search: environment, profile, instance role

        found = boto3.Session().get_credentials()
        if found is not None:
            frozen = found.get_frozen_credentials()
            key, secret, token = frozen.access_key or "", frozen.secret_key or "", frozen.token
    options = {"TYPE": "s3", "REGION": config.s3_region}
    options |= {"KEY_ID": key, "SECRET": secret} if key else {}
    options |= {"SESSION_TOKEN": token} if token else {}
    if config.s3_endpoint:
        address = urlsplit(config.s3_endpoint)
        options |= {"ENDPOINT": address.netloc, "URL_STYLE": "path" if config.s3_path_style else "vhost"}
        options |= {"USE_SSL": "false"} if address.scheme == "http" else {}
    clauses = ", ".join(
        f"{name} {_text(value) if name not in ('TYPE', 'USE_SSL') else value}" for name, value in options.items()
    )
    duck.execute(f"CREATE OR REPLACE SECRET store ({clauses})")


def _raw(schema: TableSchema) -> str:
    return f"{schema.name}_raw" if schema.unique else schema.name


def _path(uri: str) -> str:
    """A local path for file:// addresses; everything else unchanged."""
    return uri[len("file://") :] if uri.startswith("file://") else uri


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
