"""From what a client said to what is recorded, and from what is recorded to what holds. Pure.

`plan` turns a request into choices by purpose and the receipt's payload, or says why it cannot be a choice. Nobody's
request can record more than the policy lets a person choose: `accept_all` grants `general` purposes only (PIPL 23,
29, 39: separate consent; GDPR recital 43: no bundling) and of those no other than were shown, a guardian's purpose
needs a guardian's method, and what Global Privacy Control denies stays denied whatever button was pressed.

Which words a person saw (GDPR 7(1)) only the client knows. A receipt names the notice that it is told of, which must be
one of the policy's; where the banner had only its own words, or another platform asked, it names none but says whose.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from consent.canonical import canonical
from consent.decide import DAY_MS, standing
from consent.mistakes import Mistake
from consent.model import (
    Action,
    Age,
    Choice,
    Identifier,
    Locale,
    Method,
    PolicyDocument,
    Region,
    ServedPurpose,
    Snapshot,
)
from consent.policy import Signals, iso, resolve

RECEIPT = "receipt"
Text = Annotated[str, Meta(min_length=1, max_length=256)]
RequestKey = Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]{8,90}$")]
ContentName = Annotated[str, Meta(pattern="^[a-z]{1,2}1_[A-Za-z0-9_-]{22}$")]
WordsName = Annotated[str, Meta(pattern="^[A-Za-z0-9._/-]{1,64}$")]


# What a client is told, by the mistake: status and code of the wire (docs/consent-api.md)
ANSWERS: Final = {
    "choice.conflict": (409, "conflict"),
    "choice.policyUnknown": (409, "policy_unknown"),
    "choice.unknownNotice": (422, "unknown_notice"),
    "choice.unknownPurpose": (422, "unknown_purpose"),
    "choice.guardian": (422, "needs_guardian"),
}


class ChoiceError(Mistake):
    """The request is no choice that can be recorded. Clients are told `status` and `answer`, a code of the protocol."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code, **values)
        self.status, self.answer = ANSWERS.get(code, (422, "not_a_choice"))


