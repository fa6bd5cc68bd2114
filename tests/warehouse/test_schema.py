"""Field ids: written out, only ever growing, and the same in every catalog."""

from tests.stores import Store
from warehouse.schema import EVENTS, SPOOL_COLUMNS, TABLES, Column, TableSchema

# The ids of released columns. Never change a line; new columns are added at the end.
RELEASED = {
    "events": [
        "event_id", "type", "event", "purpose", "source_id", "event_time", "received_at",
        "original_timestamp", "sent_at", "anonymous_id", "user_id", "subject_key", "session_id", "seq",
        "page_url", "page_host", "page_path", "page_title", "referrer", "referrer_host", "utm_source",
        "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id_type", "platform", "lib_name",
        "lib_version", "browser", "browser_version", "os", "os_version", "device_type", "device_brand",
        "device_model", "in_app", "is_bot", "bot_name", "geo_country", "geo_region", "geo_city",
        "geo_isp", "ip_truncated", "locale", "timezone", "screen_width", "screen_height",
        "viewport_width", "viewport_height", "network", "scene", "consent_receipt", "policy_version",
        "jurisdiction", "gpc", "pii_kid", "pii_actions", "properties", "traits", "context",
        "spool_shard", "spool_seq", "consent_purposes",
    ],
    "bad_events": [
        "received_at", "source_id", "reason", "detail", "message_id", "payload", "spool_shard",
        "spool_seq",
    ],
    "consent_receipts": [
        "at", "site", "seq", "kind", "id", "subject", "action", "method", "policy_version", "notice_hash",
        "jurisdiction", "region", "locale", "gpc", "age", "client_time", "erased", "commitment", "hash", "payload",
        "spool_shard", "spool_seq", "granted",
    ],
    "pii_report": [
        "hour", "source_id", "field", "class", "action", "rule", "shadow", "times", "events", "spool_shard",
        "spool_seq",
    ],
}  # fmt: skip


def test_released_columns_keep_their_ids() -> None:
    for schema in TABLES:
        released = RELEASED[schema.name]
        assert [column.name for column in schema.columns[: len(released)]] == released
        assert [column.id for column in schema.columns[: len(released)]] == list(range(1, len(released) + 1))


def test_ids_grow_and_are_used_once() -> None:
    for schema in TABLES:
        ids = [column.id for column in schema.columns]
        elements = [column.element_id for column in schema.columns if column.kind == "strings"]
        assert ids == sorted(ids)
        assert len(set(ids + elements)) == len(ids + elements)
        assert schema.genesis <= len(schema.columns)
        assert not any(column.required for column in schema.columns[schema.genesis :])


def test_no_bounds_of_personal_columns() -> None:
    personal = {
        "anonymous_id",
        "user_id",
        "subject_key",
        "session_id",
        "page_url",
        "ip_truncated",
        "properties",
        "traits",
        "context",
    }
    assert not {column.name for column in EVENTS.columns if column.stats} & personal


def test_every_table_has_the_spool_columns_and_its_partition() -> None:
    for schema in TABLES:
        assert set(SPOOL_COLUMNS) <= set(schema.names())
        assert {schema.partition, *schema.sort} <= set(schema.names())


def grown(schema: TableSchema) -> TableSchema:
    """The schema of a later version: two columns more."""
    last = max(max(c.id, c.element_id) for c in schema.columns)
    more = (Column(last + 1, "extra_text"), Column(last + 2, "extra_number", "long"))
    return schema._replace(columns=schema.columns + more)


def test_growth_gives_the_same_ids_to_old_and_new_tables(store: Store) -> None:
    from warehouse.catalog import open_catalog
    from warehouse.tables import check, ensure

    catalog, later = open_catalog(store.config), grown(EVENTS)
    ensure(catalog, store.config.namespace, EVENTS)
    old = ensure(catalog, store.config.namespace, later)
    new = ensure(catalog, f"{store.config.namespace}b", later)
    check(old, later)
    check(new, later)
    assert [(f.field_id, f.name) for f in old.schema().fields] == [(f.field_id, f.name) for f in new.schema().fields]
