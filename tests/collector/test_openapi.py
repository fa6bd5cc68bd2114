"""The OpenAPI document is valid, served, and says what the application does."""

import json
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route

from collector.app import build_app
from collector.openapi import document
from collector.settings import Settings
from tests.collector.desk import KEY, Desk

DOCUMENT = document()
# For people and browsers, not for programs that send events
NOT_IN_IT = ("/sdk", "/banner", "/live", "/demo", "/openapi.json")


def test_it_is_served(desk: Desk) -> None:
    reply = desk.request("GET", "/openapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == DOCUMENT


def test_every_endpoint_is_in_it_and_no_other() -> None:
    served = {r.path for r in build_app(Settings(live=False, console=False)).routes if isinstance(r, Route)}
    assert {p for p in served if not p.startswith(NOT_IN_IT)} == set(DOCUMENT["paths"])


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [r for v in value.values() for r in references(v)]
        return [r for v in value for r in references(v)] if isinstance(value, list) else []

    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(DOCUMENT | {"$ref": f"#/components/schemas/{name}"})


@pytest.mark.parametrize("name", list(DOCUMENT["components"]["schemas"]))
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_answers_are_as_described(desk: Desk) -> None:
    good = {"type": "track", "event": "x", "anonymousId": "a"}
    _validator("Accepted").validate(desk.batch(good, {"type": "nope"}).json)
    _validator("Failure").validate(desk.post(b"junk").json)
    _validator("Failure").validate(desk.batch(good, writeKey="none").json)


def test_what_it_allows_is_taken(desk: Desk) -> None:
    body = {"batch": [{"type": "track", "event": "x", "anonymousId": "a", "properties": {"a": 1}, "integrations": {}}],
            "writeKey": KEY, "sentAt": "2026-01-02T03:04:09Z", "context": {"locale": "de"}}  # fmt: skip
    _validator("Batch").validate(body)
    assert desk.post(json.dumps(body).encode()).json["accepted"] == 1
    assert not _validator("Batch").is_valid({"batch": []})
    assert not _validator("Message").is_valid({"type": "nope"})
