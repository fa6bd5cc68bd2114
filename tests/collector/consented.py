"""A desk with a published policy: three sources on two sites, visitors from Germany, China and the United States."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from consent.model import PolicyDocument
from consent.presets import preset
from consent.registry import Registry
from consent.store import Store, open_store
from consent.tally import Done
from tests.collector.desk import Desk, Reply, desk
from tests.consent.officer import publish

SOURCES = [
    {"id": "web", "write_key": "web", "mode": "opt_out", "origins": ["https://shop.example"]},
    {"id": "orders", "write_key": "server", "kind": "server"},
    {"id": "other", "write_key": "other", "site": "elsewhere"},
]
GERMANY, CHINA, AMERICA = ("5.9.0.1", 1), ("114.114.114.114", 1), ("8.8.8.8", 1)
ORIGIN = {"origin": "https://shop.example"}
_keys = count(1)


class Office:
    """The desk, and what clients of it say."""

    def __init__(self, made: Desk, store: Store) -> None:
        self.desk, self.store = made, store

    def get(self, path: str, query: str = "", client: Any = GERMANY, **headers: str) -> Reply:
        return self.desk.request("GET", f"/v1/consent/{path}", query=query, client=client, headers=_named(headers))

    def post(self, path: str, body: Any, client: Any = GERMANY, **headers: str) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.desk.request("POST", f"/v1/consent/{path}", [raw], client=client, headers=_named(headers))

    def choice(self, who: str = "a-1", action: str = "accept_all", key: str = "web", **members: Any) -> dict[str, Any]:
        document: PolicyDocument = members.pop("document", preset())
        return {
            "idempotencyKey": f"request-{next(_keys):06}", "writeKey": key, "anonymousId": who, "action": action,
            "method": "banner", "policyVersion": document.version, "noticeHash": document.notices[0].hash,
        } | members  # fmt: skip

    def choose(self, who: str = "a-1", action: str = "accept_all", client: Any = GERMANY, **members: Any) -> Any:
        """The answer to a choice that is recorded."""
        reply = self.post("receipts", self.choice(who, action, **members), client)
        assert reply.status in (200, 201), reply.body
        return reply.json

    def send(
        self, who: str = "a-1", token: str | None = None, stamped: dict[str, bool] | None = None, client: Any = GERMANY,
        key: str = "web", event: str = "Seen", gpc: bool = False, purpose: str | None = None, **message: Any,
    ) -> Reply:  # fmt: skip
        """One event."""
        consent = {"token": token, "categoryPreferences": stamped}
        context = {"consent": {k: v for k, v in consent.items() if v is not None}, "purpose": purpose}
        context |= message.pop("context", {})
        said = {"type": "track", "event": event, "anonymousId": who, "context": {k: v for k, v in context.items() if v}}
        body = json.dumps({"batch": [said | message], "writeKey": key}).encode()
        return self.desk.post(body, client=client, headers={"sec-gpc": "1"} if gpc else {})

    def login(self, who: str, user: str) -> None:
        """As the site's server says it."""
        key = f"login-{next(_keys):06}"
        reply = self.post("link", {"idempotencyKey": key, "writeKey": "server", "anonymousId": who, "userId": user})
        assert reply.status == 200, reply.body

    @contextlib.contextmanager
    def counted(self) -> Iterator[Counter[Done]]:
        """What the gate does meanwhile, whoever asks for it: the worker itself does every second."""
        registry, found = self.desk.state.consent, Counter[Done]()
        registry.drain()

        def drain() -> dict[Done, int]:
            found.update(some := Registry.drain(registry))
            return some

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "drain", drain)
            yield found
            registry.drain()

    def poll(self) -> None:
        """What comes once a second."""
        self.desk.run(self.desk.state.consent.poll())


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextlib.contextmanager
def office(data: Path, document: PolicyDocument | None = None, **settings: Any) -> Iterator[Office]:
    """A worker over `data`; both sites have published."""
    data.mkdir(parents=True, exist_ok=True)
    store = open_store(f"sqlite:///{data / 'consent.db'}")
    for site in ("default", "elsewhere"):
        publish(store, site, document)
    with desk(data, SOURCES, console=False, **settings) as made:
        yield Office(made, store)
    store.close()
