"""The document of the admin API: valid OpenAPI 3.1, with every operation, each name once."""

import re
from typing import Any

import jsonschema
import msgspec
import pytest

from consent.api.openapi import document
from consent.api.operations import OPERATIONS
from consent.console.roles import PERMISSIONS
from tests.consent.api.caller import Caller
from tests.consent.console.visitors import Place

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(OPERATIONS)))


def test_it_is_served_to_anybody(weeks: Place) -> None:
    answer = Caller(weeks, "").ask("GET", "/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == DOCUMENT


def test_every_operation_is_in_it_and_no_other() -> None:
    described = {(m.upper(), p) for p, of in DOCUMENT["paths"].items() for m in of}
    assert described == {(o.method, f"/v1/admin{o.path}") for o in OPERATIONS}
    assert len(described) == len(OPERATIONS)


def test_names_for_generated_clients_are_unique_and_short() -> None:
    ids = [o.id for o in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert [name for name in DOCUMENT["components"]["schemas"] if not name.isidentifier()] == []


def test_permissions_are_the_consoles() -> None:
    assert {o.permission for o in OPERATIONS} - {""} <= PERMISSIONS.keys()


def test_every_reference_leads_somewhere() -> None:
    text = msgspec.json.encode(DOCUMENT).decode()
    for kind, name in set(re.findall(r'"#/components/(\w+)/([^"]+)"', text)):
        assert name in DOCUMENT["components"][kind]


@pytest.mark.parametrize("name", list(DOCUMENT["components"]["schemas"]))
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])
