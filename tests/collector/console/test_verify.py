"""The install verifier: each mistake that people make has a finding, and a right page has none."""

import pytest

from collector.console.verify import Fetched, Known, allows, verify

KEY, OTHER = "fh_" + "a" * 24, "fh_" + "b" * 24
BASE = "https://events.shop.example"
PAGE = "https://shop.example/"


def known(**changed: object) -> Known:
    values: dict[str, object] = {
        "source": "shop", "write_key": KEY, "state": "live", "mode": "opt_in", "origins": ("https://shop.example",),
        "others": {OTHER: "blog"}, "counts": {"accepted": 7}, "collector": BASE,
    }  # fmt: skip
    return Known(**(values | changed))  # type: ignore[arg-type]


def page(head: str = "", *policies: str, status: int = 200) -> Fetched:
    return Fetched(PAGE, status, policies, f"<!doctype html><head>{head}</head>")


def tag(key: str = KEY, base: str = BASE) -> str:
    return f'<script async src="{base}/sdk.js" data-write-key="{key}"></script>'


def outcomes(found: Fetched, what: Known | None = None) -> dict[str, str]:
    return {f.check: f.outcome for f in verify(found, what or known())}


def test_a_right_page_is_right() -> None:
    for banner in (f'<script async src="{BASE}/banner.js"></script>', "<firsthand-banner></firsthand-banner>"):
        assert outcomes(page(tag() + banner)) == {
            "status": "good", "script": "good", "key": "good", "banner": "good", "csp": "good", "origin": "good",
            "arrived": "good",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "check", "outcome"),
    [
        ("", "script", "warn"),
        (tag(), "noBanner", "warn"),
        (tag(OTHER), "otherKey", "bad"),
        (tag("fh_" + "c" * 24), "wrongKey", "bad"),
        (f'<script src="{BASE}/sdk.js"></script>', "noKey", "bad"),
        (tag(base="https://cdn.example"), "elsewhere", "warn"),
        ('<meta http-equiv="Content-Security-Policy" content="script-src \'self\'">' + tag(), "cspScript", "bad"),
        (f"<script>firsthand.init({{writeKey:'{KEY}'}})</script>", "key", "good"),
    ],
)
def test_mistakes_on_the_page(head: str, check: str, outcome: str) -> None:
    assert outcomes(page(head))[check] == outcome


def test_a_policy_in_the_header_that_blocks_sending_says_what_to_add() -> None:
    found = verify(page(tag(), f"default-src 'self'; script-src {BASE}"), known())
    assert [dict(f.values) for f in found if f.check == "cspConnect"] == [{"add": f"connect-src {BASE}"}]
    assert "cspScript" not in {f.check for f in found}


@pytest.mark.parametrize(
    ("changed", "check", "outcome"),
    [
        ({"state": "paused"}, "paused", "bad"),
        ({"origins": ("https://www.shop.example",)}, "badOrigin", "bad"),
        ({"origins": ()}, "origin", "good"),
        ({"counts": {}}, "arrived", "unknown"),
        ({"counts": {"no_consent": 4}}, "consent", "bad"),
        ({"counts": {}, "shown": 3}, "held", "bad"),
        ({"counts": {}}, "noBanner", "bad"),
        ({"counts": {"accepted": 2, "withdrawn": 4}}, "consent", "warn"),
        ({"counts": {"accepted": 2, "invalid": 4}}, "refused", "warn"),
    ],
)
def test_what_the_collector_knows(changed: dict[str, object], check: str, outcome: str) -> None:
    assert outcomes(page(tag()), known(**changed))[check] == outcome


@pytest.mark.parametrize("changed", [{"agreed": 1}, {"shown": 0}, {"counts": {"accepted": 1}}])
def test_who_agreed_or_was_not_asked_is_not_held_up(changed: dict[str, object]) -> None:
    assert "held" not in outcomes(page(tag()), known(**({"counts": {}, "shown": 3} | changed)))


def test_a_source_that_does_not_ask_first_needs_no_banner_and_other_reasons_are_other_reasons() -> None:
    found = verify(page(tag()), known(mode="opt_out", counts={"accepted": 1, "no_consent": 4, "invalid": 2}))
    assert "noBanner" not in {f.check for f in found}
    assert [dict(f.values) for f in found if f.check == "refused"] == [{"n": "2", "reasons": "invalid"}]


def test_a_page_that_does_not_come() -> None:
    assert outcomes(Fetched(PAGE, problem="verify.why.unreachable"))["reach"] == "bad"
    assert outcomes(page(status=404))["status"] == "bad"


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("", True),
        ("img-src 'none'", True),
        ("default-src 'none'", False),
        ("connect-src 'self'", False),
        ("connect-src *", True),
        ("connect-src https:", True),
        ("connect-src http:", True),
        ("connect-src wss:", False),
        ("connect-src events.shop.example", True),
        ("connect-src *.shop.example", True),
        ("connect-src *.example.shop", False),
        ("connect-src https://events.shop.example:8443", False),
        ("connect-src https://events.shop.example:443", True),
        ("CONNECT-SRC https://EVENTS.shop.example", True),
        ("connect-src 'none'; default-src *", False),
        ("connect-src 'none'; connect-src *", False),
    ],
)
def test_what_a_policy_allows(policy: str, allowed: bool) -> None:
    assert allows(policy, "connect-src", f"{BASE}/v1/batch", PAGE) == allowed


def test_scripts_fall_back_twice_and_nonces_are_not_held_against_a_page() -> None:
    url = f"{BASE}/sdk.js"
    assert not allows("default-src 'self'", "script-src-elem", url, PAGE)
    assert allows("script-src 'nonce-abc' 'strict-dynamic'", "script-src-elem", url, PAGE)
    assert not allows("script-src-elem 'self'; script-src *", "script-src-elem", url, PAGE)
    assert allows("script-src 'self'", "script-src-elem", f"{PAGE}sdk.js", PAGE)
