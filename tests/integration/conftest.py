"""Fixtures of the integration tests: one installation for all other people's clients."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import browsers, chromium
from tests.e2e.stack import Installation
from tests.stores import local_store
from tests.wechat import wechat_api

__all__ = ["browsers", "chromium", "installation", "peers"]

CLIENTS = ("segment-python", "rudder-python", "segment-browser", "segment-node")
_recorders: list[list[str]] = []


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running stack with, per client, a source that needs no stated choice and one (`…-strict`) that does."""
    with wechat_api() as wechat:
        yield from _installed(tmp_path_factory.mktemp("clients"), wechat.base)


def _installed(folder: Path, wechat: str) -> Iterator[Installation]:
    stack = Installation(local_store(folder / "data"), {"FIRSTHAND_WECHAT_API": wechat})
    for client in CLIENTS:
        kind = "web" if client.endswith("browser") else "server"
        stack.source(client, "--kind", kind, "--mode", "opt_out")
        stack.source(f"{client}-strict", "--kind", kind)
    stack.begin()
    try:
        yield stack
    finally:
        stack.end()


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _recorders and event == "socket.connect":
        address = arguments[1]
        for recorder in _recorders:
            recorder.append(str(address[0] if isinstance(address, tuple) else address))


@pytest.fixture(scope="session")
def _audited() -> None:
    sys.addaudithook(_on_audit)  # for the life of the process: hooks cannot be taken away, only fall silent


@pytest.fixture(scope="module")
def peers(_audited: None) -> Iterator[list[str]]:
    """The addresses that this process connects to while the module's tests run, libraries included."""
    recorder: list[str] = []
    _recorders.append(recorder)
    try:
        yield recorder
    finally:
        _recorders.remove(recorder)
