"""What a request says about the person: the same for every framework, and nothing that anybody may forge."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firsthand
from firsthand.integrations.request import Request, RequestScopes
from firsthand.scope import LazyScope, entered
from firsthand.testing import Recorder

YES = {"analytics": True}
ID = "019b7c2a-0000-7000-8000-000000000001"
SESSION = "019b7c2a-0000-7000-8000-000000000002"


def request(peer: str | None = "203.0.113.7", path: str = "/cart", query: str = "", **headers: str) -> Request:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(lower.get, "http", "shop.example", path, query, peer, {"native": True})


def test_a_browsers_request() -> None:
    scopes = RequestScopes(web_key="fh_web")
    found = scopes.of(
        request(
            query="q=shoes&utm_source=mail",
            user_agent="Mozilla/5.0",
            accept_language="zh-CN,zh;q=0.9",
            sec_gpc="1",
            referer="https://search.example/?q=x",
            cookie=f"a=b; fh.fh_web.id={ID}; fh.other.id=x; fh.fh_web.consent=analytics.ab-tests; fh.other.consent=x",
            x_firsthand_session=SESSION,
        )
    )
    assert (found.user_id, found.anonymous_id, found.consent) == (None, ID, {**YES, "ab-tests": True})
    assert found.context == {
        "userAgent": "Mozilla/5.0",
        "locale": "zh-CN",
        "sessionId": SESSION,
        "gpc": True,
        "page": {
            "url": "http://shop.example/cart?q=shoes&utm_source=mail",
            "path": "/cart",
            "search": "?q=shoes&utm_source=mail",
            "referrer": "https://search.example/?q=x",
        },
    }


def test_what_leaves_the_process_is_scrubbed() -> None:
    recorder = Recorder()
    scope = RequestScopes().of(request(path="/reset/9f8a7c6b5d4e3f2a1b0c9d8e7f6a5b4c", query="email=a@b.example"))
    with entered(scope):
        recorder.track("X", user_id="u", consent=YES)
    assert recorder.events[0]["context"]["page"] == {
        "url": "http://shop.example/reset/:redacted", "path": "/reset/:redacted", "search": "",
    }  # fmt: skip


def test_a_request_that_says_nothing() -> None:
    found = RequestScopes(page=False).of(request(peer=None))
    assert (found.user_id, found.anonymous_id, found.consent, found.context) == (None, None, None, {})


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (f"fh.k1.id={ID}", (ID, None)),
        (f"fh.k1.id={ID}; fh.k1.consent=analytics; fh.k1.session=x", (ID, YES)),
        ("fh.k1.consent=analytics", (None, YES)),
        (f"fh.k1.id={ID}; fh.k2.id={ID}; fh.k1.consent=analytics", (None, None)),
        (f"fh.k1.id={ID}; fh.k2.consent=analytics", (None, None)),
        ("fh.k1.id=", (None, None)),
        (f"fh.k1.id={'x' * 101}", (None, None)),
        ("nonsense; ;=;", (None, None)),
    ],
)
def test_without_a_word_which_source(cookie: str, expected: tuple[str | None, dict[str, bool] | None]) -> None:
    """With two web sources and no `web_key`, guessing would join two persons, or take one's yes for the other's."""
    found = RequestScopes().of(request(cookie=cookie))
    assert (found.anonymous_id, found.consent) == expected


@pytest.mark.parametrize("text", ["", ".", "analytics.", "analytics..x", "a b", "%7B", "true;", "é", "x" * 65,
                                  ".".join(["a"] * 65), '{"analytics":true}'])  # fmt: skip
def test_a_consent_cookie_that_no_sdk_has_written_is_no_choice(text: str) -> None:
    scope = RequestScopes().of(request(cookie=f"fh.k.id={ID}; fh.k.consent={text}"))
    assert not scope.consent or "analytics" not in scope.consent
    recorder = Recorder()
    with entered(scope):
        assert recorder.track("X") is None
    assert recorder.stats().dropped == {"no_consent": 1}


@pytest.mark.parametrize("text", ["", "null", "undefined", "x" * 101, SESSION + " ", "é" * 9, "a=b;c=12"])
def test_what_is_no_session_is_left_out(text: str) -> None:
    assert "sessionId" not in RequestScopes().of(request(x_firsthand_session=text)).context


def test_a_cookie_of_the_site_is_read_instead_of_the_sdks() -> None:
    scopes = RequestScopes(consent_cookie="choices")
    sdk = "fh.k.consent=analytics"
    assert scopes.of(request(cookie=f"{sdk}; choices={quote(json.dumps({**YES, 'x': 1}))}")).consent == YES
    assert scopes.of(request(cookie=sdk)).consent is None


@pytest.mark.parametrize(
    "text", ["", "yes", "true", "[1]", '{"analytics":1}', '{"analytics":"true"}', "%7B", "{" * 5_000, "null"]
)
def test_a_choice_that_cannot_be_read_is_no_choice(text: str) -> None:
    found = RequestScopes(consent_cookie="c").of(request(cookie=f"c={quote(text)}")).consent
    assert not found
    recorder = Recorder()
    with firsthand.context(consent=found):
        assert recorder.track("X", user_id="u") is None


def test_the_sites_own_functions_win() -> None:
    scopes = RequestScopes(consent=lambda native: {"analytics": native["native"]}, user_id=lambda native: 7)
    found = scopes.of(request(cookie="fh.k.id=a; consent=x"))
    assert (found.user_id, found.consent) == (7, YES)


TRUSTED = ("10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, unknown, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "10.3.3.3", "10.3.3.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::1", "[2a00::1]:4711", "2a00::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("unix:", "198.51.100.1", "unix:"),
        (None, "198.51.100.1", None),
    ],
)
def test_who_is_behind_the_proxies(peer: str | None, forwarded: str | None, expected: str | None) -> None:
    assert RequestScopes(trusted_proxies=TRUSTED).client_ip(forwarded, peer) == expected


@pytest.mark.parametrize(
    ("peer", "expected"), [("203.0.113.77", "203.0.113.0"), ("2a00:1:2:3::4", "2a00:1:2::"), ("rubbish", None)]
)
def test_an_address_is_sent_only_when_asked_for_and_cut(peer: str, expected: str | None) -> None:
    assert "ip" not in RequestScopes().of(request(peer)).context
    assert RequestScopes(ip=True).of(request(peer)).context.get("ip") == expected


def test_forwarded_host_and_scheme_count_only_from_a_trusted_proxy() -> None:
    headers = {"x_forwarded_host": "www.shop.example", "x_forwarded_proto": "https"}
    scopes = RequestScopes(trusted_proxies=TRUSTED)
    assert scopes.of(request("10.0.0.1", **headers)).context["page"]["url"] == "https://www.shop.example/cart"
    assert scopes.of(request("203.0.113.7", **headers)).context["page"]["url"] == "http://shop.example/cart"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", {"traceId": "a" * 32, "spanId": "b" * 16}),
        ("00-short-01", None),
        (f"00-{'Z' * 32}-{'b' * 16}-01", None),
        ("", None),
    ],
)
def test_the_trace_of_the_caller(header: str, expected: Any) -> None:
    assert RequestScopes(trace=True).of(request(traceparent=header)).context.get("trace") == expected
    assert "trace" not in RequestScopes().of(request(traceparent=header)).context


@given(st.dictionaries(st.sampled_from(["cookie", "x_firsthand_session", "user_agent", "accept_language", "referer",
                                        "x_forwarded_for", "sec_gpc", "traceparent", "x_forwarded_proto",
                                        "x_forwarded_host"]),
                       st.text(max_size=60)), st.none() | st.text(max_size=12), st.text(max_size=20),
       st.text(max_size=20))  # fmt: skip
def test_no_header_breaks_anything(headers: dict[str, str], peer: str | None, path: str, query: str) -> None:
    scopes = RequestScopes(trusted_proxies=TRUSTED, ip=True, trace=True)
    recorder = Recorder()
    with entered(scopes.of(request(peer, path, query, **headers))):
        assert recorder.track("X", user_id="u", consent=YES)


def test_misuse_is_told_at_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        RequestScopes(trusted_proxies=["10.0.0.1/8"])
    with pytest.raises(TypeError, match="trusted"):
        RequestScopes(trusted="10.0.0.0/8")  # type: ignore[call-arg]


def test_a_scope_that_nobody_looks_at_is_not_made() -> None:
    made: list[int] = []

    def make() -> Request:
        made.append(1)
        return request(cookie=f"fh.k.id={ID}")

    scope = RequestScopes().lazy(make)
    recorder = Recorder()
    with entered(scope):
        assert made == []
        for _ in range(3):
            recorder.track("X", consent=YES)
        with firsthand.context(consent=YES, locale="de"):
            recorder.track("X")
    assert made == [1]
    assert [e["anonymousId"] for e in recorder.events] == [ID] * 4
    assert recorder.events[3]["context"]["locale"] == "de"
    with pytest.raises(AttributeError):
        _ = scope.no_such_thing  # type: ignore[attr-defined]


def test_a_scope_that_cannot_be_made_costs_the_event_and_not_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    bugs: list[BaseException] = []
    monkeypatch.setattr("firsthand.guard.Reporter.bug", lambda _self, error: bugs.append(error))

    def broken(_native: Any) -> Any:
        raise RuntimeError("the site's own function")

    recorder = Recorder()
    with entered(LazyScope(lambda: RequestScopes(consent=broken).of(request()))):
        assert recorder.track("X", user_id="u", consent=YES) is None
    assert recorder.stats().dropped == {"internal": 1}
    assert len(bugs) == 1
