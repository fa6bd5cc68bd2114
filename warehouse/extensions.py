"""DuckDB with the extensions that PyPI ships, loaded by path, so that nothing is downloaded.

DuckDB believes the signature of an extension once it has hashed the file: 84 MB and 0.3 s of CPU for each look into the
tables. So what it believed is written down in the data directory, and as long as these are the same files (size, inode,
time of the last change, which only the kernel sets) they are loaded without asking. Directly afterwards the connection
asks again, and cannot be talked out of it: no statement loads what is not signed.

Whoever can change these files unseen can change DuckDB's own library beside them, which nobody ever asked for a
signature.
"""

import contextlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import duckdb

EXTENSIONS: Final = ("avro", "httpfs", "iceberg")  # in this order


class ExtensionError(ValueError):
    """An extension is not installed; the message says how to."""


def connect(data: Path, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """A database in memory with the extensions. Raises ExtensionError."""
    files = [_file(name) for name in EXTENSIONS]
    note, seen = data / "tmp" / "extensions", "".join(map(_identity, files))
    known = _read(note) == seen
    duck = duckdb.connect(config=config | ({"allow_unsigned_extensions": True} if known else {}))
    try:
        for file in files:
            duck.execute("LOAD '{}'".format(str(file).replace("'", "''")))
        if known:
            duck.execute("SET allow_unsigned_extensions = false")  # which can be said once and not taken back
    except BaseException:
        duck.close()
        raise
    if not known and data.is_dir():  # a torn note is none: they are asked again
        with contextlib.suppress(OSError):
            note.parent.mkdir(mode=0o700, exist_ok=True)
            note.write_text(seen)
    return duck


def _file(name: str) -> Path:
    spec = find_spec(f"duckdb_extension_{name}")
    for place in (spec.submodule_search_locations if spec else None) or ():
        file = Path(place) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.exists():
            return file
    raise ExtensionError(
        f"DuckDB extension {name} for {duckdb.__version__} is not installed: "
        f"pip install duckdb=={duckdb.__version__} duckdb-extension-{name}=={duckdb.__version__}"
    )


def _identity(file: Path) -> str:
    found = file.stat()
    return f"{file} {found.st_size} {found.st_dev} {found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns}\n"


def _read(note: Path) -> str:
    try:
        return note.read_text()
    except (OSError, ValueError):
        return ""
