"""A program with a token, straight into the application, without a network."""

from typing import Any

import httpx
import msgspec

from consent.api import tokens
from tests.consent.console.visitors import Place


class Caller:
    """Sends JSON with one token; `secret` empty: none."""

    def __init__(self, place: Place, secret: str, address: str = "203.0.113.7") -> None:
        self.place, self.secret = place, secret
        transport = httpx.ASGITransport(app=place.app, client=(address, 40000))
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self.http = httpx.AsyncClient(transport=transport, base_url=place.base, headers=headers)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """`path` below /v1/admin. Asks as slowly as it may: limits are another test's."""
        self.place.api.pause(1.0)
        if body is not None:
            options["content"] = msgspec.json.encode(body)
            options["headers"] = {"content-type": "application/json"} | options.get("headers", {})
        return self.place.runner.run(self.http.request(method, f"/v1/admin{path}", **options))

    def get(self, path: str, **options: Any) -> Any:
        """What a successful answer holds."""
        answer = self.ask("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a refusal, which has the form of RFC 9457."""
        answer = self.ask(method, path, body)
        said = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert said["status"] == answer.status_code and said["detail"] and said["title"]
        return answer.status_code, said["code"]


def token(place: Place, name: str, *roles: str, sites: tuple[str, ...] = ("*",), by: str = "", days: int = 30) -> str:
    """The secret of a new token; `by` an officer, or by the machine's owner."""
    admin = msgspec.structs.replace(place.house.admin(by or "command line", place.now), owner=not by)
    with place.house.store.write() as connection:
        return tokens.make(connection, admin, name, roles, sites, days)[1]


def caller(place: Place, name: str, *roles: str, **more: Any) -> Caller:
    return Caller(place, token(place, name, *roles, **more))
