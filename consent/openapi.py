"""The consent endpoints for the collector's OpenAPI document. Shapes come from the structs of the wire."""

from typing import Any

import msgspec

from consent.model import Snapshot
from consent.receipts import ChoiceBody
from consent.routes.door import MAX_BODY_BYTES
from consent.routes.link import LinkBody
from consent.tokens import Claims

_REF = "#/components/schemas/{name}"
_FAILURES = {
    400: "Not JSON, or not of this shape",
    401: "No or an unknown write key, or a token that is not ours",
    403: "Paused, a foreign origin, or not for this kind of key",
    404: "The site has not published a policy",
    408: "The body came too slowly",
    409: "That policy is not in force any more, or the key was used for another choice",
    413: f"More than {MAX_BODY_BYTES} bytes",
    422: "No choice that can be recorded; code says why",
    429: "Too often: wait for Retry-After",
    503: "The store cannot take it now: wait for Retry-After",
}


def paths() -> dict[str, Any]:
    """By path, as OpenAPI wants them."""
    asked = [
        _query("writeKey"),
        _query("locale"),
        _query("region"),
        _query("age", ["unknown", "child", "adult"]),
        _gpc(),
    ]
    who = [_query("writeKey"), _query("anonymousId"), _query("userId")]
    receipt = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/v1/consent/policy": {
            "get": _operation("The policy for this visitor, signed", "Snapshot", (400, 401, 403, 404, 429, 503), asked)
        },
        "/v1/consent/keys": {"get": _operation("Public keys of snapshots and checkpoints", "Keys", (503,))},
        "/v1/consent/receipts": {
            "post": _operation(
                "Record a choice", "ConsentAnswer", tuple(_FAILURES), [_gpc()], "ChoiceBody", also=(201,)
            )
        },
        "/v1/consent/receipts/{id}": {
            "get": _operation("One receipt, after ISO/IEC TS 27560", "Receipt27560", (401, 403, 404, 503), [receipt])
        },
        "/v1/consent/state": {
            "get": _operation("What holds now, and a fresh token", "ConsentAnswer", (400, 401, 403, 404, 503), who)
        },
        "/v1/consent/link": {
            "post": _operation(
                "An anonymous person logged in",
                "ConsentAnswer",
                (400, 401, 403, 404, 408, 413, 429, 503),
                (),
                "LinkBody",
            )
        },
    }


def schemas() -> dict[str, Any]:
    """By name."""
    _, found = msgspec.json.schema_components((Snapshot, ChoiceBody, LinkBody, Claims), ref_template=_REF)
    described: dict[str, Any] = dict(found)
    described["ConsentAnswer"] = {
        "type": "object",
        "required": ["state", "token", "tokenExpiresAt"],
        "properties": {
            "receipt": {"type": "object", "description": "Only of a recorded choice"},
            "state": {"type": "object"},
            "token": {"type": "string", "description": "A JWT whose claims are `Claims`"},
            "tokenExpiresAt": {"type": "string", "format": "date-time"},
        },
    }
    described["Keys"] = {"type": "object", "required": ["keys"], "properties": {"keys": {"type": "array"}}}
    described["Receipt27560"] = {"type": "object", "required": ["record", "notice", "parties", "processing", "events"]}
    return described


def _operation(
    summary: str, shape: str, failures: tuple[int, ...], parameters: Any = (), body: str = "",
    also: tuple[int, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    responses = {str(status): _json(summary, shape) for status in (200, *also)}
    responses |= {str(status): _json(_FAILURES[status], "Failure") for status in failures}
    if "policy" in summary:
        responses["304"] = {"description": "Not changed"}
    made: dict[str, Any] = {"summary": summary, "parameters": list(parameters), "responses": responses}
    if body:
        content = {kind: {"schema": {"$ref": _REF.format(name=body)}} for kind in ("application/json", "text/plain")}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _json(text: str, shape: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": _REF.format(name=shape)}}}}


def _query(name: str, values: list[str] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"enum": values} if values else {"type": "string"}}


def _gpc() -> dict[str, Any]:
    return {"name": "Sec-GPC", "in": "header", "schema": {"type": "string"}, "description": "1: privacy control"}
