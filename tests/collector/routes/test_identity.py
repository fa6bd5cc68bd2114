"""The id cookie by header: for whom it is set, how, and for whom it is not."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from collector.routes.identity import LIFETIME, cookie
from collector.routes.ingest import Refused
from tests.collector.desk import KEY, NOW, Desk, Reply
from tests.collector.desk import desk as made

WEB = {"id": "web", "write_key": KEY, "mode": "opt_out", "origins": ["https://www.shop.example"]}
BORN = int(NOW.timestamp() * 1000) - 86_400_000
YES = {"categoryPreferences": {"analytics": True}}


def id_of(ms: int) -> str:
    digits = f"{ms:012x}"
    return f"{digits[:8]}-{digits[8:]}-7abc-8def-0123456789ab"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with made(tmp_path_factory.mktemp("identity"), [WEB]) as desk:
        yield desk


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.edge.visitors.Visitors.take", lambda self, name, workers: 0)


def ask(desk: Desk, consent: Any = YES, site: str = "same-site", **more: Any) -> Reply:
    body = {"writeKey": KEY, "anonymousId": id_of(int(time.time() * 1000)), "domain": "shop.example"}
    headers = {"origin": "https://www.shop.example", "sec-fetch-site": site}
    return desk.post(json.dumps(body | {"consent": consent} | more).encode(), "/v1/id", headers=headers)


def test_a_page_of_the_same_site_gets_it_with_consent(desk: Desk) -> None:
    reply = ask(desk)
    assert (reply.status, reply.body) == (204, b"")
    name, *attributes = reply.headers["set-cookie"].split("; ")
    assert name.startswith(f"fh.{KEY}.id=")
    assert sorted(attributes)[0] == "Domain=shop.example"
    assert {"Path=/", "SameSite=Lax", "Secure"} <= set(attributes)
    assert "HttpOnly" not in attributes  # the SDK reads it, and takes it away
    assert reply.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in reply.headers
    assert reply.rows == []


UNSAID = [None, {}, *({"categoryPreferences": p} for p in ({}, {"analytics": False}, {"marketing": True}))]


@pytest.mark.parametrize("consent", UNSAID)
def test_what_was_not_granted_in_so_many_words_sets_none(desk: Desk, consent: Any) -> None:
    reply = ask(desk, consent)
    assert (reply.status, reply.json["code"]) == (403, "no_consent")
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("site", ["cross-site", "none", ""])
def test_a_page_of_another_site_gets_none(desk: Desk, site: str) -> None:
    reply = ask(desk, site=site)
    assert reply.status == 403
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    "wrong",
    [{"anonymousId": "ada"}, {"anonymousId": id_of(0)}, {"domain": "other.example"}, {"domain": "example"},
     {"domain": "shop.example; Max-Age=1"}, {"domain": "hop.example"}, {"anonymousId": 7}],
)  # fmt: skip
def test_what_may_be_no_cookie_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    reply = ask(desk, **wrong)
    assert (reply.status, reply.json["code"]) == (400, "invalid")
    assert "set-cookie" not in reply.headers


def test_an_unknown_key_and_a_foreign_origin(desk: Desk) -> None:
    assert ask(desk, writeKey="fh_no").status == 401
    body = {"writeKey": KEY, "anonymousId": id_of(BORN), "consent": YES}
    headers = {"origin": "https://evil.example", "sec-fetch-site": "same-site"}
    assert desk.post(json.dumps(body).encode(), "/v1/id", headers=headers).status == 403


def test_it_ends_thirteen_months_after_the_id_was_made() -> None:
    now = NOW.timestamp()
    made_now = cookie("k", id_of(int(now * 1000)), "", "http://127.0.0.1:80", now)
    assert f"Max-Age={LIFETIME};" in made_now
    assert "Secure" not in made_now
    assert "Domain" not in made_now
    assert f"Max-Age={LIFETIME - 86_400};" in cookie("k", id_of(BORN), "", "https://a.example", now)
    for when in (int((now - LIFETIME) * 1000), int((now + 2 * 86_400) * 1000)):
        with pytest.raises(Refused):
            cookie("k", id_of(when), "", "https://a.example", now)
