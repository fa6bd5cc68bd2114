"""The rows of one request, with what several of them say alike written once.

A batch is mostly one visitor's. Device, place, choice, and what the request shares are more than half of each of its
rows, and the same text in all of them. So that text is not encoded, summed up, written and synced twenty times: the
spool's frame begins with a line of parts, and each row says which one belongs there.

    part 0 \\xf7 part 1 \\xf7 … \\n            parts, each with its end
    {"event_id":"…","type":\\xf8,"seq":1}\\n   rows: \\xf8 stands for part 0, \\xf9 for part 1, … \\xff for part 7
    {"event_id":"…","type":\\xf8,"seq":2}\\n

No text in UTF-8 has these bytes (RFC 3629 §3), and decode.py lets no other text in. They are single bytes because those
are found at the speed of memory. A part is whatever stands behind a name: a value, and then more names and values.
Whoever reads a frame gets whole rows (`unfold`) and need not know; a mark without a part stays where it is, and that
row is then no JSON, which the loader counts and keeps apart.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Raw

END: Final = b"\xf7"
# As many parts as a request of people has. What does not fit stands in its row, whole
_MARKS: Final = tuple(bytes([mark]) for mark in range(0xF8, 0x100))
MARKS: Final = tuple(map(Raw, _MARKS))


def table(parts: Sequence[bytes]) -> Raw:
    """The line, without its end, that goes before the rows. At most as many parts as there are MARKS."""
    return Raw(END.join((*parts, b"")))


def unfold(payload: bytes) -> bytes:
    """The whole rows of a payload that begins with a table: NDJSON. Never raises."""
    parts, _, rows = payload.partition(b"\n")
    for mark, part in zip(_MARKS, parts.split(END)[:-1], strict=False):
        rows = rows.replace(mark, part)
    return rows
