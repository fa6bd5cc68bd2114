"""A person's rows as one zip, JSON and CSV beside each other, and the place where the loader keeps such files.

    <data>/exports/<32 hex digits>.zip     mode 0600, gone after `export_days`

The name says nothing, and the file is there as a whole or not at all. A file in which somebody is found who is being
erased goes with them: it is no table, so nothing else would find it there.
"""

import csv
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any, Final

import msgspec

from consent.rights.work import EXPORTS
from warehouse.erase.target import Target

DAY_SECONDS: Final = 86_400


def write(out: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    """`tables`: rows by table. Durable when it returns; replaces what is there. Raises OSError."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
            for name, rows in tables.items():
                file.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=1))
                file.writestr(f"{name}.csv", _sheet(rows))
        raw.flush()
        os.fsync(raw.fileno())
    draft.replace(out)


def folder(data: Path) -> Path:
    """Where the loader keeps exports; made if it is not there."""
    found = data / EXPORTS
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def sweep(data: Path, now: float, days: int) -> int:
    """Delete what is older than so many days, and drafts of a loader that was killed; gives how many files went."""
    gone = 0
    for path in (data / EXPORTS).glob("*") if (data / EXPORTS).is_dir() else ():
        kept = days * DAY_SECONDS if path.suffix == ".zip" else DAY_SECONDS
        if path.stat().st_mtime < now - kept:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def tidy(data: Path, known: set[str]) -> None:
    """Delete what an export that was killed left behind: a draft, or a file that no request has. For the only exporter
    of this data directory."""
    for path in folder(data).iterdir():
        if path.name not in known:
            path.unlink(missing_ok=True)


def drop(data: Path, target: Target) -> list[str]:
    """Delete every export in which a form of the target is found; gives their names. A damaged one goes too."""
    gone = []
    for path in sorted((data / EXPORTS).glob("*.zip")):
        if _names(path, target):
            path.unlink()
            gone.append(path.name)
    return gone


def _names(path: Path, target: Target) -> bool:
    if target.anywhere is None:
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return any(target.anywhere.search(file.read(name)) for name in file.namelist())
    except (zipfile.BadZipFile, KeyError):
        return True


def _sheet(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)) or ["empty"])
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return "\ufeff" + text.getvalue()  # the mark tells spreadsheets that it is UTF-8


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    # A spreadsheet would run what begins like a formula
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
