"""Schemathesis at the consent endpoints under a published policy: never a 5xx, and the ledger stays whole."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import Phase
from schemathesis.checks import not_a_server_error

from collector.openapi import document
from consent.presets import preset
from tests.integration.fuzz import Case, ask_all
from tests.integration.stack import Stack
from tests.stores import local_store

# In length: also Schemathesis' systematic cases, some hundreds for an operation
BRIEF, LONG = {"max_examples": 12, "phases": [Phase.generate]}, {"max_examples": 100}


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """A collector under the shipped policy, and a server's write key."""
    stack = Stack(local_store(tmp_path_factory.mktemp("hostile") / "data"))
    try:
        stack.run("consent", "publish")
        key = stack.made_source("orders", "--kind", "server")
        process = stack.serve()
        yield stack, key
        assert stack.stop(process) == 0
        reports = json.loads(stack.run("consent", "verify", "--json"))
        assert [report["problem"] for report in reports] == [None, None]
    finally:
        stack.close()


@pytest.mark.parametrize("how", [BRIEF, pytest.param(LONG, marks=pytest.mark.slow)], ids=["brief", "long"])
def test_never_a_server_error(how: dict[str, Any], ruled: tuple[Stack, str]) -> None:
    stack, key = ruled
    base = f"http://127.0.0.1:{stack.port}"
    shipped = preset()

    def ask(case: Case) -> None:
        case.validate_response(case.call(base_url=base), checks=[not_a_server_error])
        # The same from behind the door: a key, and a policy that is in force
        case.query = dict(case.query or {}) | {"writeKey": key}
        if isinstance(case.body, dict) and "policyVersion" in case.body:
            case.body |= {"policyVersion": shipped.version, "noticeHash": shipped.notices[0].hash, "writeKey": key}
        case.validate_response(case.call(base_url=base), checks=[not_a_server_error])

    described = schemathesis.openapi.from_dict(document()).include(path_regex=r"^/v1/consent/")
    assert ask_all(described, ask, **how) > 3
