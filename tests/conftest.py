"""Fixtures for all tests: the stores; and who may try twice."""

import pytest

from tests.stores import local, postgres, seaweed, store

__all__ = ["local", "postgres", "seaweed", "store"]

BUSY = (
    "tests/e2e/",
    "tests/integration/",
    "tests/collector/live/",
    "tests/contract/test_scenarios.py",
    "tests/warehouse/",
    "sdk-python/tests/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive a browser, a store or processes and threads of their own have a second try.

    Their waits are bounded in wall time, and a shared machine may stand still for longer. The summary names every
    test that needed its second try (`RERUN`): one that is named more than once has a race, in it or in us, and is
    mended, not excused. Pure tests have no second try.
    """
    for item in items:
        if item.nodeid.startswith(BUSY):
            item.add_marker(pytest.mark.flaky(reruns=1))
