"""Fixtures for all tests: the stores; who may try twice; who runs beside whom."""

import gc
from typing import Any

import duckdb
import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from tests.stores import local, postgres, seaweed, store

__all__ = ["local", "postgres", "seaweed", "store"]

# A client gives up after five seconds unless told otherwise; a server on a busy machine may need longer
_patience = httpx._config.DEFAULT_TIMEOUT_CONFIG
_patience.connect = _patience.read = _patience.write = _patience.pool = 60.0

# `make test` asks properties about the same examples in each run (pyproject.toml), `make test-slow` about new ones
hypothesis.settings.register_profile("anew", deadline=None, print_blob=True)

# A new DuckDB hashes 84 MB of extensions before it believes their signatures: most of the time of a look into the
# tables, of which there are hundreds. Here it believes them; tests/warehouse/test_extensions.py does not
_connect = duckdb.connect


def _trusting(*arguments: Any, config: dict[str, Any] | None = None, **options: Any) -> duckdb.DuckDBPyConnection:
    return _connect(*arguments, config={**(config or {}), "allow_unsigned_extensions": True}, **options)


duckdb.connect = _trusting

# Thousands of tests are made before the first one runs, and all stay: to look among them for rubbish, again and again,
# is a sixth of the time that each worker needs to begin
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


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
# Quicker ones that have a whole collector or console in this process, with its threads, and a store
RUNNING = (
    "tests/collector/api/",
    "tests/collector/console/",
    "tests/collector/edge/",
    "tests/collector/routes/",
    "tests/consent/admin/",
    "tests/consent/api/",
    "tests/consent/console/",
    "tests/consent/store/",
)


# Files that share an installation of the whole session: on one worker it is started once
TOGETHER = {
    "the web SDK's lab": ("tests/e2e/test_web_",),
    "the shop": ("tests/e2e/test_consent.py", "tests/e2e/test_delivery.py"),
    "other people's clients": ("tests/integration/test_clients_", "tests/integration/test_miniprogram"),
    "the stores": (
        "tests/e2e/test_purchase.py",
        "tests/integration/test_faults_store.py",
        "tests/warehouse/cli/test_commands.py",
        "tests/warehouse/erase/test_erase.py",
        "tests/warehouse/maintain/",
        "tests/warehouse/sinks/",
        "tests/warehouse/test_",
    ),
}


class ByInstallation(LoadFileScheduling):
    """`--dist loadfile`, but for files that are `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        found = (name for name, files in TOGETHER.items() if nodeid.startswith(files))
        return next(found, super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return ByInstallation(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive a browser, a store or processes and threads of their own have a second try.

    Their waits are bounded in wall time, and a shared machine may stand still for longer. The summary names every
    test that needed its second try (`RERUN`): one that is named more than once has a race, in it or in us, and is
    mended, not excused. Pure tests have no second try.
    """

    def place(item: pytest.Item) -> int:
        # One worker alone has the stores, and for longer than others have anything: it must not begin late
        if item.nodeid.startswith(TOGETHER["the stores"]):
            return -1
        return next((n for n, folder in enumerate(BUSY) if item.nodeid.startswith(folder)), len(BUSY))

    items.sort(key=place)
    for item in items:
        if item.nodeid.startswith((*BUSY, *RUNNING)):
            item.add_marker(pytest.mark.flaky(reruns=1))
