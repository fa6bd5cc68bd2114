"""Who is at the other end. The kept network stands in the row; nobody may choose it but trusted proxies."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.edge.client import ClientAddress
from tests.collector.desk import Desk
from tests.collector.desk import desk as made

MESSAGE = {"type": "track", "event": "Order", "anonymousId": "a"}
TRUSTED = ("10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.1")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with made(tmp_path_factory.mktemp("behind"), trusted_proxies=TRUSTED) as found:
        yield found


def _network(desk: Desk, peer: str | None, *forwarded: str) -> Any:
    body = json.dumps({"batch": [MESSAGE], "writeKey": "fh_test"}).encode()
    headers = [("x-forwarded-for", f) for f in forwarded]
    reply = desk.request("POST", "/v1/batch", [body], headers=headers, client=(peer, 1) if peer else None)
    assert reply.status == 200
    return reply.rows[0].get("ip_truncated")


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("10.1.1.1", ["203.0.113.77"], "203.0.113.0"),
        ("10.1.1.1", ["198.51.100.1, 203.0.113.77"], "203.0.113.0"),
        ("10.1.1.1", ["203.0.113.77, 10.2.2.2"], "203.0.113.0"),
        ("10.1.1.1", ["203.0.113.77, 10.2.2.2, 192.0.2.1"], "203.0.113.0"),
        ("10.1.1.1", ["203.0.113.77", "10.2.2.2"], "203.0.113.0"),
        ("10.1.1.1", ["198.51.100.1", "203.0.113.77"], "203.0.113.0"),
        ("10.1.1.1", ["10.3.3.3"], "10.3.3.0"),
        ("10.1.1.1", ["203.0.113.77:51234"], "203.0.113.0"),
        ("10.1.1.1", ["2001:db8:1:2::3"], "2001:db8:1::"),
        ("10.1.1.1", ["[2001:db8:1:2::3]"], "2001:db8:1::"),
        ("10.1.1.1", ["[2001:db8:1:2::3]:443"], "2001:db8:1::"),
        ("10.1.1.1", ["fe80::1%eth0"], "fe80::"),
        ("10.1.1.1", ["::ffff:203.0.113.77"], "203.0.113.0"),
        ("10.1.1.1", ["  203.0.113.77  "], "203.0.113.0"),
        ("2001:db8:ffff::1", ["203.0.113.77"], "203.0.113.0"),
        ("192.0.2.1", ["203.0.113.77"], "203.0.113.0"),
        ("10.1.1.1", [], "10.1.1.0"),
        ("10.1.1.1", [""], "10.1.1.0"),
        ("203.0.113.77", [], "203.0.113.0"),
        # A trusted proxy that passes on what is no address: better none than a wrong one
        ("10.1.1.1", ["unknown"], None),
        ("10.1.1.1", ["203.0.113.77, unknown"], None),
        ("10.1.1.1", ["203.0.113.77,"], None),
        ("10.1.1.1", ["203.0.113.077"], None),
        ("10.1.1.1", ["203.0.113.7.7"], None),
        ("10.1.1.1", ["<script>"], None),
        (None, ["203.0.113.77"], None),
        ("unix:", ["203.0.113.77"], None),
        # Nobody else may say who they are
        ("198.51.100.9", ["203.0.113.77"], "198.51.100.0"),
        ("192.0.2.2", ["203.0.113.77"], "192.0.2.0"),
        ("2001:db8:fffe::1", ["203.0.113.77"], "2001:db8:fffe::"),
    ],
)
def test_behind_proxies(behind: Desk, peer: str | None, forwarded: list[str], network: str | None) -> None:
    assert _network(behind, peer, *forwarded) == network


def test_without_trusted_proxies_nothing_forwarded_is_read(desk: Desk) -> None:
    assert _network(desk, "198.51.100.9", "203.0.113.77") == "198.51.100.0"
    assert _network(desk, "127.0.0.1", "203.0.113.77") == "127.0.0.0"


@pytest.mark.parametrize("header", ["x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x-client-ip"])
def test_other_headers_say_nothing(behind: Desk, header: str) -> None:
    body = b'{"batch":[{"type":"track","event":"x","anonymousId":"a"}],"writeKey":"fh_test"}'
    reply = behind.request("POST", "/v1/batch", [body], headers=[(header, "203.0.113.77")], client=("10.1.1.1", 1))
    assert reply.rows[0]["ip_truncated"] == "10.1.1.0"


@given(st.text(max_size=40), st.text(alphabet="0123456789.,:[]%abcdef ", max_size=60))
def test_nothing_raises_and_a_full_address_is_never_the_kept_one(peer: str, forwarded: str) -> None:
    for one in (peer, "10.1.1.1", "198.51.100.9"):
        address, kept = ClientAddress(TRUSTED).of(one, forwarded)
        assert (address is None) == (kept is None)
        if kept is not None:
            assert kept.endswith((".0", "::"))


@given(st.lists(st.ip_addresses().map(str), max_size=5), st.ip_addresses().map(str))
def test_what_an_untrusted_peer_forwards_never_matters(forged: list[str], peer: str) -> None:
    found = ClientAddress(["192.0.2.1"])
    if peer != "192.0.2.1":
        assert found.of(peer, ",".join(forged)) == found.of(peer, "")


def test_a_network_that_is_none_is_refused_when_it_starts() -> None:
    with pytest.raises(ValueError, match=r"proxies\.example"):
        ClientAddress(["proxies.example"])
