"""What the tests share: a scripted collector, clients that end with their test, and a wall that lets bugs through."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from authority import Authority
from proxy import Proxy
from tests.contract.scripted import Scripted

from firsthand import Client, Problem
from firsthand.guard import Reporter


@pytest.fixture(autouse=True)
def bugs_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In production an exception of ours is counted and told; here it fails the test."""
    bugs: list[BaseException] = []
    monkeypatch.setattr(Reporter, "bug", lambda _self, error: bugs.append(error))
    yield
    if bugs:
        raise bugs[0]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WRITE_KEY", "ENDPOINT"):
        monkeypatch.delenv(f"FIRSTHAND_{name}", raising=False)


@pytest.fixture
def collector() -> Iterator[Scripted]:
    with Scripted() as scripted:
        yield scripted


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[Scripted]:
    with Scripted(tls=authority.server()) as scripted:
        yield scripted


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    started = Proxy()
    yield started
    started.close()


@pytest.fixture
def problems() -> list[Problem]:
    return []


@pytest.fixture
def client_of(problems: list[Problem]) -> Iterator[Callable[..., Client]]:
    """`client_of(endpoint, **settings)`: a client that sends full batches or when flushed, and ends with its test."""
    clients: list[Client] = []

    def build(endpoint: str, **settings: Any) -> Client:
        given = {"batch_seconds": 30, "on_error": problems.append, **settings}
        clients.append(Client("key-1", endpoint, **given))
        return clients[-1]

    yield build
    for client in clients:
        client.shutdown(0)
