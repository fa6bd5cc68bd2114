"""The Python SDK for the scenario driver: one JSON command a line on stdin, one JSON answer a line on stdout.

    {"do":"init","endpoint","writeKey","mode"?,"flushAfterMs"?}
                                                    opt_in is the policy `strict`, every other mode is `server`
    {"do":"track","event","properties"?,"purpose"?,"userId"?}      page screen identify group alias likewise
    {"do":"consent","set":{…}}  {"do":"withdraw"}   what a server would look up: passed with each call from then on
    {"do":"flush","timeoutMs"?}  {"do":"stats"}     counters
    {"do":"kill"}: the client is gone without a last flush   {"do":"restart"}: the same client again

Each answers {"ok":true,…} or {"error":"…"}.
"""

import json
import sys
from typing import Any

from firsthand import Client, Problem, SettingsError


class Adapter:
    """A device with one person who has no user id until `identify`."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.last: dict[str, Any] = {}
        self.choices: dict[str, bool] | None = None
        self.user: str | None = None
        self.problems: list[Problem] = []

    def run(self, command: dict[str, Any]) -> dict[str, Any]:
        """Raises KeyError, SettingsError or ValueError for a command that makes no sense."""
        verb = command.pop("do")
        if verb == "init":
            return self.start(command)
        if verb == "restart":
            return self.start({**self.last, **command})
        if verb == "kill":
            return self.kill()
        if self.client is None:
            raise ValueError("no client: send init or restart first")
        if verb == "consent":
            self.choices = {**(self.choices or {}), **command["set"]}
            return {}
        if verb == "withdraw":
            self.choices = dict.fromkeys(self.choices or {"analytics": False}, False)
            return {}
        if verb == "flush":
            return self.client.flush(command.get("timeoutMs", 10_000) / 1000)._asdict()
        if verb == "stats":
            return self.stats(self.client)
        return self.call(self.client, verb, command)

    def start(self, command: dict[str, Any]) -> dict[str, Any]:
        self.kill()
        self.last = command
        policy = "strict" if command.get("mode", "opt_in") == "opt_in" else "server"
        self.client = Client(
            command["writeKey"],
            command["endpoint"],
            consent_policy=policy,
            batch_seconds=command.get("flushAfterMs", 500) / 1000,
            on_error=self.problems.append,
        )
        return {}

    def kill(self) -> dict[str, Any]:
        if self.client is not None:
            self.client._delivery.flusher.abandon()  # a kill sends nothing more; shutdown() might
            self.client.shutdown(0)
        self.client = None
        return {}

    def call(self, client: Client, verb: str, command: dict[str, Any]) -> dict[str, Any]:
        if verb == "identify":
            self.user = command["userId"]
        given: dict[str, Any] = {"anonymous_id": "a-1", "consent": self.choices}
        if command.get("purpose"):
            given["context"] = {"purpose": command["purpose"]}
        properties, traits = command.get("properties"), command.get("traits")
        calls = {
            "track": lambda: client.track(command["event"], properties, user_id=self.user, **given),
            "page": lambda: client.page(command.get("name"), properties, user_id=self.user, **given),
            "screen": lambda: client.screen(command.get("name"), properties, user_id=self.user, **given),
            "identify": lambda: client.identify(self.user, traits, **given),
            "group": lambda: client.group(command["groupId"], traits, user_id=self.user, **given),
            "alias": lambda: client.alias(command.get("previousId", "a-1"), command["userId"], **given),
        }
        if verb not in calls:
            raise ValueError(f"unknown command {verb}: see the list at the top of adapter.py")
        return {"messageId": calls[verb]()}

    def stats(self, client: Client) -> dict[str, Any]:
        stats = client.stats()
        dropped = dict(stats.dropped)
        for reason, count in stats.rejected.items():
            dropped[reason] = dropped.get(reason, 0) + count
        report = {"captured": stats.captured, "sent": stats.sent, "pending": stats.pending}
        return {
            **report,
            "dropped": sum(dropped.values()),
            "droppedBy": dropped,
            "problems": [p._asdict() for p in self.problems],
        }


def main() -> None:
    adapter = Adapter()
    for line in sys.stdin:
        try:
            answer = {"ok": True, **adapter.run(json.loads(line))}
        except (KeyError, ValueError, SettingsError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
