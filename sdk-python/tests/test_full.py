"""When there is no room, and when there is a proxy: who waits, who is told, who sees what."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.contract.scripted import Reply, Scripted

from firsthand import Client, Problem, SettingsError
from firsthand.settings import load

ClientOf = Callable[..., Client]
YES = {"analytics": True}


def test_block_waits_for_room_and_loses_nothing(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint, queue_events=50, batch_events=10, when_full="block", block_seconds=20)
    threads = [
        threading.Thread(target=lambda: [client.track("X", user_id="u", consent=YES) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert client.flush(10).sent == 800
    assert client.stats().dropped == {}


def test_block_gives_up_in_time_and_counts(client_of: ClientOf, problems: list[Problem]) -> None:
    client = client_of("http://127.0.0.1:9", queue_events=2, when_full="block", block_seconds=0.2)
    began = time.monotonic()
    ids = [client.track("X", user_id="u", consent=YES) for _ in range(3)]
    assert 0.15 < time.monotonic() - began < 3
    assert ids[2] is None
    assert client.stats().dropped == {"queue_full": 1}
    began = time.monotonic()
    client.shutdown(0)
    client.track("late", user_id="u", consent=YES)
    assert time.monotonic() - began < 0.15, "nobody waits for a queue that is closed"


def test_a_callback_on_the_worker_never_waits_for_itself(collector: Scripted, client_of: ClientOf) -> None:
    def on_error(_problem: Problem) -> None:
        for _ in range(20):
            client.track("from the callback", user_id="u", consent=YES)

    collector.replies.append(Reply(400))
    client: Client = client_of(
        collector.endpoint, queue_events=5, when_full="block", block_seconds=30, on_error=on_error
    )
    client.track("X", user_id="u", consent=YES)
    began = time.monotonic()
    client.flush(10)
    assert time.monotonic() - began < 10


# ---- proxies --------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Records the head of what it is asked, then connects to the address in it (CONNECT or a whole URL)."""
    heads: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve(one: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += one.recv(65536)
        heads.append(head)
        verb, target, _ = head.split(b"\r\n")[0].split(b" ")
        host = target.removeprefix(b"http://").split(b"/")[0]
        address, _, port = host.partition(b":")
        with socket.create_connection((address.decode(), int(port))) as other:
            if verb == b"CONNECT":
                one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = b"/" + target.removeprefix(b"http://").split(b"/", 1)[1]
                other.sendall(head.replace(target, path, 1))
            back = threading.Thread(target=pump, args=(other, one), daemon=True)
            back.start()
            pump(one, other)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def accept() -> None:
        try:
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://ada:p%40ss@127.0.0.1:{server.getsockname()[1]}", heads
    server.close()


def test_http_through_a_proxy(collector: Scripted, client_of: ClientOf, proxy: tuple[str, list[bytes]]) -> None:
    address, heads = proxy
    client = client_of(collector.endpoint + "/in", proxy=address)
    client.track("X", user_id="u", consent=YES)
    assert client.flush(5).sent == 1
    assert heads[0].startswith(f"POST {collector.endpoint}/in/v1/batch HTTP/1.1\r\n".encode())
    login = base64.b64encode(b"ada:p@ss")
    assert b"Proxy-Authorization: Basic " + login in heads[0]


@pytest.mark.parametrize(
    ("environ", "endpoint", "expected"),
    [
        ({"https_proxy": "http://p:1"}, "https://c.example", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "https://c.example", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "http://c.example", ""),
        ({"http_proxy": "http://p:1"}, "http://c.example", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "http://c.example", ""),
        ({"all_proxy": "http://p:1"}, "http://c.example", "http://p:1"),
        ({"all_proxy": "socks5://p:1"}, "http://c.example", ""),
        ({"all_proxy": "http://p:x"}, "http://c.example", ""),
        ({"https_proxy": "http://p:1", "no_proxy": "other, .example"}, "https://c.example", ""),
        ({"https_proxy": "http://p:1", "no_proxy": "ample"}, "https://c.example", "http://p:1"),
        ({"https_proxy": "http://p:1", "no_proxy": "*"}, "https://c.example", ""),
        ({"https_proxy": "http://p:1", "FIRSTHAND_PROXY": "off"}, "https://c.example", ""),
        ({"https_proxy": "http://p:1", "FIRSTHAND_PROXY": "http://q:2"}, "https://c.example", "http://q:2"),
        ({}, "https://c.example", ""),
    ],
)
def test_which_proxy(environ: dict[str, str], endpoint: str, expected: str) -> None:
    assert load(environ, write_key="k", endpoint=endpoint).proxy == expected


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://p:1", "http://"])
def test_a_proxy_that_cannot_be_used_is_refused(proxy: str) -> None:
    with pytest.raises(SettingsError, match="proxy"):
        load({}, write_key="k", endpoint="http://c.example", proxy=proxy)
