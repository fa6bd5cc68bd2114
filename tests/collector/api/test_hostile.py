"""Schemathesis at the admin API with a token that may everything: no 5xx, and every answer is what the document says.

In this process, so that it takes seconds; the wire itself is `tests/integration/test_hostile_http.py`'s.
"""

import httpx
import msgspec
import pytest
import requests
import schemathesis
from hypothesis import Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collector.api import operations_of
from consent.api.openapi import document
from consent.api.operations import OPERATIONS
from consent.console.roles import ROLES
from tests.collector.console.office import Office
from tests.consent.api.caller import Caller, caller
from tests.integration.fuzz import Case, ask_all

EVERY = (*OPERATIONS, *operations_of(None))  # type: ignore[arg-type]  # they look at the desk when they run
SENT = ("method", "url", "headers", "params", "json", "data")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def everything(desk: Office) -> Caller:
    return caller(desk, "everything", *ROLES)


def test_answers_are_as_described(everything: Caller) -> None:
    def ask(case: Case) -> None:
        if "site" in (case.path_parameters or {}) and len(case.path_parameters["site"]) % 2:
            case.path_parameters["site"] = "default"  # of the examples about half are about a site that is there
        case.validate_response(send(case, everything), checks=CHECKS)

    # As others get it: through JSON
    described = schemathesis.openapi.from_dict(msgspec.json.decode(msgspec.json.encode(document(EVERY))))
    assert ask_all(described, ask, max_examples=3, phases=[Phase.generate]) == len(EVERY)


def send(case: Case, everything: Caller) -> httpx.Response:
    everything.place.api.pause(10)
    said = case.as_transport_kwargs(base_url=everything.place.base)
    made = requests.Request(**{name: said[name] for name in SENT if said.get(name) is not None}).prepare()
    headers = {name: value for name, value in made.headers.items() if isinstance(value, str)}
    headers["authorization"] = f"Bearer {everything.secret}"
    body = made.body if isinstance(made.body, (str, bytes)) else None
    request = httpx.Request(str(made.method), str(made.url), headers=headers, content=body)
    return everything.place.runner.run(everything.http.send(request))
