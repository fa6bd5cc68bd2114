"""Read every object of a table, unpack it, and look for every form of every identifier.

Bytes of a Parquet file are compressed and those of a manifest too, so a search over files as they lie finds nothing and
proves nothing. Parquet columns are decoded, Avro blocks are inflated (Avro 1.11 specification: header, sync marker,
blocks), everything is also searched as it lies. The texts of a column are searched in one piece.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from pyiceberg.table import Table

from warehouse.catalog import StoreConfig
from warehouse.erase import unlink
from warehouse.erase.remove import code_of, old_versions
from warehouse.erase.rewrite import mentions
from warehouse.erase.target import Target
from warehouse.maintain.purge import Stored, _list_local, _list_s3, locate
from warehouse.suppress import ID_COLUMNS

_MAGIC: Final = b"Obj\x01"


class Scan(Struct):
    """What was read, and the paths in which a form of the target was found."""

    objects: int = 0
    bytes: int = 0
    hits: list[str] = []


def scan(
    table: Table, store: StoreConfig, target: Target, on_file: Callable[[int, int], None] = lambda n, of: None
) -> Scan:
    """Every object below the table's location."""
    scheme, root = locate(table.location())
    if scheme == "s3":
        from warehouse.bucket import client

        s3 = client(store)
        bucket = root.partition("/")[0]
        # `key?versionId=…` as in an address: a key that has it of its own is read like any other
        old = {f"{bucket}/{key}?versionId={id}": (bucket, key, id) for key, id in old_versions(s3, root)}
        files = [*_list_s3(s3, root), *(Stored(path, 0, 0.0) for path in old)]
        read: Callable[[str], bytes] = lambda path: _of_s3(s3, path, old.get(path))  # noqa: E731
    else:
        files = list(_list_local(Path(root)))
        read = lambda path: Path(path).read_bytes()  # noqa: E731
    return _over(files, read, target, on_file)


def scan_directory(root: Path, target: Target, leave_out: set[str]) -> Scan:
    """Every file below a local directory but those of the given names: spool, numbers, whatever lies there."""
    files = [f for f in _list_local(root) if not leave_out & set(Path(f.path).relative_to(root).parts)]
    return _over(files, lambda path: Path(path).read_bytes(), target, lambda n, of: None)


def _over(
    files: list[Stored], read: Callable[[str], bytes], target: Target, on_file: Callable[[int, int], None]
) -> Scan:
    done = Scan()
    for number, file in enumerate(files):
        try:
            content = read(file.path)
        except FileNotFoundError:
            continue  # replaced by a commit meanwhile; what came instead is found by the next round
        done.objects += 1
        done.bytes += len(content)
        if holds(file.path, content, target):
            done.hits.append(file.path)
        on_file(number + 1, len(files))
    return done


def holds(path: str, content: bytes, target: Target) -> bool:
    """Whether an object, as it lies or unpacked, holds a form of the target."""
    if _found(content, target):
        return True
    if path.partition("?")[0].endswith(".parquet"):
        return _parquet(content, target)
    if content.startswith(_MAGIC):
        return any(_found(block, target) for block in avro_blocks(content))
    return False


def _found(content: bytes, target: Target) -> bool:
    anywhere = target.anywhere
    return anywhere is not None and anywhere.search(content) is not None and target.exactly.search(content) is not None


def _parquet(content: bytes, target: Target) -> bool:
    try:
        parquet = pq.ParquetFile(io.BytesIO(content))
    except pa.ArrowInvalid:
        return bool(content)  # half a file, of a writer that died: what is packed in it nobody can tell
    for group in range(parquet.num_row_groups):
        rows = parquet.read_row_group(group)
        for name in rows.column_names:
            column = rows.column(name)
            if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
                continue
            if mentions(column, target):
                return True
            if target.kid and name == unlink.ALIAS and unlink.joins(column, target.kid):
                return True
            if name in ID_COLUMNS and target.ids & set(column.unique().to_pylist()):
                return True
    return False


def avro_blocks(content: bytes) -> Iterator[bytes]:
    """The blocks of an Avro container file, inflated. Raises ValueError for a codec that is not known."""
    source = io.BytesIO(content)
    source.read(4)
    meta: dict[str, bytes] = {}
    while count := _long(source):
        if count < 0:
            _long(source)
            count = -count
        for _ in range(count):
            name = source.read(_long(source)).decode()
            meta[name] = source.read(_long(source))
    yield b"\n".join(meta.values())
    codec = meta.get("avro.codec", b"null").decode()
    source.read(16)
    while source.tell() < len(content):
        _long(source)
        block = source.read(_long(source))
        source.read(16)
        if codec == "deflate":
            yield zlib.decompress(block, -15)
        elif codec == "null":
            yield block
        elif codec == "zstandard":
            yield pa.CompressedInputStream(pa.BufferReader(block), "zstd").read()
        else:
            raise ValueError(f"a manifest is packed with {codec}, which cannot be searched")


def _long(source: Any) -> int:
    """Avro's zig-zag variable-length integer."""
    shift = value = 0
    while True:
        byte: int = source.read(1)[0]
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7


def _of_s3(s3: Any, path: str, version: tuple[str, str, str] | None) -> bytes:
    bucket, _, key = path.partition("/")
    wanted = {"Bucket": bucket, "Key": key}
    if version is not None:
        wanted = dict(zip(("Bucket", "Key", "VersionId"), version, strict=True))
    try:
        content: bytes = s3.get_object(**wanted)["Body"].read()
    except Exception as error:
        if code_of(error) in ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"):  # gone, or a mark of it
            raise FileNotFoundError(path) from None
        raise
    return content
