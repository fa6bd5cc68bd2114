"""Schemathesis reads our OpenAPI document and asks what it says and what it does not: never a 5xx, never an answer that
the document does not describe."""

from typing import Any

import pytest
import schemathesis
from hypothesis import Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collector.openapi import document
from tests.integration.fuzz import Case, ask_all
from tests.integration.hostile import Target, started, target

__all__ = ["started", "target"]

# The short names and the other types are the same endpoints
ALIASES = r"^/v1/(b|import|t|p|s|i|g|a|page|screen|alias)$"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


# In length: also Schemathesis' systematic cases, some hundreds for an operation
BRIEF, LONG = {"max_examples": 10, "phases": [Phase.generate]}, {"max_examples": 300}


@pytest.mark.parametrize("how", [BRIEF, pytest.param(LONG, marks=pytest.mark.slow)], ids=["brief", "long"])
def test_never_a_server_error(how: dict[str, Any], started: Target) -> None:
    base = f"http://127.0.0.1:{started.port}"

    def ask(case: Case) -> None:
        query = dict(case.query or {}) | {"writeKey": started.key}
        response = case.call(base_url=base)
        case.validate_response(response, checks=CHECKS)
        if case.method == "POST" and response.status_code == 401:
            # The same with a key, so that it goes on behind the door
            case.query = query
            case.validate_response(case.call(base_url=base), checks=CHECKS)

    described = schemathesis.openapi.from_dict(document()).exclude(path_regex=ALIASES)
    assert ask_all(described, ask, **how) > 10


def test_the_collector_is_well_afterwards(target: Target) -> None:
    assert target.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == [200]
