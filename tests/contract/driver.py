"""Runs a scenario against one SDK: calls go to an adapter, what comes out is seen on the wire.

An adapter is a small program around an SDK that reads one JSON command a line and answers each with one JSON line
(`{"ok": true, …}` or `{"error": …}`); `sdk-js/test/adapter.ts` lists the commands. Between SDK and collector stands
`Scripted`, which records every request, misbehaves when the scenario says so, and else answers itself or asks a real
collector: the same assertions hold either way.

A scenario is YAML: `about`, `sdks` (default: all), `mode` (default: opt_in) and `steps`. A step is one of

    init: {}                          start the client over what is stored (in a new process if it crashed)
    consent: {analytics: true}        the person chooses
    withdraw: {}
    track: {event: A, …}              likewise page, screen, identify, group, alias
    flush: 5000                       wait at most so many ms for delivery
    kill: {} · restart: {}            the client is gone; the same one again over its storage
    crash: {}                         SIGKILL for the whole process; `init` starts another over the same storage
    collector: stop | start
    collector: {replies: [{status, headers, rejected, act, …}, …]}   for the next batches, see Reply
    collector: {at_most: 2}           413 for every larger batch
    wait: 300                         ms
    arrived: 1                        wait until so many requests have come; fails after a minute
    expect: {…}                       see `expectations()`

and may carry `sdks: [js]` when only some SDKs do it. Names in expectations are labels: a track's event, else the type,
with `:name` for a named page or screen. Events of the SDK's own (`$lost`) are left out of them.
"""

import json
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.contract.scripted import Reply, Request, Scripted

DIRECTORY = Path(__file__).parent / "scenarios"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CALLS = ("track", "page", "screen", "identify", "group", "alias")
ANSWER_SECONDS = 60.0
LINGER_MS = 600  # how long an event waits for company; a `wait` that proves silence must be longer


class ScenarioFailed(AssertionError):
    """An expectation does not hold; the text says which, in which step, and what was on the wire."""


@dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    steps: list[dict[str, Any]]
    sdks: tuple[str, ...]
    mode: str = "opt_in"


def load_all(sdks: Sequence[str]) -> list[Scenario]:
    """All scenarios; one that names no SDKs is for all of `sdks`. Raises ValueError for a file that makes no sense."""
    return [_load(path, sdks) for path in sorted(DIRECTORY.glob("*.yaml"))]


def _load(path: Path, sdks: Sequence[str]) -> Scenario:
    found = yaml.safe_load(path.read_text())
    unknown = set(found) - {"about", "sdks", "mode", "steps"}
    chosen = tuple(found.get("sdks", sdks))
    if unknown or not set(chosen) <= set(sdks) or not any("expect" in step for step in found["steps"]):
        raise ValueError(f"{path.name}: unknown keys {unknown}, unknown SDKs, or nothing is expected")
    return Scenario(path.stem, found["about"], found["steps"], chosen, found.get("mode", "opt_in"))


class Adapter:
    """The SDK in its process. `command` starts it; a crash starts it again at the next `init`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, what: str, timeout: float = ANSWER_SECONDS, **arguments: Any) -> dict[str, Any]:
        """One command, one answer. Raises ScenarioFailed if the adapter refuses, is silent or has died."""
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **arguments}).encode() + b"\n")
        line = self._line(self._process, timeout)
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            raise ScenarioFailed(f"{what}: the adapter answered {line!r}") from None
        if not answer.get("ok"):
            raise ScenarioFailed(f"{what}: {answer.get('error')}")
        return answer

    def _line(self, process: subprocess.Popen[bytes], timeout: float) -> bytes:
        assert process.stdout
        deadline = time.monotonic() + timeout
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ScenarioFailed(f"no answer from the adapter within {timeout} s")
                piece = process.stdout.read(65536)
                if not piece:
                    raise ScenarioFailed("the adapter has died")
                line += piece
        return line

    def crash(self) -> None:
        """Nothing runs any more: no exit handler, no last flush."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._close()

    def close(self) -> None:
        if self._process is not None:
            assert self._process.stdin
            self._process.stdin.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._close()

    def _close(self) -> None:
        assert self._process
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process = None


