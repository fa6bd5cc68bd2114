"""The simulator: this event, from there, with that choice: what does each gate do, and what would be stored?"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from collector.console.desk import Desk
from collector.console.simulation import Answer, NotAnEvent, Question, simulator_of
from consent.admin import AdminError, events, policies
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.model import Region
from consent.routes.door import Refused

Short = Annotated[str, Meta(max_length=64)]


class Simulation(Ask, frozen=True):
    """`event` as a client sends it; `choices` by purpose, none: no choice. `token`: does the client send one?
    `source`: whose rules scrub it; `draft`: instead of the policy in force."""

    event: dict[str, Any]
    choices: Annotated[dict[Short, bool], Meta(max_length=64)] = msgspec.field(default_factory=dict)
    region: Region | None = None
    gpc: bool = False
    token: bool = True
    suppressed: bool = False
    source: Short | None = None
    draft: Short | None = None


class Gates(Give, frozen=True):
    """What the SDK does (`client`), what the collector does, and the purposes whose view shows the row."""

    purpose: str
    standing: str
    client: str
    collector: str
    reason: str
    strip: tuple[str, ...]
    views: tuple[str, ...]


class Simulated(Give, frozen=True):
    """`stored`: the row as it would be stored; null with a `reason` if nothing would."""

    gates: Gates
    stored: dict[str, Any] | None
    reason: str
    detail: str


def simulate(desk: Desk) -> tuple[Operation, ...]:
    simulator = simulator_of(desk)

    def run(call: Call) -> Simulated:
        asked: Simulation = call.body
        with call.store.read() as connection:
            current = policies.current(connection, call.site)
            draft = policies.draft(connection, call.site, asked.draft) if asked.draft else None
            rules = events.current(connection, call.site)
        document = draft.document if draft else current.document if current else None
        if document is None:
            raise AdminError("policy.none")
        question = Question(msgspec.json.encode(asked.event).decode(), asked.choices, asked.region, asked.gpc,
                            asked.token, asked.suppressed)  # fmt: skip
        agent = call.request.headers.get("user-agent")
        try:
            answer = simulator(question, document, rules, call.site, asked.source, call.ring(), call.now, agent)
        except NotAnEvent as error:
            raise Refused(422, "event", str(error)) from None
        return _given(answer)

    return (Operation("POST", "/sites/{site}/simulate", "simulate", run, "What the gates do with an event", Simulated,
                      Simulation),)  # fmt: skip


def _given(answer: Answer) -> Simulated:
    gates, done = answer.gates, answer.gates.collector
    return Simulated(
        Gates(gates.purpose, gates.standing, gates.client, done.kind, done.reason, done.strip, gates.views),
        answer.stored, answer.reason, answer.detail,
    )  # fmt: skip
