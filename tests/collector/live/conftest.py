"""`async def` tests, and one browser for those of a module."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.collector.live.browser import chromium


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """The loop of the module's browser: what speaks with it has to run there."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def browser(loop: asyncio.Runner) -> Iterator[Browser]:
    opened = chromium()
    yield loop.run(opened.__aenter__())
    loop.run(opened.__aexit__(None, None, None))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Run `async def` tests of this folder on the loop of their browser, or else on a fresh one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    made = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    if "browser" in names:
        pyfuncitem._request.getfixturevalue("loop").run(made)
    else:
        asyncio.run(made)
    return True
