"""Fixtures for all tests: the stores; and who may try twice."""

import httpx
import pytest

from tests.stores import local, postgres, seaweed, store

__all__ = ["local", "postgres", "seaweed", "store"]

# A client gives up after five seconds unless told otherwise; a server on a busy machine may need longer
_patience = httpx._config.DEFAULT_TIMEOUT_CONFIG
_patience.connect = _patience.read = _patience.write = _patience.pool = 60.0

# What takes long or waits long, longest files first: `make test-py` begins with them, and the many short files even out
# when the last worker ends
BUSY = (
    "tests/contract/test_scenarios.py",
    "tests/e2e/",
    "tests/integration/",
    "tests/warehouse/",
    "tests/collector/live/",
    "sdk-python/tests/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive a browser, a store or processes and threads of their own have a second try.

    Their waits are bounded in wall time, and a shared machine may stand still for longer. The summary names every
    test that needed its second try (`RERUN`): one that is named more than once has a race, in it or in us, and is
    mended, not excused. Pure tests have no second try.
    """

    def place(item: pytest.Item) -> int:
        return next((n for n, folder in enumerate(BUSY) if item.nodeid.startswith(folder)), len(BUSY))

    items.sort(key=place)
    for item in items:
        if item.nodeid.startswith(BUSY):
            item.add_marker(pytest.mark.flaky(reruns=1))
