"""One person's rows: by which ids they are known, and all of them for access and export.

A person is found through what events said: an event with a user id and an anonymous id links the two, `alias` links an
earlier id, and after a rotation of keys an event says what the older ones made of an id. From a device's id the way
leads to whom it belonged, and from a person to all of their devices; but not from one person over a shared device to
another person.
"""

from typing import Any, Final

from warehouse.query import Reader

MAX_ROUNDS: Final = 6


def linked(reader: Reader, ids: set[str]) -> set[str]:
    """`ids` and every id that events link with them. Rows of other users on the same device are not followed."""
    known, people = set(ids), set(ids)
    for _ in range(MAX_ROUNDS):
        found = set()
        listed = _list(people)
        for sql in (
            f"SELECT DISTINCT anonymous_id FROM events_raw WHERE user_id IN {listed} AND anonymous_id IS NOT NULL",  # noqa: S608
            f"SELECT DISTINCT json_extract_string(properties, '$.previousId') FROM events_raw "  # noqa: S608
            f"WHERE type = 'alias' AND user_id IN {listed}",
            f"SELECT DISTINCT user_id FROM events_raw WHERE type = 'alias' "  # noqa: S608
            f"AND json_extract_string(properties, '$.previousId') IN {listed}",
            f"SELECT to_id FROM identities WHERE kind = 'key' AND from_id IN {listed}",  # noqa: S608
            f"SELECT from_id FROM identities WHERE kind = 'key' AND to_id IN {listed}",  # noqa: S608
        ):
            found |= {row[0] for row in reader.query(sql) if row[0]}
        # Whose device is it? Only if it was one person's
        owners = reader.query(
            f"SELECT max(user_id) FROM events_raw WHERE anonymous_id IN {_list(ids)} AND user_id IS NOT NULL "  # noqa: S608
            "GROUP BY anonymous_id HAVING count(DISTINCT user_id) = 1"
        )
        found |= {row[0] for row in owners}
        if found <= known:
            return known
        known |= found
        people |= found
    return known


def rows_of(reader: Reader, ids: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Every row of a person, by table."""
    listed = _list(ids)
    where = f"user_id IN {listed} OR (user_id IS NULL AND anonymous_id IN {listed}) OR subject_key IN {listed}"
    return {"events": reader.query(f"SELECT * FROM events WHERE {where} ORDER BY event_time, event_id").objects()}  # noqa: S608


def _list(ids: set[str]) -> str:
    return f"({', '.join(_text(id) for id in sorted(ids))})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''").replace("\0", "") + "'"