@dataclass
class Wire:
    """What was sent so far, over all collectors of a run (one that was stopped and one that was started again)."""

    collectors: list[Scripted] = field(default_factory=list)

    @property
    def all_requests(self) -> list[Request]:
        return [r for c in self.collectors for r in c.batches]

    @property
    def requests(self) -> list[Request]:
        """Without those that carry nothing but events of the SDK's own."""
        return [r for r in self.all_requests if labels(r.batch)]

    @property
    def seen(self) -> list[dict[str, Any]]:
        return [m for r in self.all_requests for m in r.batch]

    @property
    def delivered(self) -> list[dict[str, Any]]:
        """Messages that a collector made durable, each once, in the order of their first time."""
        once = {m["messageId"]: m for r in reversed(self.all_requests) for m in reversed(r.taken)}
        return list(reversed(once.values()))


class Run:
    """One scenario, one SDK. `check` is called with every request: what must hold always."""

    def __init__(self, scenario: Scenario, sdk: str, adapter: Adapter, write_key: str,
                 check: Callable[[Request], None], forward: str | None = None) -> None:  # fmt: skip
        self.scenario, self.sdk, self.adapter, self.write_key = scenario, sdk, adapter, write_key
        self._check, self._forward = check, forward
        self.wire = Wire()

    def play(self) -> Wire:
        """Run all steps. Raises ScenarioFailed."""
        self._start_collector()
        try:
            for number, step in enumerate(self.scenario.steps, 1):
                if self.sdk in step.get("sdks", (self.sdk,)):
                    ((verb, value),) = ((k, v) for k, v in step.items() if k != "sdks")
                    try:
                        self._step(verb, value)
                    except ScenarioFailed as failure:
                        raise ScenarioFailed(f"{self.scenario.name}, step {number}: {failure}\n{self._log()}") from None
        finally:
            self.adapter.close()
            self.wire.collectors[-1].stop()
        for request in self.wire.all_requests:
            self._check(request)
            always(request, self.write_key, self.scenario.mode)
        return self.wire

    @property
    def collector(self) -> Scripted:
        return self.wire.collectors[-1]

    def _start_collector(self) -> None:
        port = self.collector.port if self.wire.collectors else 0
        started = Scripted(port=port, forward=self._forward)
        started.__enter__()
        self.wire.collectors.append(started)

    def _step(self, verb: str, value: Any) -> None:
        if verb == "init":
            given: dict[str, Any] = {"endpoint": self.collector.endpoint, "writeKey": self.write_key}
            given |= {"mode": self.scenario.mode, "flushAfterMs": LINGER_MS}
            self.adapter.ask("init", **{**given, **value})
        elif verb in (*CALLS, "kill", "restart"):
            self.adapter.ask(verb, **value)
        elif verb == "consent":
            self.adapter.ask("consent", set=value)
        elif verb == "withdraw":
            self.adapter.ask("withdraw")
        elif verb == "flush":
            self.adapter.ask("flush", timeoutMs=value)
        elif verb == "crash":
            self.adapter.crash()
        elif verb == "wait":
            time.sleep(value / 1000)
        elif verb == "arrived":
            if not self.collector.wait(lambda _: len(self.wire.requests) >= value, ANSWER_SECONDS):
                raise ScenarioFailed(f"{len(self.wire.requests)} requests have come, not {value}")
        elif verb == "collector":
            self._instruct(value)
        elif verb == "expect":
            self._expect(value)
        else:
            raise ScenarioFailed(f"{verb} is no step")

    def _instruct(self, value: Any) -> None:
        if value == "stop":
            self.collector.stop()
        elif value == "start":
            self._start_collector()
        elif "replies" in value:
            self.collector.replies.extend(
                Reply(**{**reply, "rejected": tuple(reply.get("rejected", ()))}) for reply in value["replies"]
            )
        elif "at_most" in value:
            self.collector.otherwise = lambda r: Reply(413 if len(r.batch) > value["at_most"] else 200)
        else:
            raise ScenarioFailed(f"the collector does not know {value}")

    def _expect(self, expected: dict[str, Any]) -> None:
        stats = self.adapter.ask("stats") if "stats" in expected else {}
        for name, wanted, found in expectations(expected, self.wire, stats):
            if found != wanted:
                raise ScenarioFailed(f"{name} is {found!r}, expected {wanted!r}")

    def _log(self) -> str:
        return "\n".join(
            f"  request {i}: {r.status} {list(map(label, r.batch))}" for i, r in enumerate(self.wire.all_requests, 1)
        )


