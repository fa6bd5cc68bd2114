"""What may not leave the process: addresses and titles by the shared vectors, secrets by the collector's own list."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.golden import cases

import firsthand
from firsthand import Problem
from firsthand.addresses import CAMPAIGN_PARAMS, clean_referrer, clean_title, clean_url
from firsthand.scrub import ADDRESSES, SECRETS, Scrubber
from firsthand.testing import Recorder

YES = {"analytics": True}
URL = cases("url")
TITLE = cases("title")


@pytest.mark.parametrize("case", URL, ids=[c["name"] for c in URL])
def test_addresses(case: dict[str, Any]) -> None:
    given_ = case["given"]
    if "url" in given_:
        allowed = CAMPAIGN_PARAMS | frozenset(given_["allowed"] or ())
        assert clean_url(given_["url"], allowed) == case["expect"]
    else:
        assert clean_referrer(given_["referrer"], given_["pageHost"]) == case["expect"]


@pytest.mark.parametrize("case", TITLE, ids=[c["name"] for c in TITLE])
def test_titles(case: dict[str, Any]) -> None:
    assert clean_title(case["given"]["text"]) == case["expect"]


@given(st.text(max_size=80))
def test_addresses_come_out_as_the_collectors_do(url: str) -> None:
    from consent.pii.urls import clean_referrer as its_referrer
    from consent.pii.urls import clean_url as its_url

    assert clean_url(url) == its_url(url)
    assert clean_referrer(url, "shop.example") == its_referrer(url, "shop.example")


@pytest.mark.parametrize("text", ["a" * 200_000, "eyJ" * 60_000, "%4" * 100_000, "/" * 200_000, "1a" * 100_000,
                                  "eyJa.-" * 40_000, "x " * 100_000 + "@"])  # fmt: skip
def test_no_address_and_no_title_takes_long(text: str) -> None:
    began = time.process_time()
    clean_url(text)
    clean_title(text)
    assert time.process_time() - began < 2


def test_what_is_left_out_here_the_collector_drops_as_well() -> None:
    from consent.pii.declared import declared_class

    assert {declared_class(name) for name in SECRETS} == {"secret", "card", "bank"}
    assert {declared_class(name) for name in ADDRESSES} == {"url"}


@pytest.mark.parametrize("name", ["password", "Access-Token", "card_number", "API key", "CVV", "user.cookie"[5:]])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: {"deep": [v]}, lambda v: {"text": "a\\b", "in": v}])
def test_secrets_are_left_out_at_every_depth_and_told_without_their_value(name: str, wrap: Any) -> None:
    recorder = Recorder()
    for _ in range(2):
        recorder.track("Login", wrap({name: "hunter2", "ok": 1}), user_id="u", consent=YES)
        recorder.identify("u", {"plan": "pro", name: "hunter2"}, consent=YES)
        recorder.track("Login", user_id="u", consent=YES, context={"device": {name: "hunter2"}})
    with firsthand.context(session={name: "hunter2"}):
        recorder.track("Login", user_id="u", consent=YES)
    assert len(recorder.events) == 7
    assert "hunter2" not in json.dumps(recorder.events)
    assert json.dumps(recorder.events[0]).count('"ok"') == 1
    told = [p for p in recorder.problems if p.kind == "scrubbed"]
    assert told[0] == Problem("scrubbed", "track", f"left out by name: {name}")


def test_whether_there_was_one_is_no_secret() -> None:
    recorder = Recorder()
    recorder.track("Login", {"password": True, "token": None}, user_id="u", consent=YES)
    assert recorder.events[0]["properties"] == {"password": True, "token": None}


def test_what_only_the_collector_can_make_a_pseudonym_of_is_left_to_it() -> None:
    recorder = Recorder()
    recorder.identify("u", {"email": "ada@x.example", "phone": "+4930123456"}, consent=YES)
    assert set(recorder.events[0]["traits"]) == {"email", "phone"}


def test_addresses_in_events_are_cut_down() -> None:
    recorder = Recorder(url_params="q, Page")
    page = {
        "url": "https://ada:pw@shop.example/s?q=shoes&page=2&sid=1#top",
        "referrer": "https://shop.example/u/ada@x.example?q=1",
        "search": "?q=shoes&sid=1",
        "path": "/reset/9f8a7c6b5d4e3f2a1b0c9d8e7f6a5b4c",
        "title": "Shoes of ada@x.example",
    }
    recorder.page("S", {"url": page["url"], "hrefs": 1, "href": [page["url"]]}, user_id="u", consent=YES,
                  context={"page": page})  # fmt: skip
    cleaned = "https://shop.example/s?q=shoes&page=2"
    assert recorder.events[0]["properties"] == {"url": cleaned, "hrefs": 1, "href": [cleaned]}
    assert recorder.events[0]["context"]["page"] == {
        "url": cleaned,
        "referrer": "https://shop.example/u/:redacted?q=1",
        "search": "?q=shoes",
        "path": "/reset/:redacted",
        "title": "Shoes of :redacted",
    }


def test_off_means_off() -> None:
    recorder = Recorder(scrub=False)
    recorder.track("X", {"token": "t", "url": "https://x.example/?a=1"}, user_id="u", consent=YES)
    assert recorder.events[0]["properties"] == {"token": "t", "url": "https://x.example/?a=1"}


NAMES = st.sampled_from([*SECRETS, *ADDRESSES, "total", "Pass_Word", "items"])
VALUES = st.recursive(st.text(max_size=5), lambda v: st.lists(v, max_size=2) | st.dictionaries(NAMES, v, max_size=3))


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_nothing_with_the_name_of_a_secret_is_left(properties: dict[str, Any]) -> None:
    scrubber = Scrubber()
    message, _ = scrubber.message({"properties": properties, "context": {}})

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    left = names(message["properties"])
    assert not {n for n in left if scrubber.kind_of(n) == "secret"}
