"""A shard's next sequence number, in the file `next`: `<number> <crc32c in hex>`, replaced atomically.

A number that is used twice loses a segment: the table already shows it, so the loader deletes it unread. Hence the
checksum, and the order of writes: the number is moved on before a segment with it can be sealed, and a shard whose
number cannot be read gets no new segments.
"""

from pathlib import Path

import google_crc32c

from collector.spool.disk import replace_file


def read(shard: Path) -> int | None:
    """The next number of `shard`; None if there is no file or it is damaged. Raises OSError."""
    try:
        number, _, checksum = (shard / "next").read_bytes().rstrip(b"\n").partition(b" ")
    except FileNotFoundError:
        return None
    return int(number) if number.isdigit() and checksum == _checksum(number) else None


def write(shard: Path, number: int) -> None:
    """Make `number` the next one, durably. Raises OSError."""
    digits = str(number).encode()
    replace_file(shard / "next", digits + b" " + _checksum(digits) + b"\n")


def _checksum(number: bytes) -> bytes:
    return f"{google_crc32c.value(number):08x}".encode()