def label(message: dict[str, Any]) -> str:
    if message["type"] == "track":
        return str(message["event"])
    return ":".join(filter(None, (message["type"], message.get("name"))))


def labels(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [name for name in map(label, messages) if not name.startswith("$")]


def expectations(expected: dict[str, Any], wire: Wire, stats: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """`(name, wanted, found)` for each expectation.

    delivered: labels the collector has, in order · never: labels that were in no request at all · requests: how
    many batches were sent, or {at_least: n} · sizes: messages in each request · same_ids: labels that were sent more
    than once and always under the same id · gap_ms: {at_least, at_most} between the first two requests · like: parts
    of delivered messages, by label · stats: counters of the SDK, those that are named.
    """
    for name, wanted in expected.items():
        if name == "delivered":
            yield name, wanted, labels(wire.delivered)
        elif name == "never":
            yield name, [], sorted(set(wanted) & set(labels(wire.seen)))
        elif name == "requests" and isinstance(wanted, dict):
            yield name, True, len(wire.requests) >= wanted["at_least"]
        elif name == "requests":
            yield name, wanted, len(wire.requests)
        elif name == "sizes":
            yield name, wanted, [len(labels(r.batch)) for r in wire.requests]
        elif name == "same_ids":
            for one in wanted:
                ids = [m["messageId"] for m in wire.seen if label(m) == one]
                yield f"{name} of {one} (sent again, ids)", (True, 1), (len(ids) > 1, len(set(ids)))
        elif name == "gap_ms":
            first, second = wire.requests[:2]
            gap = (second.at - first.at) * 1000
            yield f"{name} ({gap:.0f})", True, wanted["at_least"] <= gap <= wanted["at_most"]
        elif name == "like":
            for one, part in wanted.items():
                found = [m for m in wire.delivered if label(m) == one]
                yield f"{name} {one}", [part], [_same_part(part, m) for m in found]
        elif name == "stats":
            yield name, wanted, {key: _default(stats.get(key), value) for key, value in wanted.items()}
        else:
            yield name, "an expectation that exists", None


def _default(found: Any, wanted: Any) -> Any:
    """Of a table of counters only the ones that are named."""
    return {k: found.get(k, 0) for k in wanted} if isinstance(wanted, dict) and isinstance(found, dict) else found


def _same_part(part: Any, whole: Any) -> Any:
    """`whole` cut down to the keys of `part`, at every level."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return {key: _same_part(value, whole.get(key)) for key, value in part.items()}
    return whole


def always(request: Request, write_key: str, mode: str) -> None:
    """What holds for every request of every SDK in every scenario. Raises ScenarioFailed."""
    ids = [m.get("messageId", "") for m in request.batch]
    bearer = request.headers.get("authorization", "")
    problems = [
        (not request.batch, "an empty batch"),
        (len(set(ids)) < len(ids), "an id twice in one batch"),
        (not all(UUID7.fullmatch(i) for i in ids), "a messageId that is no UUIDv7"),
        (request.envelope.get("writeKey") != write_key, "no writeKey in the body"),
        (bearer not in ("", f"Bearer {write_key}"), "a wrong Authorization"),
        (mode == "opt_in" and not all(map(_granted, request.batch)), "a message whose purpose was not granted"),
    ]
    for wrong, what in problems:
        if wrong:
            raise ScenarioFailed(f"{what}: {labels(request.batch)}")


def _granted(message: dict[str, Any]) -> bool:
    context = message["context"]
    purpose = context.get("purpose", "analytics")
    stamped = context.get("consent", {}).get("categoryPreferences", {})
    return purpose == "necessary" or stamped.get(purpose) is True
