"""The mini-program's small endpoints: what they give, to whom, and what never comes out."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.routes import wechat
from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from tests.collector.desk import KEY, TEST_SECRET, Desk, Reply
from tests.collector.desk import desk as made
from tests.wechat import APPID, SECRET, WeChatApi, wechat_api

MINI = {"id": "mini", "write_key": KEY, "kind": "miniprogram", "mode": "opt_in",
        "wechat": {"appid": APPID, "secret": SECRET}}  # fmt: skip
WEB = {"id": "web", "write_key": "fh_web", "origins": ["https://shop.example"]}
YES = {"categoryPreferences": {"analytics": True}}


@pytest.fixture(scope="module")
def api() -> Iterator[WeChatApi]:
    with wechat_api() as server:
        yield server


@pytest.fixture(scope="module")
def shared(api: WeChatApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    wrong = MINI | {"id": "wrong", "write_key": "fh_wrong", "wechat": {"appid": APPID, "secret": "no"}}
    with made(tmp_path_factory.mktemp("wechat"), [MINI, WEB, wrong], wechat_api=api.base) as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("collector.edge.visitors.Visitors.take", lambda self, name, workers: 0)
    return shared


def ask(desk: Desk, name: str, key: str = KEY, consent: Any = YES, **fields: Any) -> Reply:
    body = {"writeKey": key, "consent": consent} | fields
    return desk.post(json.dumps(body).encode(), f"/v1/wechat/{name}", headers={"origin": "https://shop.example"})


def test_login_gives_pseudonyms_and_nothing_else(desk: Desk) -> None:
    reply = ask(desk, "login", code="ok-ming")
    assert reply.status == 200
    assert set(reply.json) == {"openid", "unionid"}
    assert all(value.startswith("p1.t1.") for value in reply.json.values())
    assert ask(desk, "login", code="ok-ming-again").json == reply.json
    assert b"ming" not in reply.body
    assert reply.headers["cache-control"] == "no-store"


def test_a_pseudonym_is_the_one_that_an_app_would_get_for_its_own_field(desk: Desk) -> None:
    reply = ask(desk, "login", code="ok-ming-same").json
    raw = {"openid": "oming-6zEXAMPLEopenidEXAMPLE", "unionid": "uming-6zEXAMPLEunionidEXAMPL"}
    sent = json.dumps(raw).encode()
    assert json.loads(Scrubber(Key("t1", TEST_SECRET), {}).json(sent, "properties")) == reply


def test_a_person_without_unionid(desk: Desk) -> None:
    assert set(ask(desk, "login", code="ok-alone").json) == {"openid"}


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [("err40029", 400, "invalid_code"), ("err45011", 429, "rate_limited"), ("err40226", 403, "blocked"),
     ("err-1", 503, "unavailable"), ("html", 503, "unavailable"), ("", 400, "invalid_code"),
     ("x" * 200, 400, "invalid_code")],
)  # fmt: skip
def test_login_refused(desk: Desk, code: str, status: int, said: str) -> None:
    reply = ask(desk, "login", code=code)
    assert (reply.status, reply.json["code"]) == (status, said)
    assert ("retry-after" in reply.headers) == (status in (429, 503))


def test_wrong_settings_are_logged_once_without_the_secret(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for number in range(3):
            assert ask(desk, "login", key="fh_wrong", code=f"ok-{number}").status == 503
    errors = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert errors == ["WeChat refuses the app id or secret of source wrong: errcode 40125"]
    assert SECRET not in caplog.text


def test_a_source_without_a_mini_program(desk: Desk) -> None:
    assert (ask(desk, "login", key="fh_web", code="ok-a").status) == 404


def test_an_id_goes_to_the_web_page_once(desk: Desk) -> None:
    given = ask(desk, "handoff", anonymousId="a-1", sessionId="s-1").json
    assert given["expiresIn"] == 60
    assert "a-1" not in given["token"]
    assert ask(desk, "redeem", key="fh_web", token=given["token"]).json == {"anonymousId": "a-1", "sessionId": "s-1"}
    again = ask(desk, "redeem", key="fh_web", token=given["token"])
    assert (again.status, again.json["code"]) == (410, "gone")


@pytest.mark.parametrize(
    "fields", [{}, {"anonymousId": ""}, {"anonymousId": "x" * 300}, {"anonymousId": "a", "sessionId": ""}]
)
def test_an_id_that_is_none(desk: Desk, fields: dict[str, str]) -> None:
    assert ask(desk, "handoff", **fields).status == 400


def test_share_tokens_count_generations_and_believe_nobody_else(desk: Desk) -> None:
    first = ask(desk, "share").json["token"]
    second = ask(desk, "share", parent=first).json["token"]
    forged = second.replace("s1.2.", "s1.9.")
    assert [t.split(".")[1] for t in (first, second, ask(desk, "share", parent=forged).json["token"])] == [
        "1",
        "2",
        "1",
    ]
    assert first != ask(desk, "share").json["token"]


NAMES = ("login", "handoff", "redeem", "share")
FIELDS = {"code": "ok-n", "anonymousId": "a", "token": "t"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("consent", [None, {}, {"categoryPreferences": {"analytics": False}},
                                     {"categoryPreferences": {"marketing": True}}])  # fmt: skip
def test_without_consent_nothing(desk: Desk, api: WeChatApi, name: str, consent: Any) -> None:
    before = len(api.asked)
    reply = ask(desk, name, consent=consent, **FIELDS)
    assert (reply.status, reply.json["code"]) == (403, "no_consent")
    assert len(api.asked) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"code":1}', b"\xff\xfe", b"[" * 8_000, b'{"writeKey":"none"}']
)
def test_no_body_is_an_error_of_ours(desk: Desk, name: str, body: bytes) -> None:
    reply = desk.post(body, f"/v1/wechat/{name}")
    assert reply.status in (400, 401)
    assert set(reply.json) == {"code", "message"}


@pytest.mark.parametrize("name", NAMES)
def test_bounded(desk: Desk, name: str) -> None:
    assert desk.post(b" " * (wechat.MAX_BYTES + 1), f"/v1/wechat/{name}").status == 413
    assert desk.request("POST", f"/v1/wechat/{name}", [b"{", None]).status == 400


def test_browsers_may_ask(desk: Desk) -> None:
    reply = desk.request("OPTIONS", "/v1/wechat/redeem", headers={"origin": "https://shop.example"})
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    foreign = desk.post(json.dumps({"writeKey": "fh_web", "consent": YES, "token": "t"}).encode(), "/v1/wechat/redeem",
                        headers={"origin": "https://else.example"})  # fmt: skip
    assert foreign.status == 403


def test_one_address_may_not_try_for_ever(data: Path, api: WeChatApi) -> None:
    with made(data, [MINI], wechat_api=api.base) as desk:
        replies = [ask(desk, "share") for _ in range(int(wechat.OF_AN_ADDRESS[1]) + 20)]
    last = replies[-1]
    assert (last.status, last.json["code"]) == (429, "rate_limited")
    assert int(last.headers["retry-after"]) >= 1


def test_neither_secret_nor_real_id_reaches_the_disk(shared: Desk) -> None:
    held = b"".join(p.read_bytes() for p in shared.data.rglob("*") if p.is_file() and p.name != "sources.json")
    for word in (SECRET, "oming", "uming", "SESSIONKEY"):
        assert word.encode() not in held
