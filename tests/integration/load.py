"""A bounded load on loopback that behaves as a real client does, and keeps the books.

Each thread sends batches one after the other over a kept connection. A batch that got no answer, or 429 or a 5xx, is
sent again with the same message ids until it is acknowledged or the load is stopped; 503 is waited out by its
Retry-After (shortened, so that tests end). Ids that were answered with 200 are `acknowledged`, every id that ever
left is `sent`; what is in neither list was not seen here.
"""

import base64
import http.client
import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

RETRY_SECONDS = 0.1
REQUESTS = 20  # on one connection; then a new one, which may reach another worker


class Load:
    """`threads` clients, batches of `batch` events, about `rate` batches a second in all. Use as a context manager."""

    def __init__(self, port: int, write_key: str, threads: int = 3, batch: int = 10, rate: float = 60,
                 pad: int = 100, name: str = "load") -> None:  # fmt: skip
        self._port, self._batch, self._pad, self._name = port, batch, "x" * pad, name
        self._pause = threads / rate
        self._headers = {
            "authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode(),
            "content-type": "application/json",
        }
        self._stop, self._give_up = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(threads)]
        self._lock = threading.Lock()
        self._sent: set[str] = set()
        self._acknowledged: set[str] = set()
        self.repeated = 0  # batches sent more than once
        self.statuses: Counter[int] = Counter()  # 0: no answer
        self.retry_after: set[str] = set()  # every Retry-After that was seen
        self.wrong: list[str] = []  # answers that the protocol does not allow

    @property
    def sent(self) -> set[str]:
        with self._lock:
            return set(self._sent)

    @property
    def acknowledged(self) -> set[str]:
        with self._lock:
            return set(self._acknowledged)

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.stop(0)

    def stop(self, patience: float = 60.0) -> None:
        """No new batches; waits up to `patience` seconds for those on their way to be acknowledged."""
        self._stop.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._give_up.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def _run(self, client: int) -> None:
        number, connection = 0, self._connect()
        while not self._stop.is_set():
            ids = [f"{self._name}-{client}-{number + i}" for i in range(self._batch)]
            number += self._batch
            with self._lock:
                self._sent.update(ids)
            body = json.dumps(self._body(client, ids)).encode()
            attempts = 0
            while not self._give_up.is_set():
                attempts += 1
                status = self._post(connection, body)
                self.statuses[status] += 1
                if status == 0 or number % (REQUESTS * self._batch) == 0:
                    connection.close()
                    connection = self._connect()
                if status == 200:
                    with self._lock:
                        self._acknowledged.update(ids)
                    break
                self._give_up.wait(RETRY_SECONDS)
            self.repeated += attempts > 1
            self._stop.wait(self._pause)
        connection.close()

    def _body(self, client: int, ids: list[str]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "sentAt": now,
            "batch": [
                {
                    "type": "track", "event": "tick", "messageId": id, "anonymousId": f"client-{client}",
                    "timestamp": now, "properties": {"pad": self._pad},
                    "context": {"seq": int(id.rsplit("-", 1)[1]), "sessionId": f"s-{client}"},
                }
                for id in ids
            ],
        }  # fmt: skip

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> int:
        """The status; 0 if there was no whole answer."""
        try:
            connection.request("POST", "/v1/batch", body, self._headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        self._check(answer, said)
        return answer.status

    def _check(self, answer: http.client.HTTPResponse, said: bytes) -> None:
        if answer.status == 200:
            found = json.loads(said)
            if found != {"success": True, "accepted": self._batch, "rejected": []}:
                self.wrong.append(f"200 {said[:200]!r}")
        elif answer.status == 503:
            self.retry_after.add(answer.getheader("retry-after", ""))
        else:
            self.wrong.append(f"{answer.status} {said[:200]!r}")
