"""WeChat's `code2session`: the code that `wx.login` gave becomes the person's openid and unionid.

Source: developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html. The call needs the AppSecret,
so it is made here and not in the mini-program. Its third answer, `session_key`, decrypts what WeChat encrypts for the
app; nobody here needs it, so it is not even decoded.

The secret stands in the address (that is WeChat's API), so the address is never logged and no redirect is followed.
A code is good for five minutes and once: it is never sent a second time.

The call blocks, so it runs on threads of its own, few of them, and only so many calls wait; one more is refused.
"""

import asyncio
import http.client
import ssl
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import msgspec

from collector.context import WeChatApp

TIMEOUT_SECONDS = 5.0
THREADS = 4
MOST_WAITING = 64
MAX_ANSWER_BYTES = 64 * 1024
MAX_CODE_CHARS = 128

# errcode → (status, code, message, seconds until another try may help)
REFUSALS = {
    40029: (400, "invalid_code", "the code is not valid; call wx.login again", 0),
    40163: (400, "invalid_code", "the code was used before; call wx.login again", 0),
    41008: (400, "invalid_code", "a code is needed; call wx.login", 0),
    40226: (403, "blocked", "WeChat blocks this user's login", 0),
    45011: (429, "rate_limited", "WeChat limits how often this user may log in", 60),
    -1: (503, "unavailable", "WeChat is busy", 5),
}
BROKEN = (503, "unavailable", "WeChat did not answer", 5)
# Anything else is wrong here, not there: app id, secret, addresses that may call
MISCONFIGURED = (503, "unavailable", "WeChat refuses this source's settings", 300)


class Session(msgspec.Struct):
    """What WeChat answers, as far as it is read."""

    openid: str = ""
    unionid: str = ""
    errcode: int = 0


class LoginRefused(Exception):
    """No session. `errcode` is WeChat's, None if it did not answer; `settings_wrong` if the source must be set up."""

    def __init__(self, refusal: tuple[int, str, str, int], errcode: int | None, settings_wrong: bool = False) -> None:
        super().__init__(refusal[2])
        self.status, self.code, self.message, self.retry_after = refusal
        self.errcode, self.settings_wrong = errcode, settings_wrong


class Code2Session:
    """Calls to WeChat at `base`, `https://api.weixin.qq.com` but for tests."""

    def __init__(self, base: str) -> None:
        self._base = urlsplit(base)
        self._threads = ThreadPoolExecutor(THREADS, "code2session")
        self._waiting = 0
        self._tls = ssl.create_default_context() if self._base.scheme == "https" else None

    async def __call__(self, app: WeChatApp, code: str) -> Session:
        """The session of a code. Raises LoginRefused."""
        if self._waiting >= MOST_WAITING:
            raise LoginRefused(BROKEN, None)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return read(await loop.run_in_executor(self._threads, self._ask, app, code))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, app: WeChatApp, code: str) -> bytes:
        host = self._base.netloc
        connection = (
            http.client.HTTPSConnection(host, timeout=TIMEOUT_SECONDS, context=self._tls)
            if self._tls is not None
            else http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
        )
        query = {"appid": app.appid, "secret": app.secret, "js_code": code, "grant_type": "authorization_code"}
        try:
            connection.request("GET", f"{self._base.path.rstrip('/')}/sns/jscode2session?{urlencode(query)}")
            answer = connection.getresponse()
            if answer.status != 200:
                raise LoginRefused(BROKEN, None)
            return answer.read(MAX_ANSWER_BYTES)
        except (OSError, http.client.HTTPException):
            raise LoginRefused(BROKEN, None) from None  # the original text may hold the address
        finally:
            connection.close()


def read(body: bytes) -> Session:
    """The session in WeChat's answer. Raises LoginRefused."""
    try:
        session = msgspec.json.decode(body, type=Session)
    except msgspec.MsgspecError:
        raise LoginRefused(BROKEN, None) from None
    if session.errcode:
        known = REFUSALS.get(session.errcode)
        raise LoginRefused(known or MISCONFIGURED, session.errcode, settings_wrong=known is None)
    if not session.openid:
        raise LoginRefused(BROKEN, None)
    return session
