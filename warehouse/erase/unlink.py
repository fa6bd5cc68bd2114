"""Retiring a key unlinks everybody at once: no pair of `events.pii_alias` may still join what it hashed with anything.

The pseudonyms that it made stay in their rows; without the key and without the pairs nobody can say whose they are, and
that is what retiring is for. The pairs are few and in one column, so only files with some of them are written anew.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

ALIAS: Final = "pii_alias"


def joins(column: pa.ChunkedArray, kid: str) -> bool:
    """Whether a column of pairs has one with the key."""
    return bool(pc.any(pc.match_substring(column, f'"p1.{kid}.'), min_count=0).as_py())


def without_pairs(rows: pa.Table, kid: str) -> tuple[pa.Table, int]:
    """`rows` without the pairs of a key, on either side; how many rows had one."""
    if ALIAS not in rows.column_names:
        return rows, 0
    column = rows.column(ALIAS)
    hit = pc.fill_null(pc.match_substring(column, f'"p1.{kid}.'), False)
    mine = rf'"p1\.{kid}\.[A-Za-z0-9_-]+"'
    for pattern, stands in (
        (rf'{mine} ?: ?"[^"]*" ?,? ?', ""), (rf'"[^"]*" ?: ?{mine} ?,? ?', ""), (r", ?\}$", "}"),
    ):  # fmt: skip
        column = pc.replace_substring_regex(column, pattern, stands)
    column = pc.if_else(pc.equal(column, "{}"), pa.scalar(None, column.type), column)
    at = rows.schema.get_field_index(ALIAS)
    return rows.set_column(at, rows.schema.field(ALIAS), column), pc.sum(hit).as_py() or 0
