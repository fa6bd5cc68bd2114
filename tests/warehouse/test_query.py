"""SQL over the tables: exact view, read-only, values as JSON types."""

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from tests.stores import Store, local_store
from tests.warehouse.spooled import event, spool
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import QueryError, Reader, plain


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two events, for tests that only read."""
    return loaded(local_store(tmp_path_factory.mktemp("two") / "data"))


def loaded(store: Store) -> Store:
    spool(store.data, [[event("a", properties={"price": 3}), event("b")]])
    Loader(LoaderConfig(store.config.data_dir), store.config).run_once()
    return store


@pytest.fixture
def reader(two: Store) -> Reader:
    return Reader(two.config)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{data}/warehouse/out.csv'",
        "create table t (a int)",
        "insert into events select * from events",
        "delete from events_raw",
        "set memory_limit = '1GB'",
        "attach '{data}/catalog.db'",
        "install httpfs",
        "load httpfs",
        "pragma version; select 1",
        "select 1; select 2",
        "",
        "selec 1",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('{data}/catalog.db')",
        "select * from read_text('{data}/warehouse/../catalog.db')",
        "select * from glob('/etc/*')",
    ],
)
def test_only_reading_the_warehouse_is_allowed(reader: Reader, two: Store, sql: str) -> None:
    with pytest.raises(QueryError):
        reader.query(sql.format(data=two.data)).objects()
    assert not (two.data / "warehouse" / "out.csv").exists()
    assert reader.query("select count(*) as n from events").objects() == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "with x as (select 1 as a) select * from x",
        "describe events",
        "show tables",
        "explain select 1",
        "from events",
    ],
)
def test_reading_statements_run(reader: Reader, sql: str) -> None:
    assert reader.query(sql).objects()


def test_json_columns_can_be_asked(reader: Reader) -> None:
    found = reader.query("select event_id, properties->>'price' as price from events order by 1").objects()
    assert found == [{"event_id": "a", "price": "3"}, {"event_id": "b", "price": None}]


def test_a_reader_sees_one_snapshot(local: Store) -> None:
    reader = Reader(loaded(local).config)
    spool(local.data, [[event("c")]])
    Loader(LoaderConfig(local.config.data_dir), local.config).run_once()
    assert reader.query("select count(*) as n from events").objects() == [{"n": 2}]
    with Reader(local.config) as newer:
        assert newer.query("select count(*) as n from events").objects() == [{"n": 3}]


def test_a_data_directory_with_a_quote_and_spaces(tmp_path: Path) -> None:
    from warehouse.catalog import StoreConfig

    config = StoreConfig(str(tmp_path / "it's my data"))
    spool(Path(config.data_dir), [[event("a")]])
    Loader(LoaderConfig(config.data_dir), config).run_once()
    with Reader(config) as reader:
        assert reader.query("select event_id from events").objects() == [{"event_id": "a"}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 1), "2026-01-02T03:04:05.000001"),
        (date(2026, 1, 2), "2026-01-02"),
        (math.nan, None),
        (math.inf, None),
        (1.5, 1.5),
        (Decimal("12"), 12),
        (Decimal("1.25"), 1.25),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "00ff"),
        ({"a": [date(2026, 1, 2)]}, {"a": ["2026-01-02"]}),
        (True, True),
        (None, None),
        (10**30, 10**30),
    ],
)
def test_values_become_json_types(value: object, expected: object) -> None:
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)