class ChoiceBody(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of `POST /v1/consent/receipts`; see tests/contract/schema/consent_choice.json."""

    idempotency_key: RequestKey
    action: Action
    method: Method
    policy_version: ContentName
    notice_hash: ContentName | None = None
    words: WordsName | None = None
    write_key: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    anonymous_id: Text | None = None
    user_id: Text | None = None
    choices: Annotated[dict[Identifier, bool], Meta(min_length=1, max_length=64)] | None = None
    locale: Locale | None = None
    region: Region | None = None
    age: Age = "unknown"
    gpc: bool = False
    client_time: datetime | None = None


class Planned(Struct, frozen=True):
    """A choice that may be recorded: the entry's payload, what was chosen, and each purpose's mode at that place."""

    payload: dict[str, Any]
    choices: dict[str, Choice]
    modes: dict[str, str]

    @property
    def subject(self) -> str:
        found: str = self.payload["subject"]
        return found


def plan(
    body: ChoiceBody, document: PolicyDocument, site: str, subject: str, region: str | None, gpc: bool, now: int,
    id: str, request_hash: str,
) -> Planned:  # fmt: skip
    """`now` in milliseconds; `region` and `gpc` as the server knows them. Raises ChoiceError."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    notice = next((n for n in document.notices if n.hash == body.notice_hash), None)
    if body.notice_hash is not None and notice is None:
        raise ChoiceError("choice.unknownNotice")
    locale = body.locale or (notice.locale if notice else None)
    snapshot = resolve(document, (), site, region, locale, Signals(gpc or body.gpc, body.age), at)
    granted = _granted(body, snapshot)
    if not granted:
        raise ChoiceError("choice.nothing")
    served = {p.id: p for p in snapshot.purposes}
    payload = {
        "id": id,
        "site": site,
        "subject": subject,
        "action": body.action,
        "method": body.method,
        "purposes": {
            purpose: {
                "granted": yes,
                "version": served[purpose].version,
                "legalBasis": served[purpose].legal_basis,
                "expiresAt": iso(datetime.fromtimestamp((now + served[purpose].ttl_days * DAY_MS) / 1000, UTC)),
            }
            for purpose, yes in granted.items()
        },
        "policyVersion": snapshot.policy_version,
        "noticeHash": body.notice_hash,
        "words": body.words,
        "locale": locale,
        "jurisdiction": snapshot.jurisdiction,
        "region": region,
        "gpc": snapshot.gpc.seen,
        "age": body.age,
        "clientTime": _client_time(body.client_time),
        "serverTime": iso(at),
        "request": {"key": body.idempotency_key, "hash": request_hash},
    }
    choices = {p: Choice(yes, served[p].version, now) for p, yes in granted.items()}
    return Planned(payload, choices, {p: one.mode for p, one in served.items()})


def _client_time(said: datetime | None) -> str | None:
    """The client's clock as it said it; without a zone it is UTC, and what no calendar knows is nothing."""
    if said is None:
        return None
    try:
        return iso(said if said.tzinfo else said.replace(tzinfo=UTC))
    except OverflowError:
        return None


def _granted(body: ChoiceBody, snapshot: Snapshot) -> dict[str, bool]:
    asked = {p.id: p for p in snapshot.purposes if not p.required}
    if body.action == "set":
        if not body.choices:
            raise ChoiceError("choice.setNeedsChoices")
        for purpose, yes in body.choices.items():
            _check(purpose, yes, body, snapshot, asked)
        wanted = {p: yes for p, yes in body.choices.items() if p in asked}
    elif body.action == "accept_all":
        if body.choices is None and body.notice_hash is None:
            raise ChoiceError("choice.acceptsWhat")
        shown = body.choices or dict.fromkeys(asked, True)
        wanted = {p.id: True for p in asked.values() if p.kind == "general" and shown.get(p.id)}
    else:
        wanted = dict.fromkeys(asked, False)
    denied = {p.id for p in asked.values() if snapshot.gpc.honoured and p.gpc == "deny"}
    return {purpose: yes and purpose not in denied for purpose, yes in sorted(wanted.items())}


def _check(purpose: str, yes: bool, body: ChoiceBody, snapshot: Snapshot, asked: Mapping[str, ServedPurpose]) -> None:
    served = snapshot.purpose(purpose)
    if served is None:
        raise ChoiceError("choice.unknownPurpose")
    if served.required and not yes:
        raise ChoiceError("choice.required")
    if yes and purpose in asked and served.kind == "guardian" and body.method != "guardian":
        raise ChoiceError("choice.guardian")


def request_hash(body: ChoiceBody) -> bytes:
    """What two requests with one idempotency key must have in common."""
    return hashlib.sha256(canonical(body)).digest()


def wire_receipt(payload: Mapping[str, Any], seq: int, commitment: bytes) -> dict[str, Any]:
    """A recorded payload in the form of tests/contract/schema/receipt.json."""
    receipt = {key: value for key, value in payload.items() if key != "request"}
    return receipt | {"seq": seq, "commitment": commitment.hex()}


class Held(Struct, frozen=True):
    """A person's newest choice for one purpose, as the store keeps it."""

    choice: Choice
    seq: int
    receipt: str
    method: Method
    gpc: bool
    jurisdiction: str
    region: str | None
    notice_hash: str


def state_of(snapshot: Snapshot, subject: str, held: Mapping[str, Held], now: int) -> dict[str, Any]:
    """What holds for a person, in the form of tests/contract/schema/consent_state.json."""
    return {
        "site": snapshot.site,
        "subject": subject,
        "policyVersion": snapshot.policy_version,
        "jurisdiction": snapshot.jurisdiction,
        "purposes": {p.id: _state(p, held.get(p.id), snapshot.gpc.honoured, now) for p in snapshot.purposes},
        "gpc": {"seen": snapshot.gpc.seen, "honoured": snapshot.gpc.honoured},
        "seq": max((h.seq for h in held.values()), default=0),
        "asOf": _time(now),
    }


def _state(purpose: ServedPurpose, held: Held | None, gpc: bool, now: int) -> dict[str, Any]:
    choice = held.choice if held else None
    return {
        "state": standing(purpose, choice, gpc, now),
        "version": choice.version if choice else None,
        "since": _time(choice.at) if choice else None,
        "expiresAt": _time(choice.at + purpose.ttl_days * DAY_MS) if choice and choice.granted else None,
        "receiptId": held.receipt if held else None,
        "method": held.method if held else None,
    }


def proved(snapshot: Snapshot, held: Mapping[str, Held], now: int) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """What a token may say: purposes granted and denied by choice, and until when at most (milliseconds)."""
    granted, denied, until = [], [], now + DAY_MS
    for purpose in snapshot.purposes:
        mine = held.get(purpose.id)
        if mine is None or purpose.required:
            continue
        found = standing(purpose, mine.choice, snapshot.gpc.honoured, now)
        if found == "granted" and mine.choice.granted:
            granted.append(purpose.id)
            until = min(until, mine.choice.at + purpose.ttl_days * DAY_MS)
        elif found == "denied":
            denied.append(purpose.id)
    return tuple(granted), tuple(denied), until


def _time(at: int) -> str:
    return iso(datetime.fromtimestamp(at / 1000, UTC))
