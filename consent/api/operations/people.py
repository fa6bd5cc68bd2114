"""One person: what holds for them, and withdrawing at their request. Ids come in a body and are written nowhere."""

from typing import Final

from consent.admin import people
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.receipts import Held, Text
from consent.routes.door import Refused


class Who(Ask, frozen=True):
    """An id as clients send it; one of the two, or both."""

    anonymous_id: Text | None = None
    user_id: Text | None = None


class Withdraw(Ask, frozen=True):
    """`subject`: one of those that were found for these ids."""

    subject: Text
    anonymous_id: Text | None = None
    user_id: Text | None = None


class HeldChoice(Give, frozen=True):
    """What was chosen last for a purpose. `at` in milliseconds."""

    granted: bool
    version: str
    at: int
    receipt: str
    method: str
    jurisdiction: str
    region: str | None


class KnownPerson(Give, frozen=True):
    """A subject, its choices by purpose, the subjects that it was linked with; `suppressed`: kept out."""

    subject: str
    choices: dict[str, HeldChoice]
    linked: tuple[str, ...]
    suppressed: bool


class Withdrawn(Give, frozen=True):
    """The receipt of it."""

    receipt: str
    seq: int


def find(call: Call) -> list[KnownPerson]:
    asked: Who = call.body
    if not asked.anonymous_id and not asked.user_id:
        raise Refused(422, "person.nobody", "send anonymousId or userId")
    with call.store.read() as connection:
        found = people.find(connection, call.ring(), call.site, asked.anonymous_id, asked.user_id)
    return [
        KnownPerson(
            person.subject,
            {purpose: _choice(held) for purpose, held in person.held.items()},
            person.linked,
            person.suppressed,
        )
        for person in found
    ]


def _choice(held: Held) -> HeldChoice:
    made = held.choice
    return HeldChoice(made.granted, made.version, made.at, held.receipt, held.method, held.jurisdiction, held.region)


def withdraw(call: Call) -> Withdrawn:
    asked: Withdraw = call.body
    with call.store.write() as connection:
        done = people.withdraw_of(
            connection, call.admin, call.ring(), call.site, asked.anonymous_id, asked.user_id, asked.subject
        )
    return Withdrawn(done.payload["id"], done.seq)


PEOPLE: Final = "/sites/{site}/people"
OPERATIONS: Final = (
    Operation("POST", PEOPLE + "/find", "people.view", find, "What holds for a person", list[KnownPerson], Who),
    Operation("POST", PEOPLE + "/withdraw", "people.withdraw", withdraw, "Withdraw everything for a subject", Withdrawn,
              Withdraw, status=201),
)  # fmt: skip
