"""The table `pii_report`: added up from what the rows say, once a segment whatever happens to the loader."""

import pytest

from tests.stores import Store
from tests.warehouse.spooled import event, spool
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader
from warehouse.schema import PII_REPORT

NOTE, NAME, SHADOW = (
    "properties.:redacted.note:email:hash:email",
    "traits.name:name:drop:declared",
    "q:address:shadow:address_en",
)
COLUMNS = "strftime(hour, '%H:%M') as hour, source_id, field, class, action, rule, shadow, times, events"


def rows_of(store: Store) -> list[tuple[object, ...]]:
    with Reader(store.config) as reader:
        found = reader.query(f"select {COLUMNS} from pii_report order by source_id, class, hour").objects()
    return [tuple(row.values()) for row in found]


def loader_of(store: Store) -> Loader:
    return Loader(LoaderConfig(store.config.data_dir), store.config)


def test_it_adds_up_what_was_done_by_hour_source_field_class_action_and_rule(local: Store) -> None:
    both = {NOTE: 2, NAME: 1}
    later = "2026-01-02T04:00:00.000Z"
    spool(local.data, [
        [event("a", pii_actions=both), event("b", pii_actions=both), event("c"), event("d", pii_actions={SHADOW: 1}),
         event("e", pii_actions={NAME: 1}, received_at=later), event("f", pii_actions={NAME: 3}, source_id="blog")],
    ])  # fmt: skip
    loader_of(local).run_once()
    assert rows_of(local) == [
        ("03:00", "blog", "traits.name", "name", "drop", "declared", False, 3, 1),
        ("03:00", "shop", "q", "address", "shadow", "address_en", True, 1, 1),
        ("03:00", "shop", "properties.:redacted.note", "email", "hash", "email", False, 4, 2),
        ("03:00", "shop", "traits.name", "name", "drop", "declared", False, 2, 2),
        ("04:00", "shop", "traits.name", "name", "drop", "declared", False, 1, 1),
    ]


def test_what_cannot_be_read_stops_nothing_and_rows_of_before_have_no_rule(local: Store) -> None:
    spool(local.data, [[event("a", pii_actions={"properties.:key:email:hash": 1}), event("b", pii_actions=[1]),
                        event("c", pii_actions={"odd": 1})]])  # fmt: skip
    loader_of(local).run_once()
    assert rows_of(local) == [
        ("03:00", "shop", "odd", "", "", None, False, 1, 1),
        ("03:00", "shop", "properties.:key", "email", "hash", None, False, 1, 1),
    ]


def test_a_loader_that_dies_between_the_tables_counts_nothing_twice_and_loses_nothing(
    local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool(local.data, [[event("a", pii_actions={NAME: 1})], [event("b", pii_actions={NAME: 2})]])
    first = loader_of(local)
    write = first.sink.write

    def dies(schema: object, *more: object) -> object:
        if schema is PII_REPORT:
            raise OSError("gone")
        return write(schema, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(first.sink, "write", dies)
    with pytest.raises(OSError, match="gone"):
        first.run_once()
    assert list((local.data / "spool").glob("*/*.sealed")), "segments stay until all tables show them"
    second = loader_of(local)  # it finds its ids in the table: all rows are repeats now
    second.run_once()
    second.run_once()
    assert sum(int(str(row[7])) for row in rows_of(local)) == 3
    with Reader(local.config) as reader:
        assert reader.query("select count(*) as n from events_raw").objects() == [{"n": 2}]
    assert not list((local.data / "spool").glob("*/*.sealed"))
