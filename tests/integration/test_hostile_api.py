"""Schemathesis reads our OpenAPI document and asks what it says and what it does not: never a 5xx."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from collector.openapi import document
from tests.integration.hostile import Target, started, target

__all__ = ["started", "target"]

# The short names and the other types are the same endpoints
ALIASES = r"^/v1/(b|import|t|p|s|i|g|a|page|screen|alias)$"
SCHEMA = schemathesis.openapi.from_dict(document()).exclude(path_regex=ALIASES)


@SCHEMA.parametrize()
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_never_a_server_error(case: schemathesis.Case, started: Target) -> None:
    query = dict(case.query or {}) | {"writeKey": started.key}
    base = f"http://127.0.0.1:{started.port}"
    response = case.call(base_url=base)
    case.validate_response(response, checks=[not_a_server_error])
    if case.method == "POST" and response.status_code == 401:
        # The same with a key, so that it goes on behind the door
        case.query = query
        case.validate_response(case.call(base_url=base), checks=[not_a_server_error])


def test_the_collector_is_well_afterwards(target: Target) -> None:
    assert target.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == [200]
