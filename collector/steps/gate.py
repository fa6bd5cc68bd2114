"""May we keep it? The person's choice, the site's policy, where the visitor is, Global Privacy Control. Fails closed.

What the SDK would hold is refused here, because the collector has nothing to wait for. Two ways:

* The site has published a policy: `consent.gate` judges what the context claims (stamped choice, token, signal) for the
  event's name; the answer is remembered with the context, by name. What can change between two events of one context is
  asked for each: whether the token is over, whose it is, and what was heard of the person since (a withdrawal, a
  suppression).
* It has not: the stamped choice and the source's mode (`consent.decide.decide`), once a context.

An event that may only be kept in part loses the rest here, before anything is looked up about it (narrow.py).
"""

from functools import lru_cache

import msgspec
from msgspec import Struct

from collector.context import Consents, RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import Context, cacheable
from collector.shared import Shared
from collector.steps.narrow import anonymise, strip
from consent.decide import ANALYTICS, Decision, decide
from consent.gate import Outcome, Proof
from consent.heard import NOTHING, SUPPRESSED
from consent.pii.look import rules_in
from consent.subjects import Subjects
from consent.tally import Done
from consent.tokens import TokenError, TokenReader

MAX_NAMES = 64
REDACTED = ":redacted"
_NEVER = float("inf")
_REASONS = {
    "no_consent": Reason.NO_CONSENT, "withdrawn": Reason.WITHDRAWN, "suppressed": Reason.SUPPRESSED,
}  # fmt: skip


class Verdict(Struct, frozen=True, gc=False):
    """What the gate says of a context where no policy is published. `granted`: encoded columns."""

    purpose: str
    decision: Decision
    granted: bytes


class Answer(Struct):
    """What becomes of events of one name. `cell` counts them."""

    outcome: Outcome
    cell: list[int]


class Prepared(Struct):
    """What a context claims, read once. `until`: when it must be read again, because its token ends (seconds).

    `tokens` read it: with other keys it must be read again, because a key may be gone, or one may have come that makes
    a token of ours of what was none. `subject`, `seq`: the token's. `granted`: encoded columns. `answers`: by the
    event's name.
    """

    purpose: str | None
    gpc: bool
    stamped: dict[str, bool] | None
    policy_version: str | None
    tokens: TokenReader
    proof: Proof | None = None
    subject: str | None = None
    seq: int = 0
    until: float = _NEVER
    forged: str = ""
    granted: bytes = b""
    answers: dict[str, Answer] = msgspec.field(default_factory=dict)


class Standing(Struct, frozen=True, gc=False):
    """What must be asked again before an answer may serve another event that says and names the same.

    `heard`: the subjects, with the number that the token covers. `until`: the token's end (seconds). `cell` counts.
    """

    subjects: Subjects
    heard: tuple[tuple[int, int], ...]
    until: float
    cell: list[int]


def gate(event: Event, context: RequestContext) -> Event:
    if context.consent is not None:
        return _with_policy(event, context, context.consent)
    shared = event.shared
    verdict: Verdict | None = shared.verdict
    if verdict is None:
        verdict = shared.verdict = _verdict(shared.context, context)
    if verdict.decision != "allow":
        raise Drop(Reason.NO_CONSENT, _advice(verdict.decision))
    event.purpose = verdict.purpose
    return event


def _with_policy(event: Event, context: RequestContext, consents: Consents) -> Event:
    shared = event.shared
    said: Prepared | None = shared.verdict
    if said is None or said.tokens is not consents.tokens or context.received_at.timestamp() >= said.until:
        said = shared.verdict = _prepare(shared.context, context, consents)
        shared.row = None  # it holds what was granted before
    if said.forged:
        raise Drop(Reason.NO_CONSENT, said.forged)
    device = event.anonymous_id
    denied, doubtful = _heard(event, said, consents)
    if denied or doubtful:
        said = _narrowed(event, said, denied, doubtful, consents)
    answer = said.answers.get(event.name) or _answer(event.name, said, denied, context.source.id, consents)
    answer.cell[0] += 1
    outcome = answer.outcome
    event.purpose = outcome.purpose
    if outcome.kind == "accept":
        if said is shared.verdict and event.anonymous_id is device:  # and not narrowed for this event
            event.standing = _standing(event, said, answer, consents)
        return event
    if outcome.kind == "strip":
        return strip(event, outcome.strip)
    if outcome.kind == "anonymise" and event.message.type in ("track", "page", "screen"):
        return anonymise(event, context, outcome.jurisdiction)
    raise Drop(_REASONS[outcome.reason or "no_consent"], outcome.detail or "this message names a person")


def stands(standing: Standing | None, context: RequestContext) -> bool:
    """Whether the gate would accept another such event just the same; then it is counted. In doubt it is asked anew."""
    consents = context.consent
    if standing is None or consents is None or standing.subjects is not consents.subjects:
        return False
    if standing.until != _NEVER and context.received_at.timestamp() >= standing.until:
        return False
    for key, seq in standing.heard:
        denied, doubtful = consents.heard.ask(key, seq)
        if denied or doubtful:
            return False
    standing.cell[0] += 1
    return True


def _standing(event: Event, said: Prepared, answer: Answer, consents: Consents) -> Standing:
    subjects, site = consents.subjects, consents.gate.site
    asked: list[tuple[int, int]] = []
    for who, id in (("device", event.anonymous_id), ("person", event.user_id)):
        if id is not None:
            subject, key = subjects.of(site, who, id)
            asked.append((key, said.seq if subject == said.subject else 0))
    return Standing(subjects, tuple(asked), said.until, answer.cell)


