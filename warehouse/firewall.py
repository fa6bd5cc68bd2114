"""What the firewall did, counted for the table `pii_report`: never a value, only where, what and by which rule.

Every row carries what was done to it (`pii_actions`), and it was made durable together with the row. So the report is
added up here, from each sealed segment, instead of by counters of its own that a kill would cut short: a segment's
part of the report follows from its bytes alone, and is committed under the segment's number like its events. It counts
what the firewall did, so a message that was repeated counts each time, and somebody who is erased later still counted;
nothing in the table says who.
"""

from collections import Counter
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.row import arrow_schema
from warehouse.schema import PII_REPORT

ACTIONS: Final = frozenset({"hash", "drop", "mask", "truncate", "keep", "shadow"})
SHADOW: Final = "shadow"
_done = msgspec.json.Decoder(dict[str, int])


def report_of(events: pa.Table, shard: str, seq: int) -> pa.Table:
    """The report's rows of one segment. `events`: its rows, with `received_at`, `source_id` and `pii_actions`."""
    schema = arrow_schema(PII_REPORT)
    touched = events.filter(pc.is_valid(events.column("pii_actions")))
    if not touched.num_rows:
        return schema.empty_table()
    keyed = pa.table({
        "hour": pc.floor_temporal(touched.column("received_at"), unit="hour"),
        "source": touched.column("source_id"),
        "done": touched.column("pii_actions"),
    })  # fmt: skip
    times: Counter[tuple[Any, ...]] = Counter()
    rows: Counter[tuple[Any, ...]] = Counter()
    # Thousands of events have the same few fields: what they say is read once
    for one in keyed.group_by(["hour", "source", "done"]).aggregate([([], "count_all")]).to_pylist():
        for what, count in _read(one["done"]).items():
            key = (one["hour"], one["source"], *_parted(what))
            times[key] += count * one["count_all"]
            rows[key] += one["count_all"]
    listed = [
        dict(zip(schema.names, (*key, key[4] == SHADOW, times[key], rows[key], shard, seq), strict=True))
        for key in sorted(times, key=lambda key: (key[0], *(part or "" for part in key[1:])))
    ]
    return pa.Table.from_pylist(listed, schema)


def _read(done: str) -> dict[str, int]:
    """What a row says was done to it; nothing if it cannot be read (it was not our collector that wrote it)."""
    try:
        return _done.decode(done)
    except msgspec.MsgspecError:
        return {}


def _parted(what: str) -> tuple[str, str, str, str | None]:
    """`properties.note:email:hash:email` → field, class, action, rule. Rows of before there was a rule have none."""
    parts = what.split(":")
    if len(parts) >= 3 and parts[-1] in ACTIONS and parts[-2] not in ACTIONS:
        return ":".join(parts[:-2]), parts[-2], parts[-1], None
    if len(parts) < 4:
        return what, "", "", None
    return ":".join(parts[:-3]), parts[-3], parts[-2], parts[-1]
