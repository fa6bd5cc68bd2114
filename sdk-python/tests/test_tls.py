"""TLS and proxies on real sockets: who sees what, and that a doubt about who is there ends the conversation."""

import time
from collections.abc import Callable

import pytest
from authority import Authority
from proxy import LOGIN, Proxy
from tests.contract.scripted import Reply, Scripted

from firsthand import Client, Problem, Report, SettingsError, doctor, transport
from firsthand.settings import load

ClientOf = Callable[..., Client]
YES = {"analytics": True}


def send(client: Client, count: int = 1) -> None:
    for n in range(count):
        assert client.track("X", {"n": n}, user_id="u", consent=YES)


def until_told(client: Client, problems: list[Problem], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not problems and time.monotonic() < until:
        client.flush(0.1)


# ---- TLS ------------------------------------------------------------------------------------------------------------


def test_https(secure: Scripted, authority: Authority, client_of: ClientOf, problems: list[Problem]) -> None:
    client = client_of(secure.endpoint, ca_file=authority.ca_file)
    send(client, 2)
    assert client.flush(60).sent == 2
    secure._server.cut_connections()
    send(client)
    assert client.flush(60).sent == 3
    assert problems == [], "a connection that was closed meanwhile is no failure, with TLS neither"


@pytest.mark.parametrize("through_proxy", [False, True])
@pytest.mark.parametrize("wrong", ["authority", "name", "time"])
def test_a_certificate_in_doubt_ends_it(authority: Authority, proxy: Proxy, client_of: ClientOf,
                                        problems: list[Problem], wrong: str, through_proxy: bool) -> None:  # fmt: skip
    """Fails closed: not a byte of an event or of the key is sent, and the events wait."""
    tls = authority.server(address="127.0.0.9" if wrong == "name" else "127.0.0.1", days=2 * (wrong == "time"))
    with Scripted(tls=tls) as collector:
        trusted = "" if wrong == "authority" else authority.ca_file
        way = proxy.address if through_proxy else "off"
        client = client_of(collector.endpoint, ca_file=trusted, proxy=way)
        send(client)
        until_told(client, problems)
        assert client.flush(0) == Report(0, 1, 0, 0)
        assert collector.requests == []
        assert [(p.kind, p.reason) for p in problems] == [("retry", "unreachable")]
        assert "SSLCertVerificationError" in problems[0].detail
        assert bool(proxy.heads) == through_proxy


# ---- proxies --------------------------------------------------------------------------------------------------------


def test_http_through_a_proxy(collector: Scripted, client_of: ClientOf, proxy: Proxy) -> None:
    client = client_of(collector.endpoint + "/in", proxy=proxy.address)
    send(client)
    assert client.flush(60).sent == 1
    assert proxy.heads[0].startswith(f"POST {collector.endpoint}/in/v1/batch HTTP/1.1\r\n".encode())
    assert "proxy-authorization" in collector.requests[0].headers, "this proxy hands everything on"


def test_https_through_a_proxy_shows_it_neither_key_nor_event(
    secure: Scripted, authority: Authority, client_of: ClientOf, proxy: Proxy
) -> None:
    client = client_of(secure.endpoint, proxy=proxy.address, ca_file=authority.ca_file,
                       compress=False)  # fmt: skip
    send(client, 250)
    assert client.flush(60).sent == 250
    assert secure.connections == len(proxy.heads) == 1, "the tunnel is kept"
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{secure.port} HTTP/1.".encode())
    assert LOGIN in proxy.heads[0]
    assert len(proxy.seen) > 250 * 100
    for secret in (b"key-1", b"analytics", b"messageId", b"POST"):
        assert secret not in proxy.heads[0] + proxy.seen
    assert all("proxy-authorization" not in r.headers for r in secure.requests)


def test_a_proxy_that_refuses_is_named_and_events_wait(
    secure: Scripted, authority: Authority, client_of: ClientOf, problems: list[Problem], proxy: Proxy
) -> None:
    client = client_of(secure.endpoint, proxy=f"http://ada:wrong@{proxy.host}", ca_file=authority.ca_file)
    send(client)
    until_told(client, problems)
    assert client.flush(0) == Report(0, 1, 0, 0)
    assert secure.connections == 0, "it is not gone round"
    assert problems[0].detail.endswith("the proxy answered 407; trying again")
    assert "wrong" not in str(problems)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 " + b"x" * 500, b"\x00 nonsense \r\n\r\n", b"HTTP/1.1 200 OK\r\n"])
def test_a_proxy_that_talks_nonsense_or_slowly_has_a_deadline(
    secure: Scripted, client_of: ClientOf, problems: list[Problem], proxy: Proxy, answer: bytes
) -> None:
    proxy.answer, proxy.drip = answer, 0.02
    client = client_of(secure.endpoint, proxy=f"http://{proxy.host}", request_timeout=0.3)
    send(client)
    until_told(client, problems, 8)  # all of the answer takes 10 s
    assert [(p.kind, p.reason) for p in problems] == [("retry", "unreachable")]
    assert client.stats().pending == 1
    assert secure.connections == 0


def test_the_variables_of_the_environment_say_which_way(
    secure: Scripted, authority: Authority, client_of: ClientOf, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy.address)
    for exempt, asked in (("elsewhere.example", 1), ("localhost, 127.0.0.1", 1)):
        monkeypatch.setenv("no_proxy", exempt)
        client = client_of(secure.endpoint, ca_file=authority.ca_file)
        send(client)
        assert client.flush(60).sent == 1
        assert len(proxy.heads) == asked
    assert secure.connections == 2


@pytest.mark.parametrize("kind", ["http", "https"])
def test_the_doctor_goes_the_same_way(collector: Scripted, secure: Scripted, authority: Authority, proxy: Proxy,
                                      kind: str) -> None:  # fmt: skip
    asked = collector if kind == "http" else secure
    given = {"endpoint": asked.endpoint, "write_key": "k", "ca_file": authority.ca_file}
    found = doctor.key(load({}, proxy=proxy.address, **given))
    assert "404" in found.detail, "a scripted collector knows no settings"
    assert LOGIN in proxy.heads[0]
    refused = {f.name: f for f in doctor.examine(load({}, proxy=f"http://{proxy.host}", **given))}["key"]
    assert (refused.ok, "407" in refused.detail) == (False, True)


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
        ({"https_proxy": "https://p:1"}, "https://c.example", ""),
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


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://p:1", "https://p:1", "http://"])
def test_a_proxy_that_cannot_be_used_is_refused(proxy: str) -> None:
    with pytest.raises(SettingsError, match="proxy"):
        load({}, write_key="k", endpoint="http://c.example", proxy=proxy)


# ---- connections ----------------------------------------------------------------------------------------------------


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    collector: Scripted, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies between may have forgotten it without a word; then it would cost a whole request_timeout."""
    client = client_of(collector.endpoint)
    send(client)
    assert client.flush(60).sent == 1
    collector.replies.append(Reply())
    send(client)
    assert client.flush(60).sent == 2
    assert collector.connections == 1
    monkeypatch.setattr(transport, "_IDLE_SECONDS", 0.0)
    send(client)
    assert client.flush(60).sent == 3
    assert collector.connections == 2
