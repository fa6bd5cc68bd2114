"""The ingestion endpoints as an OpenAPI 3.1 document, served at `/openapi.json`.

Shapes come from the structs that decode the wire, limits from the constants that are enforced, reasons and types from
their closed lists; only the prose is written here. Names of other people's fields are allowed everywhere, because the
endpoints take any Segment client.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.edge.answer import Accepted, Failure
from collector.handoff import Waiting
from collector.protocol import MAX_BATCH_MESSAGES, MAX_BODY_BYTES, MAX_INFLATED_BYTES, TYPES, Context, Message
from collector.routes.identity import IdBody
from collector.routes.wechat import HandoffBody, LoginBody, Pseudonyms, RedeemBody, ShareBody, Token
from consent import openapi as consent

WECHAT: dict[str, tuple[str, type[Any], type[Any], dict[int, str]]] = {
    "login": (
        "A code of wx.login becomes keyed pseudonyms",
        LoginBody,
        Pseudonyms,
        {404: "No mini-program is set"},
    ),
    "handoff": ("A token for a web-view: valid once, for a minute", HandoffBody, Token, {}),
    "redeem": ("The id that a handoff token stands for", RedeemBody, Waiting, {410: "Not ours, too old, or used"}),
    "share": ("A token for a shared card", ShareBody, Token, {}),
}
SINGLES = ("track", "page", "screen", "identify", "group", "alias")
_REFERENCE = "#/components/schemas/{name}"
_TOO_MUCH = f"Over a limit: {MAX_BODY_BYTES} bytes, {MAX_INFLATED_BYTES} inflated, {MAX_BATCH_MESSAGES} messages"
_FAILURES = {
    400: "Not JSON, not a batch, not gzip, or cut short: drop it",
    401: "No or an unknown write key: stop sending",
    403: "The source is paused, or the origin is not allowed: stop sending",
    408: "The body came too slowly: retry",
    413: f"{_TOO_MUCH}: split it",
    429: "Over the source's rate: wait for Retry-After",
    503: "Cannot be stored now: wait for Retry-After",
}
_KEY = {
    "name": "write_key", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1},
    "description": "The source's write key",
}  # fmt: skip
_BODIES = ("application/json", "text/plain")


def document() -> dict[str, Any]:
    """The whole document, as JSON types."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Firsthand collector",
            "version": "1",
            "description": "Takes behaviour events. The Segment tracking API with additions that its clients ignore.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"basic": []}, {"bearer": []}, {"query": []}, {}],
        "paths": _paths() | consent.paths(),
        "components": {"schemas": _schemas() | consent.schemas(), "securitySchemes": _security()},
    }


def openapi_routes() -> list[Route]:
    """`GET /openapi.json`."""
    encoded = msgspec.json.encode(document())

    async def openapi(request: Request) -> Response:
        return Response(encoded, media_type="application/json", headers={"cache-control": "public, max-age=300"})

    return [Route("/openapi.json", openapi)]


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for path in ("/v1/batch", "/v1/b", "/v1/import"):
        paths[path] = {"post": _ingest(f"Send a batch ({path})", "Batch")}
    for kind in SINGLES:
        for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
            paths[path] = {"post": _ingest(f"Send one {kind} message ({path})", "Message")}
    picture = {"200": {"description": "A picture, whatever the verdict", "content": {"image/gif": {}}}}
    data = {"name": "data", "in": "query", "schema": {"type": "string"}, "description": "base64url of one message"}
    paths["/v1/pixel.gif"] = {
        "get": {"summary": "One message as a picture", "parameters": [data], "responses": picture}
    }
    for what, summary in (("sources", "Remote settings of a source"), ("projects", "The same for analytics-next")):
        paths[f"/v1/{what}/{{write_key}}/settings"] = {"get": _settings(summary)}
    for name, (summary, body, answer, more) in WECHAT.items():
        paths[f"/v1/wechat/{name}"] = {"post": _small(summary, body.__name__, answer.__name__, more)}
    paths["/v1/id"] = {"post": _id_cookie()}
    paths["/healthz"] = {"get": _plain("Alive", "application/json")}
    ready = _plain("Ready to keep its promise", "application/json")
    ready["responses"]["503"] = {"description": "Not ready; says why", "content": {"application/json": {}}}
    paths["/readyz"] = {"get": ready}
    paths["/metrics"] = {"get": _plain("Numbers for Prometheus", "text/plain")}
    return paths


