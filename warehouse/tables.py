"""Create and evolve the tables, idempotently.

A table is made from its first columns and grown column by column (see schema.py for why); what the catalog then
says is compared with the ids written there. The properties are what keeps commits flat and duplicates out:

* `commit.retry.num-retries = 0`: pyiceberg's own retry rebases an append without asking, which would let a stale
  loader write a segment twice. The sink has its own loop.
* manifests are merged and old metadata files deleted, or each commit would be slower than the one before.
* column bounds only for ids and times, so that no manifest keeps a personal value.
"""

import logging
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BooleanType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)

from warehouse.catalog import CONFLICTS
from warehouse.schema import Column, TableSchema

log = logging.getLogger("firsthand.tables")

PARTITION_ID: Final = 1000
ATTEMPTS: Final = 5
_TYPES: Final[dict[str, IcebergType]] = {
    "string": StringType(),
    "json": StringType(),
    "time": TimestamptzType(),
    "long": LongType(),
    "int": IntegerType(),
    "bool": BooleanType(),
}
PROPERTIES: Final = {
    "format-version": "2",
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.previous-versions-max": "10",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.metrics.default": "none",
}


class SchemaMismatch(ValueError):
    """A table's columns do not have the ids of schema.py; writing would mix columns up."""


def ensure(catalog: Catalog, namespace: str, schema: TableSchema) -> Table:
    """The table, created or grown if need be. Safe to call from several processes at once.

    Raises SchemaMismatch, and the catalog's own errors while it is away.
    """
    try:
        table = catalog.load_table((namespace, schema.name))
    except NoSuchTableError:
        table = _create(catalog, namespace, schema)
    if _needs_growth(table, schema):
        table = _grow(catalog, table, schema)
    check(table, schema)
    return table


def check(table: Table, schema: TableSchema) -> None:
    """Raises SchemaMismatch unless every column has its id and type, and the commit retry is off."""
    there = {field.name: field for field in table.schema().fields}
    for column in schema.columns:
        field, wanted = there.get(column.name), field_of(column)
        if field is None:
            raise SchemaMismatch(f"table {schema.name} has no column {column.name}")
        if field.field_id != wanted.field_id or field.field_type != wanted.field_type:
            raise SchemaMismatch(
                f"table {schema.name}: column {column.name} is field {field.field_id} {field.field_type}, expected "
                f"{wanted.field_id} {wanted.field_type}; was the table made by another program? "
                "Set `namespace` to another one"
            )
    if table.properties.get("commit.retry.num-retries") != "0":
        raise SchemaMismatch(
            f"table {schema.name}: property commit.retry.num-retries must be 0, or rows may be doubled"
        )


def field_of(column: Column) -> NestedField:
    """The Iceberg field of a column."""
    kind = (
        ListType(element_id=column.element_id, element=StringType(), element_required=False)
        if column.kind == "strings"
        else _TYPES[column.kind]
    )
    return NestedField(column.id, column.name, kind, required=column.required)


def properties_of(schema: TableSchema) -> dict[str, str]:
    """The properties a table is made with."""
    stats = {f"write.metadata.metrics.column.{c.name}": "full" for c in schema.columns if c.stats}
    return PROPERTIES | stats


def _create(catalog: Catalog, namespace: str, schema: TableSchema) -> Table:
    try:
        catalog.create_namespace(namespace)
    except Exception as error:
        # Another process may have been faster; SQL catalogs say so in the database's own words
        if not catalog.namespace_exists(namespace):
            raise
        log.debug("namespace %s exists (%s)", namespace, type(error).__name__)
    first = Schema(*(field_of(column) for column in schema.columns[: schema.genesis]))
    source = first.find_field(schema.partition).field_id
    spec = PartitionSpec(PartitionField(source, PARTITION_ID, DayTransform(), f"{schema.partition}_day"))
    order = SortOrder(
        *(SortField(first.find_field(name).field_id, transform=IdentityTransform()) for name in schema.sort)
    )
    try:
        table = catalog.create_table(
            (namespace, schema.name),
            first,
            partition_spec=spec,
            sort_order=order,
            properties=properties_of(schema),
        )
    except Exception:
        if not catalog.table_exists((namespace, schema.name)):
            raise
        return catalog.load_table((namespace, schema.name))  # another process was faster
    log.info("created table %s.%s", namespace, schema.name)
    return table


def _needs_growth(table: Table, schema: TableSchema) -> bool:
    return not set(schema.names()) <= {field.name for field in table.schema().fields}


def _grow(catalog: Catalog, table: Table, schema: TableSchema) -> Table:
    for _ in range(ATTEMPTS):
        there = {field.name for field in table.schema().fields}
        missing = [column for column in schema.columns if column.name not in there]
        if not missing:
            return table
        if any(column.required or column.id <= schema.columns[schema.genesis - 1].id for column in missing):
            raise SchemaMismatch(f"table {schema.name} lacks {missing[0].name}, which it should have been made with")
        try:
            with table.update_schema() as update:
                for column in missing:
                    update.add_column(column.name, field_of(column).field_type)
            log.info("table %s grew: %s", schema.name, ", ".join(column.name for column in missing))
        except CONFLICTS:  # another process grows it at this moment
            log.info("table %s changed while it grew; looking again", schema.name)
        table = catalog.load_table(table.name())
    return table
