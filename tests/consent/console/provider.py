"""A small OpenID provider on loopback: discovery, authorize, token (with PKCE and client secret), keys.

It logs in whoever `who` says, and `lies` changes the ID token's claims or its signature before it is given out.
"""

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "firsthand", "a secret of both"


class Provider(ThreadingHTTPServer):
    """`who`: claims about the person. `sign(claims)` makes the ID token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = RSAKey.generate_key(2048, {"kid": "k1"})
        self.who: dict[str, Any] = {"sub": "248289761001", "email": "anna@shop.example", "email_verified": True}
        self.lies: dict[str, Any] = {}
        self.now: Callable[[], float] = time.time
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.claimed_issuer = self.issuer
        self.codes: dict[str, dict[str, str]] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes after the person logged in."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        client = b64decode(authorization.removeprefix("Basic ")).decode()
        challenge = urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if asked is None or unquote(client) != f"{CLIENT}:{SECRET}":
            return None
        if asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge.decode():
            return None
        at = int(self.now())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"], **self.who}
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(claims | self.lies)}


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        base = self.server.issuer
        if parts.path == "/.well-known/openid-configuration":
            self._json({"issuer": self.server.claimed_issuer, "authorization_endpoint": f"{base}/authorize",
                        "token_endpoint": f"{base}/token", "jwks_uri": f"{base}/keys"})  # fmt: skip
        elif parts.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.server.authorize({k: v[0] for k, v in parse_qs(parts.query).items()}))
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {k: v[0] for k, v in parse_qs(body).items()}
        answer = self.server.token(form, self.headers.get("Authorization", ""))
        self._json(answer or {"error": "invalid_grant"}, 200 if answer else 400)

    def _json(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()
