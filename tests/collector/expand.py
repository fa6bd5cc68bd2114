"""Big values of the golden vectors, written small there and made big here; the forms stand in each file's `about`."""

import json
from typing import Any


def message(value: Any) -> bytes:
    """The bytes of one message of `invalid.json` or `row.json`."""
    if isinstance(value, dict) and "$raw" in value:
        return str(value["$raw"]).encode()
    size = value.get("$size") if isinstance(value, dict) else None
    if size is None:
        return encode(expand(value))
    rest = expand({k: v for k, v in value.items() if k != "$size"})
    rest["properties"] = {"pad": ""}
    rest["properties"]["pad"] = "x" * (size - len(encode(rest)))
    return encode(rest)


def expand(value: Any) -> Any:
    if isinstance(value, dict):
        if "$repeat" in value:
            text, times = value["$repeat"]
            return text * times
        if "$keys" in value:
            return {f"k{i}": i for i in range(value["$keys"])}
        if "$deep" in value:
            return _deep(value["$deep"])
        return {k: expand(v) for k, v in value.items()}
    return [expand(v) for v in value] if isinstance(value, list) else value


def _deep(levels: int) -> Any:
    found: Any = {}
    for level in range(1, levels):
        found = {"d": found} if level == levels - 1 or level % 2 else [found]
    return found


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
