"""Schemathesis at the consent endpoints under a published policy: never a 5xx, and the ledger stays whole."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from collector.openapi import document
from consent.presets import preset
from tests.integration.stack import Stack
from tests.stores import local_store

SCHEMA = schemathesis.openapi.from_dict(document()).include(path_regex=r"^/v1/consent/")


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """A collector under the shipped policy, and a server's write key."""
    stack = Stack(local_store(tmp_path_factory.mktemp("hostile") / "data"))
    try:
        stack.run("consent", "publish")
        key = json.loads(stack.run("source", "add", "orders", "--kind", "server", "--json"))["writeKey"]
        process = stack.serve()
        yield stack, str(key)
        assert stack.stop(process) == 0
        reports = json.loads(stack.run("consent", "verify", "--json"))
        assert [report["problem"] for report in reports] == [None, None]
    finally:
        stack.close()


@SCHEMA.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_never_a_server_error(case: schemathesis.Case, ruled: tuple[Stack, str]) -> None:
    stack, key = ruled
    base = f"http://127.0.0.1:{stack.port}"
    case.validate_response(case.call(base_url=base), checks=[not_a_server_error])
    # The same from behind the door: a key, and a policy that is in force
    case.query = dict(case.query or {}) | {"writeKey": key}
    if isinstance(case.body, dict) and "policyVersion" in case.body:
        document_ = preset()
        case.body |= {"policyVersion": document_.version, "noticeHash": document_.notices[0].hash, "writeKey": key}
    case.validate_response(case.call(base_url=base), checks=[not_a_server_error])
