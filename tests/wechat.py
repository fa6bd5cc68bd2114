"""A stand-in for `api.weixin.qq.com`: answers `code2session` as WeChat documents it, errors included.

The code says what comes: `ok-<name>` a session of that person (once; then 40163, as WeChat does), `err<errcode>` that
error, `silent` nothing at all, `html`, `status500`, `redirect`, `empty` what a broken way in between sends. It listens
on a free port of 127.0.0.1 and keeps the queries it was asked.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

APPID, SECRET = "wx0123456789abcdef", "0123456789abcdef0123456789abcdef"
MESSAGES = {
    -1: "system error",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    40226: "code blocked",
    41008: "missing code",
    45011: "api minute-quota reach limit",
}


class WeChatApi(ThreadingHTTPServer):
    """Use `wechat_api()`. `asked`: the parameters of every call."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, str]] = []
        self.used: set[str] = set()
        self.awake = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: WeChatApi

    def log_message(self, format: str, *args: object) -> None:  # quiet
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.server.asked.append(given)
        code = given.get("js_code", "")
        if address.path != "/sns/jscode2session" or given.get("grant_type") != "authorization_code":
            self._say(404, b"")
        elif code == "silent":
            self.server.awake.wait(30)
        elif code == "html":
            self._say(200, b"<html>maintenance</html>")
        elif code in ("status500", "redirect"):
            self._say(500 if code == "status500" else 302, b"", {"Location": "http://127.0.0.1:9/"})
        elif code == "empty":
            self._say(200, b"{}")
        else:
            self._say(200, json.dumps(self._session(given, code)).encode())

    def _session(self, given: dict[str, str], code: str) -> dict[str, object]:
        errcode = 0
        if given.get("appid") != APPID:
            errcode = 40013
        elif given.get("secret") != SECRET:
            errcode = 40125
        elif code.startswith("err"):
            errcode = int(code[3:])
        elif not code.startswith("ok-"):
            errcode = 40029
        elif code in self.server.used:
            errcode = 40163
        self.server.used.add(code)
        if errcode:
            return {"errcode": errcode, "errmsg": f"{MESSAGES.get(errcode, 'error')}, rid: 6593f5a4-13e0cd2f-4d3d0d6b"}
        name = code.split("-")[1]
        session: dict[str, object] = {
            "openid": f"o{name}-6zEXAMPLEopenidEXAMPLE",
            "session_key": "SESSIONKEYSESSIONKEY==",
        }
        return session if name == "alone" else session | {"unionid": f"u{name}-6zEXAMPLEunionidEXAMPL"}

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@contextlib.contextmanager
def wechat_api() -> Iterator[WeChatApi]:
    """A running stand-in."""
    server = WeChatApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.awake.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
