"""The OpenAPI 3.1 document of the admin API, made from the operations and their structs."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from consent.api.answers import ProblemDetails
from consent.api.operation import Operation

_REFERENCE: Final = "#/components/schemas/{name}"
_ALWAYS: Final = {
    400: "The query or the body is not what this operation takes",
    401: "No API token, or one that is not good any more",
    403: "The token may not do this",
    404: "There is no such thing, or this token was not given the site",
    405: "The path takes another method",
    429: "Too often: wait for Retry-After",
    500: "A bug of ours",
    503: "The store cannot be used now: wait for Retry-After",
}
_BODY: Final = {
    408: "The body came too slowly",
    413: "The body is too large",
}
_CHANGE: Final = {
    409: "It cannot be done as things are now; code says why",
    422: "It cannot be done with these values; code says why",
}
_NUMBERS: Final = ("number",)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document, as JSON types."""
    operations = tuple(operations)
    shapes = _Shapes(operations)
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(f"/v1/admin{operation.path}", {})[operation.method.lower()] = _operation(operation, shapes)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Firsthand admin API",
            "version": "1",
            "description": "What officers do in the console, for programs. Times are milliseconds since the epoch.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": shapes.used(paths, "ProblemDetails"),
            "responses": {str(s): _refused(s, text) for s, text in (_ALWAYS | _BODY | _CHANGE).items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "An API token, fha_…"}},
        },
    }


def _operation(operation: Operation, shapes: "_Shapes") -> dict[str, Any]:
    failures = _ALWAYS | (_BODY if operation.body else {}) | (_CHANGE if operation.method != "GET" else {})
    responses = {str(operation.status): _success(operation, shapes)}
    responses |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(failures)}
    needs = operation.permission or "no role"
    made: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"Needs: {needs}." + ("" if operation.of_site or operation.anybody else " Of all sites."),
        "tags": [operation.run.__module__.rpartition(".")[2]],
        "parameters": [*_in_path(operation.path), *_in_query(operation)],
        "responses": responses,
    }
    if operation.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": shapes.of(operation.body)}}}
    return made


def _success(operation: Operation, shapes: "_Shapes") -> dict[str, Any]:
    if operation.kinds:
        binary = {"schema": {"type": "string"}}
        return {"description": "The file", "content": dict.fromkeys(operation.kinds, binary)}
    if operation.answer is None:
        return {"description": "Done"}
    return {"description": operation.summary, "content": {"application/json": {"schema": shapes.of(operation.answer)}}}


def _refused(status: int, text: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": _REFERENCE.format(name="ProblemDetails")}}
    made: dict[str, Any] = {"description": text, "content": {"application/problem+json": reference}}
    if status in (429, 503):
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return made


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True,
         "schema": {"type": "integer", "minimum": 0} if name in _NUMBERS else {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]  # fmt: skip


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    (reference,), found = msgspec.json.schema_components([operation.query], ref_template="{name}")
    schema = found[reference["$ref"]]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": of}
        for name, of in schema.get("properties", {}).items()
    ]


class _Shapes:
    """Schemas of all that operations take and give, named together so that a name means one thing."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        kinds = [kind for o in operations for kind in (o.answer, o.body) if kind is not None]
        schemas, self._named = msgspec.json.schema_components([*kinds, ProblemDetails], ref_template=_REFERENCE)
        self._of = dict(zip(map(repr, kinds), schemas, strict=False))

    def of(self, kind: Any) -> dict[str, Any]:
        return self._of[repr(kind)]

    def used(self, paths: dict[str, Any], *more: str) -> dict[str, Any]:
        """Those that are referred to, from the paths or from each other, sorted."""
        reached: set[str] = set(more)
        waiting: list[Any] = [paths, *(self._named[name] for name in more)]
        while waiting:
            text = msgspec.json.encode(waiting.pop()).decode()
            for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)) - reached:
                reached.add(name)
                waiting.append(self._named[name])
        return {name: self._named[name] for name in sorted(reached)}