def _ingest(summary: str, shape: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name=shape)}
    responses = {"200": _json("Durable; what was refused is listed", "Accepted")}
    for status, text in _FAILURES.items():
        responses[str(status)] = _json(text, "Failure")
        if status in (429, 503):
            responses[str(status)]["headers"] = {
                "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}
            }
    return {
        "summary": summary,
        "parameters": [
            {"name": "encoding", "in": "query", "schema": {"enum": ["gzip"]},
             "description": "The body is gzip, where a header cannot say so"},
            {"name": "Sec-GPC", "in": "header", "schema": {"type": "string"}, "description": "1: privacy control"},
        ],
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in _BODIES}},
        "responses": responses,
    }  # fmt: skip


def _small(summary: str, shape: str, answer: str, more: dict[int, str]) -> dict[str, Any]:
    """One of the WeChat endpoints: a small object in, a small object out, refused for the same reasons as events."""
    schema = {"$ref": _REFERENCE.format(name=shape)}
    failures = {**_FAILURES, 403: "Paused, origin not allowed, no consent, or blocked by WeChat", **more}
    refused = {str(status): _json(text, "Failure") for status, text in sorted(failures.items())}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in _BODIES}},
        "responses": {"200": _json(summary, answer)} | refused,
    }


def _id_cookie() -> dict[str, Any]:
    failures = {**_FAILURES, 403: "Paused, origin not allowed, another site's page, or no consent"}
    return {
        "summary": "The id cookie of a page of the same site, by header",
        "requestBody": {"required": True, "content": {kind: {"schema": _ref("IdBody")} for kind in _BODIES}},
        "responses": {"204": {"description": "Set-Cookie"}}
        | {str(status): _json(text, "Failure") for status, text in failures.items()},
    }


def _settings(summary: str) -> dict[str, Any]:
    answers = {
        "200": {"description": "The settings; has an ETag", "content": {"application/json": {}}},
        "304": {"description": "Not changed"},
        "404": _json("This write key is unknown", "Failure"),
    }
    return {"summary": summary, "parameters": [_KEY], "security": [{}], "responses": answers}


def _plain(summary: str, kind: str) -> dict[str, Any]:
    return {"summary": summary, "security": [{}], "responses": {"200": {"description": summary, "content": {kind: {}}}}}


def _json(text: str, shape: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(name=shape)}}}}


def _security() -> dict[str, Any]:
    return {
        "basic": {"type": "http", "scheme": "basic", "description": "The write key as user name, no password"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The write key"},
        "query": {"type": "apiKey", "in": "query", "name": "writeKey"},
    }


def _schemas() -> dict[str, Any]:
    # Raw, which carries `properties`, `traits` and `context` undecoded, has no schema
    fields = [(f.name, f.type, f.default) for f in msgspec.structs.fields(Message) if f.type is not msgspec.Raw]
    described = msgspec.defstruct("Message", fields, rename="camel")
    small = [shape for _, body, answer, _ in WECHAT.values() for shape in (body, answer)]
    shapes = (described, Context, Accepted, Failure, IdBody, *small)
    _, found = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
    schemas: dict[str, Any] = dict(found)
    for schema in schemas.values():
        schema.pop("additionalProperties", None)  # what has no column is kept beside the columns
    said = schemas["Message"]["properties"]
    said["type"] = {"enum": sorted(TYPES)}
    for name in ("properties", "traits"):
        said[name] = {"type": "object", "description": "Any JSON object, within the limits"}
    said["context"] = {"anyOf": [_ref("Context"), {"type": "null"}], "default": None}
    schemas["Batch"] = {
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "minItems": 1, "maxItems": MAX_BATCH_MESSAGES, "items": _ref("Message")},
            "writeKey": {"type": "string"},
            "sentAt": {"type": "string", "format": "date-time", "description": "The client's clock when it sent"},
            "context": _ref("Context") | {"description": "Lies under each message's own context"},
        },
    }
    return schemas


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(name=name)}
