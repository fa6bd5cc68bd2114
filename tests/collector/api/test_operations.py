"""The operators' part of the admin API: who may, and that answers are what the document says."""

import re
from typing import Any

import jsonschema
import msgspec
import pytest

from collector.api import operations_of
from consent.api.openapi import document
from consent.api.operation import Operation
from consent.api.operations import OPERATIONS
from consent.console.roles import PERMISSIONS, ROLES, may
from tests.collector.console.office import Office
from tests.consent.api.caller import Caller

MINE: tuple[Operation, ...] = operations_of(None)  # type: ignore[arg-type]  # they look at the desk when they run
EACH = [pytest.param(o, id=f"{o.method} {o.path}") for o in MINE]


@pytest.mark.parametrize("operation", EACH)
def test_a_role_may_what_the_table_says(operation: Operation, roles: dict[str, Caller]) -> None:
    path = re.sub(r"\{\w+\}", "0", operation.path.replace("{site}", "default"))
    for role in ROLES:
        answer = roles[role].ask(operation.method, path, {"nothing": "of this kind"} if operation.body else None)
        if may([role], operation.permission):
            assert answer.status_code not in (401, 403, 405, 500), role
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role


def test_both_parts_are_one_document(desk: Office) -> None:
    said = Caller(desk, "").ask("GET", "/openapi.json").json()
    assert said == msgspec.json.decode(msgspec.json.encode(document((*OPERATIONS, *MINE))))
    assert [name for name in said["components"]["schemas"] if not name.isidentifier()] == []
    ids = [o.id for o in (*OPERATIONS, *MINE)]
    assert len(set(ids)) == len(ids)
    assert {o.permission for o in MINE} <= PERMISSIONS.keys()


def test_what_is_read_is_as_described(desk: Office, roles: dict[str, Caller]) -> None:
    said: dict[str, Any] = Caller(desk, "").ask("GET", "/openapi.json").json()
    for operation in MINE:
        if operation.method == "GET" and "{id}" not in operation.path:
            schema = said["paths"][f"/v1/admin{operation.path}"]["get"]["responses"]["200"]["content"]
            answer = roles["privacy_officer"].get(operation.path.replace("{site}", "default"))
            validator = jsonschema.Draft202012Validator(said | schema["application/json"]["schema"])
            validator.validate(answer)