def _heard(event: Event, said: Prepared, consents: Consents) -> tuple[tuple[str, ...], bool]:
    """What is denied by the device and by the person that their token does not know; the event's subjects are set.

    Of somebody else on a device whose person was erased, who chose anew since, the device is left out: what is theirs
    alone may come in, and what may be either's stays out. Raises Drop if the token is another person's: whoever copied
    it has no consent of their own.
    """
    site, subjects, heard = consents.gate.site, consents.subjects, consents.heard
    denied: tuple[str, ...] = ()
    doubtful, mine, shut = False, said.subject is None, 0
    if event.anonymous_id is not None:
        event.consent_subject, key = subjects.of(site, "device", event.anonymous_id)
        same = event.consent_subject == said.subject
        mine = mine or same
        denied, doubtful = heard.ask(key, said.seq if same else 0)
        shut = heard.since(key) if denied == SUPPRESSED else 0
    if event.user_id is not None:
        event.consent_person, key = subjects.of(site, "person", event.user_id)
        same = event.consent_person == said.subject
        mine = mine or same
        also, unsure = heard.ask(key, said.seq if same else 0)
        if 0 < shut < said.seq and also != SUPPRESSED:
            event.anonymous_id = event.consent_subject = None
            denied = NOTHING
        denied, doubtful = denied + also, doubtful or unsure
    if not mine:
        raise Drop(Reason.NO_CONSENT, "the consent token is another person's: record a choice for this one")
    return denied, doubtful


def _prepare(said: Context, request: RequestContext, consents: Consents) -> Prepared:
    consent = said.consent
    found = Prepared(said.purpose, said.gpc or request.gpc, None, None, consents.tokens)
    if consent is not None:
        found.stamped, found.policy_version = consent.category_preferences, consent.policy_version
        if consent.token:
            _read_token(consent.token, found, request.received_at.timestamp(), consents)
    if not found.forged:
        found.granted = _columns(_judge("", found, (), consents))
    return found


def _read_token(text: str, found: Prepared, now: float, consents: Consents) -> None:
    """Take over what a token proves. An expired one proves nothing any more, and is no crime."""
    try:
        claims = consents.tokens.read(text).claims
    except TokenError as error:
        found.forged = str(error)
        return
    if claims.aud != consents.gate.site:
        found.forged = "the consent token is of another site"
    elif now < claims.exp:
        found.proof = Proof(claims.granted, claims.denied, claims.policy_version)
        found.subject, found.seq, found.until = claims.sub, claims.seq, claims.exp


def _narrowed(event: Event, said: Prepared, denied: tuple[str, ...], doubtful: bool, consents: Consents) -> Prepared:
    """The same claims for this one event, with what was heard of its person; in doubt, grants do not count."""
    shared = event.shared
    event.shared = Shared(shared.context, shared.extra, shared.circumstances, shared.checked)
    own = Prepared(said.purpose, said.gpc, said.stamped, said.policy_version, said.tokens, said.proof)
    if doubtful:
        own.stamped = {purpose: yes for purpose, yes in (said.stamped or {}).items() if not yes}
        own.proof = None
    own.granted = _columns(_judge("", own, denied, consents))
    event.shared.verdict = own
    return own


def _answer(name: str, said: Prepared, denied: tuple[str, ...], source: str, consents: Consents) -> Answer:
    outcome = _judge(name, said, denied, consents)
    # Names are counted before the scrub and shown to officers: one that may hold personal data is counted without it
    shown = REDACTED if rules_in(name) or "%" in name else name
    done = Done(consents.gate.site, source, shown, outcome.purpose, outcome.mapped, outcome.reason or outcome.kind)
    if len(said.answers) >= MAX_NAMES:
        said.answers.clear()
    found = said.answers[name] = Answer(outcome, consents.tally.cell(done))
    return found


def _judge(name: str, said: Prepared, denied: tuple[str, ...], consents: Consents) -> Outcome:
    gate = consents.gate
    return gate.judge(gate.claim(
        name, said.purpose, said.stamped, said.policy_version, said.proof, said.gpc, consents.region, denied
    ))  # fmt: skip


@lru_cache(4096)
def _encoded(granted: tuple[str, ...], jurisdiction: str) -> bytes:
    purposes = {"consent_purposes": sorted(granted)} if granted else {}
    return encode_columns(purposes | {"jurisdiction": jurisdiction})


def _columns(outcome: Outcome) -> bytes:
    return _encoded(outcome.granted, outcome.jurisdiction)


def _verdict(said: Context, request: RequestContext) -> Verdict:
    consent = said.consent
    preferences = consent.category_preferences if consent is not None else None
    choices = tuple(preferences.items()) if preferences else ()
    look = _decided if cacheable(*(preferences or ())) else _decided.__wrapped__
    return look(said.purpose or ANALYTICS, choices, request.source.mode, said.gpc or request.gpc)


@lru_cache(4096)
def _decided(purpose: str, preferences: tuple[tuple[str, bool], ...], mode: str, gpc: bool) -> Verdict:
    """People differ, their choices hardly do."""
    granted = sorted(p for p, choice in preferences if choice is True)
    columns = encode_columns({"consent_purposes": granted} if granted else {})
    return Verdict(purpose, decide(purpose, dict(preferences), mode, gpc), columns)


def _advice(decision: str) -> str:
    if decision == "deny":
        return "the purpose of this event is denied"
    return (
        "no choice is known for the purpose of this event: send context.consent.categoryPreferences, "
        "or set the source's mode"
    )
