"""The JSON Schemas of the wire, read in place. `validator("batch").validate(body)` raises ValidationError."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "schema").glob("*.json"))
}


@cache
def validator(name: str) -> Draft202012Validator:
    """For schema/`name`.json."""
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(SCHEMAS[name], registry=registry)
