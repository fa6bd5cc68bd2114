"""Tables: made once, grown in place, refused when they are not ours."""

import threading
from typing import Any

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField, StringType

from tests.stores import POSTGRES_SLOWLY, Store
from tests.warehouse.spooled import event, spool
from tests.warehouse.test_schema import grown
from warehouse.catalog import open_catalog
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader
from warehouse.schema import BAD_EVENTS, EVENTS
from warehouse.tables import PROPERTIES, SchemaMismatch, check, ensure, properties_of


def test_ensuring_twice_changes_nothing(store: Store) -> None:
    catalog = open_catalog(store.config)
    first = ensure(catalog, store.config.namespace, EVENTS)
    again = ensure(open_catalog(store.config), store.config.namespace, EVENTS)
    assert again.metadata_location == first.metadata_location
    assert {key: again.properties.get(key) for key in PROPERTIES if key != "format-version"} == {
        key: value for key, value in PROPERTIES.items() if key != "format-version"
    }
    assert again.metadata.format_version == 2
    assert [str(f.transform) for f in again.spec().fields] == ["day"]


def test_two_processes_may_make_it_at_once(store: Store) -> None:
    errors: list[BaseException] = []

    def make() -> None:
        try:
            ensure(open_catalog(store.config), store.config.namespace, BAD_EVENTS)
        except BaseException as error:
            errors.append(error)

    open_catalog(store.config)
    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


@POSTGRES_SLOWLY
def test_a_grown_table_takes_rows_of_the_old_and_keeps_the_old_ones(store: Store) -> None:
    spool(store.data, [[event("before")]])
    Loader(LoaderConfig(store.config.data_dir), store.config).run_once()
    ensure(open_catalog(store.config), store.config.namespace, grown(EVENTS))
    spool(store.data, [[event("after")]])  # an older loader beside a newer one
    Loader(LoaderConfig(store.config.data_dir), store.config).run_once()
    with Reader(store.config) as reader:
        found = reader.query("select event_id, extra_text from events order by received_at, event_id desc").objects()
    assert found == [{"event_id": "before", "extra_text": None}, {"event_id": "after", "extra_text": None}]


@pytest.mark.parametrize(
    "fields",
    [
        [
            NestedField(1, "type", StringType(), required=True),
            NestedField(2, "event_id", StringType(), required=True),
        ],
        [NestedField(1, "event_id", StringType(), required=True)],
    ],
)
def test_a_table_of_another_program_is_refused(local: Store, fields: list[NestedField]) -> None:
    catalog = open_catalog(local.config)
    catalog.create_namespace("firsthand")
    catalog.create_table(("firsthand", "events"), Schema(*fields))
    with pytest.raises(SchemaMismatch):
        ensure(catalog, "firsthand", EVENTS)


def test_a_table_whose_commits_would_be_retried_is_refused(local: Store) -> None:
    table = ensure(open_catalog(local.config), "firsthand", EVENTS)
    table.transaction().set_properties({"commit.retry.num-retries": "4"}).commit_transaction()
    with pytest.raises(SchemaMismatch, match=r"num-retries must be 0"):
        check(open_catalog(local.config).load_table(("firsthand", "events")), EVENTS)


def test_bounds_are_kept_of_ids_and_times_only(local: Store) -> None:
    found: dict[str, Any] = properties_of(EVENTS)
    on = {key.rsplit(".", 1)[1] for key, value in found.items() if key.startswith("write.metadata.metrics.column.")}
    assert on == {"event_id", "source_id", "event_time", "received_at"}
    spool(local.data, [[event("a", user_id="u-secret", page_url="https://shop.example/secret")]])
    Loader(LoaderConfig(local.config.data_dir), local.config).run_once()
    manifests = list((local.data / "warehouse").rglob("*.avro"))
    assert manifests
    assert not any(b"secret" in path.read_bytes() for path in manifests)
    [task] = open_catalog(local.config).load_table(("firsthand", "events")).scan().plan_files()
    assert set(task.file.lower_bounds) == {1, 5, 6, 7}
