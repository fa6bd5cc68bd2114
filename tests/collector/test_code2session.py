"""What WeChat answers, and what becomes of it."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from collector import code2session as module
from collector.code2session import MOST_WAITING, Code2Session, LoginRefused, Session, read
from collector.context import WeChatApp
from tests.wechat import APPID, SECRET, WeChatApi, wechat_api

APP = WeChatApp(APPID, SECRET)


@pytest.fixture(scope="module")
def api() -> Iterator[WeChatApi]:
    with wechat_api() as server:
        yield server


def ask(api: WeChatApi, code: str, app: WeChatApp = APP) -> Session:
    return asyncio.run(Code2Session(api.base)(app, code))


def test_a_code_becomes_a_session(api: WeChatApi) -> None:
    session = ask(api, "ok-ming")
    assert (session.openid[:5], session.unionid[:5]) == ("oming", "uming")
    assert api.asked[-1] == {"appid": APPID, "secret": SECRET, "js_code": "ok-ming", "grant_type": "authorization_code"}
    assert "SESSIONKEY" not in repr(session)


@pytest.mark.parametrize(
    ("code", "status", "retry", "ours"),
    [
        ("err40029", 400, 0, False), ("err40163", 400, 0, False), ("err40226", 403, 0, False),
        ("err45011", 429, 60, False), ("err-1", 503, 5, False),
        ("err40125", 503, 300, True), ("err99999", 503, 300, True), ("html", 503, 5, False),
        ("status500", 503, 5, False), ("redirect", 503, 5, False), ("empty", 503, 5, False),
    ],
)  # fmt: skip
def test_errors(api: WeChatApi, code: str, status: int, retry: int, ours: bool) -> None:
    with pytest.raises(LoginRefused) as refused:
        ask(api, code)
    assert (refused.value.status, refused.value.retry_after, refused.value.settings_wrong) == (status, retry, ours)


def test_a_code_is_good_once(api: WeChatApi) -> None:
    ask(api, "ok-once")
    with pytest.raises(LoginRefused, match="used before"):
        ask(api, "ok-once")


def test_silence_ends(api: WeChatApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(LoginRefused) as refused:
        ask(api, "silent")
    assert refused.value.status == 503
    assert time.monotonic() - started < 5


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoginRefused) as refused:
        asyncio.run(Code2Session("http://127.0.0.1:9")(APP, "ok-a"))
    assert SECRET not in f"{refused.value!r}{refused.value.__context__}"


def test_so_many_wait_and_no_more(api: WeChatApi) -> None:
    async def many() -> list[object]:
        desk = Code2Session(api.base)
        calls = [desk(APP, f"ok-p{number}") for number in range(MOST_WAITING + 5)]
        return await asyncio.gather(*calls, return_exceptions=True)

    found = asyncio.run(many())
    assert sum(isinstance(one, LoginRefused) for one in found) == 5
    assert sum(isinstance(one, Session) for one in found) == MOST_WAITING


@pytest.mark.parametrize("body", [b"", b"[]", b'{"openid":1}', b'{"errcode":"x"}', b"\xff", b"[" * 100_000])
def test_nonsense_is_no_session(body: bytes) -> None:
    with pytest.raises(LoginRefused):
        read(body)
