"""Templates to HTML: Jinja2 with everything escaped, a missing name an error, and the files below one hashed address.

Each package brings a folder of templates and one of files. Files are read once and served below
`/console/static/<digest>/`, so that a browser may keep them for ever and a new version is a new address.
"""

import hashlib
import json
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

OWN: Final = Path(__file__).parent


class Static:
    """Files of the console by their path, with types and one digest over all."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        digest = hashlib.sha256()
        for folder in folders:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                name, body = path.relative_to(folder).as_posix(), path.read_bytes()
                digest.update(name.encode() + b"\0" + body)
                self._files[name] = body, mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.digest = digest.hexdigest()[:16]

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and type of a file; None if there is none of that name."""
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Where the page finds it. Raises KeyError for a file that is not there."""
        if name not in self._files:
            raise KeyError(name)
        return f"/console/static/{self.digest}/{name}"


def environment(folders: tuple[Path, ...], static: Static) -> Environment:
    """The Jinja2 environment; earlier folders win."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"static": static.address}
    made.filters |= {"moment": moment, "json": as_json, "percent": percent, "number": number, "short": short}
    made.filters["role_name"] = lambda role, words: words(f"role.{role}")
    return made


def moment(when: float | datetime | None) -> Markup:
    """A time as the page's script shows it in the reader's zone; without script in UTC, and it says so."""
    if when is None:
        return Markup("–")
    at = datetime.fromtimestamp(when, UTC) if isinstance(when, int | float) else when.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), at.strftime("%Y-%m-%d %H:%M")
    )


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON for a text or an attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=False)


def percent(part: float, whole: float) -> str:
    """A share with one decimal; a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def number(value: float) -> str:
    """A count with its thousands set apart."""
    return f"{value:,.0f}"


def short(text: str, most: int = 12) -> str:
    """The beginning of an id."""
    return text if len(text) <= most else f"{text[:most]}…"
