"""The columns of every table, with their field ids written out.

Why by hand
    Iceberg finds a column in a file by its field id. A wrong id is not an error but silently wrong data (all
    NULL, or two columns swapped), so the ids stand here, are compared with the table whenever it is opened,
    and only ever grow. A column that is no longer wanted keeps its line and stays empty.

How a table grows
    Catalogs number the columns of a new table themselves: 1 … n in order, a list's elements after the list or
    after all columns (catalogs differ, so the one list stands last, where both are the same). A table is always
    made from its first `genesis` columns, whatever the version, and every later column is added afterwards, one
    by one, in order. An old and a new table thus end up with the same ids.

This module knows nothing of pyiceberg or DuckDB; `tables.py` and `row.py` translate.
"""

from typing import Final, Literal, NamedTuple

Kind = Literal["string", "json", "time", "long", "int", "bool", "strings"]


class Column(NamedTuple):
    """One column. `kind`: `json` is a string column that takes a JSON value; `strings` is a list of strings.

    `element_id` is the field id of a list's elements. `stats` columns keep bounds in the manifests: ids and
    times only, because bounds of personal columns would outlive an erasure there.
    """

    id: int
    name: str
    kind: Kind = "string"
    required: bool = False
    stats: bool = False
    element_id: int = 0


class TableSchema(NamedTuple):
    """A table: columns by id, how many it was born with, the time it is partitioned by (day) and sorted by."""

    name: str
    columns: tuple[Column, ...]
    genesis: int
    partition: str
    sort: tuple[str, ...]
    unique: str | None = None

    def names(self) -> list[str]:
        return [column.name for column in self.columns]


EVENTS: Final = TableSchema(
    name="events",
    columns=(
        Column(1, "event_id", required=True, stats=True),
        Column(2, "type", required=True),
        Column(3, "event", required=True),
        Column(4, "purpose", required=True),
        Column(5, "source_id", required=True, stats=True),
        Column(6, "event_time", "time", required=True, stats=True),
        Column(7, "received_at", "time", required=True, stats=True),
        Column(8, "original_timestamp", "time"),
        Column(9, "sent_at", "time"),
        Column(10, "anonymous_id"),
        Column(11, "user_id"),
        Column(12, "subject_key"),
        Column(13, "session_id"),
        Column(14, "seq", "long"),
        Column(15, "page_url"),
        Column(16, "page_host"),
        Column(17, "page_path"),
        Column(18, "page_title"),
        Column(19, "referrer"),
        Column(20, "referrer_host"),
        Column(21, "utm_source"),
        Column(22, "utm_medium"),
        Column(23, "utm_campaign"),
        Column(24, "utm_term"),
        Column(25, "utm_content"),
        Column(26, "click_id_type"),
        Column(27, "platform"),
        Column(28, "lib_name"),
        Column(29, "lib_version"),
        Column(30, "browser"),
        Column(31, "browser_version"),
        Column(32, "os"),
        Column(33, "os_version"),
        Column(34, "device_type"),
        Column(35, "device_brand"),
        Column(36, "device_model"),
        Column(37, "in_app"),
        Column(38, "is_bot", "bool"),
        Column(39, "bot_name"),
        Column(40, "geo_country"),
        Column(41, "geo_region"),
        Column(42, "geo_city"),
        Column(43, "geo_isp"),
        Column(44, "ip_truncated"),
        Column(45, "locale"),
        Column(46, "timezone"),
        Column(47, "screen_width", "int"),
        Column(48, "screen_height", "int"),
        Column(49, "viewport_width", "int"),
        Column(50, "viewport_height", "int"),
        Column(51, "network"),
        Column(52, "scene"),
        Column(53, "consent_receipt"),
        Column(54, "policy_version"),
        Column(55, "jurisdiction"),
        Column(56, "gpc", "bool"),
        Column(57, "pii_kid"),
        Column(58, "pii_actions"),
        Column(59, "properties", "json"),
        Column(60, "traits", "json"),
        Column(61, "context", "json"),
        Column(62, "spool_shard", required=True),
        Column(63, "spool_seq", "long", required=True),
        Column(64, "consent_purposes", "strings", element_id=65),
        Column(66, "referrer_kind"),
        Column(67, "consent_subject"),
        Column(68, "consent_person"),
        Column(69, "pii_alias", "json"),
        Column(70, "match_google_email"),
        Column(71, "match_google_phone"),
        Column(72, "match_meta_email"),
        Column(73, "match_meta_phone"),
    ),
    genesis=64,
    partition="received_at",
    sort=("subject_key", "event_time"),
    unique="event_id",
)

BAD_EVENTS: Final = TableSchema(
    name="bad_events",
    columns=(
        Column(1, "received_at", "time", required=True, stats=True),
        Column(2, "source_id", stats=True),
        Column(3, "reason", required=True),
        Column(4, "detail"),
        Column(5, "message_id"),
        Column(6, "payload", "json"),
        Column(7, "spool_shard", required=True),
        Column(8, "spool_seq", "long", required=True),
    ),
    genesis=8,
    partition="received_at",
    sort=("source_id", "received_at"),
)

CONSENT_RECEIPTS: Final = TableSchema(
    name="consent_receipts",
    columns=(
        Column(1, "at", "time", required=True, stats=True),
        Column(2, "site", required=True, stats=True),
        Column(3, "seq", "long", required=True, stats=True),
        Column(4, "kind", required=True),
        Column(5, "id"),
        Column(6, "subject"),
        Column(7, "action"),
        Column(8, "method"),
        Column(9, "policy_version"),
        Column(10, "notice_hash"),
        Column(11, "jurisdiction"),
        Column(12, "region"),
        Column(13, "locale"),
        Column(14, "gpc", "bool"),
        Column(15, "age"),
        Column(16, "client_time", "time"),
        Column(17, "erased", "bool", required=True),
        Column(18, "commitment", required=True),
        Column(19, "hash", required=True),
        Column(20, "payload", "json"),
        Column(21, "spool_shard", required=True),
        Column(22, "spool_seq", "long", required=True),
        Column(23, "granted", "strings", element_id=24),
    ),
    genesis=23,
    partition="at",
    sort=("subject", "at"),
)

PII_REPORT: Final = TableSchema(
    name="pii_report",
    columns=(
        Column(1, "hour", "time", required=True, stats=True),
        Column(2, "source_id", required=True, stats=True),
        Column(3, "field", required=True),
        Column(4, "class", required=True),
        Column(5, "action", required=True),
        Column(6, "rule"),
        Column(7, "shadow", "bool", required=True),
        Column(8, "times", "long", required=True),
        Column(9, "events", "long", required=True),
        Column(10, "spool_shard", required=True),
        Column(11, "spool_seq", "long", required=True),
    ),
    genesis=11,
    partition="hour",
    sort=("source_id", "hour"),
)

TABLES: Final = (EVENTS, BAD_EVENTS, CONSENT_RECEIPTS, PII_REPORT)
SPOOL_COLUMNS: Final = ("spool_shard", "spool_seq")
