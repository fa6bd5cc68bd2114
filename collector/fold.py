"""The rows of one request, with what several of them say alike written once.

A batch is mostly one visitor's. Device, place, choice, and what the request shares are two thirds of each of its rows,
and the same text in all of them. So that text is not encoded, summed up, written and synced twenty times: the spool's
frame begins with a line of parts, and each row says which one belongs there.

    part 0 \\xff part 1 \\xff … \\n        parts, each with its end
    {"event_id":"…","type":\\xffa,"seq":1}\\n   rows: \\xff and a letter stand for a part
    {"event_id":"…","type":\\xffa,"seq":2}\\n

No text in UTF-8 has the byte \\xff (RFC 3629 §3), and decode.py lets no other text in. A part is whatever stands behind
a name: a value, and then more names and values. Whoever reads a frame gets whole rows (`unfold`) and need not know; a
mark without a part stays where it is, and that row is then no JSON, which the loader counts and keeps apart.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Raw

MARK: Final = b"\xff"
# More parts than a request of people has. What does not fit stands in its row, whole
LETTERS: Final = b"abcdefgh"
MARKS: Final = tuple(Raw(MARK + bytes([letter])) for letter in LETTERS)
_ENDS: Final = tuple(bytes(mark) for mark in MARKS)


def table(parts: Sequence[bytes]) -> Raw:
    """The line, without its end, that goes before the rows. At most as many parts as there are MARKS."""
    return Raw(MARK.join((*parts, b"")))


def unfold(payload: bytes) -> bytes:
    """The whole rows of a payload that begins with a table: NDJSON. Never raises."""
    parts, _, rows = payload.partition(b"\n")
    for mark, part in zip(_ENDS, parts.split(MARK)[:-1], strict=False):
        rows = rows.replace(mark, part)
    return rows
