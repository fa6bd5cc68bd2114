"""The collector's gate, as a pure function: an event's name, what its client claims, what we know → what becomes of it.

    accept      kept as it is
    strip       kept without the fields whose own purpose is not granted (map of events)
    anonymise   kept without anything that tells persons apart (pending where the policy says `cookieless`)
    reject      `no_consent` · `withdrawn` · `suppressed`

A client can only narrow. What counts, from strong to weak:

1. the person is suppressed → nothing is kept; 2. Global Privacy Control, from the header or the client → denies what
it is for; 3. what we heard since (`Heard`): a denial newer than the client's token beats whatever the client claims;
4. a denial in the token or in the stamped preferences; 5. a grant, if token and stamp agree (or there is only one of
them, and the site does not insist on a token), and only for the version of the purpose that was chosen: after a new
version it is stale; 6. the default of the place where the visitor is.

A `SiteGate` is a published policy and a map of events made ready for this. It remembers its answers: people differ,
but what they may do hardly does. It is thrown away whenever the site publishes, so an answer is never older than the
policy.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import re2
from msgspec import Struct

from consent.decide import ANALYTICS, Verdict, standing
from consent.model import Choice, EventRule, PolicyDocument, ServedPurpose
from consent.policy import Signals, resolve

Kind = Literal["accept", "strip", "anonymise", "reject"]
Why = Literal["", "no_consent", "withdrawn", "suppressed"]
Pairs = tuple[tuple[str, bool], ...]

SUPPRESSED: Final = "*"
UNKNOWN_VERSION: Final = "pv1_?"
CACHED: Final = 8_192
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Proof(Struct, frozen=True, gc=False):
    """What a checked, unexpired token of this site says."""

    granted: tuple[str, ...]
    denied: tuple[str, ...]
    policy_version: str


class Claim(Struct, frozen=True, gc=False):
    """What decides about an event. `stamped`: the client's preferences; `policy_version`: the one it stamped.

    `denied`: what we heard since about this person, newer than the token, `("*",)` for a suppressed one.
    """

    event: str
    purpose: str | None
    stamped: Pairs
    policy_version: str | None
    proof: Proof | None
    gpc: bool
    region: str | None
    denied: tuple[str, ...]


class Outcome(Struct, frozen=True, gc=False):
    """What becomes of the event. `granted`: all purposes that stood granted by choice, as the row keeps them.

    `strip`: paths such as `properties.email` to leave out. `detail` says what to do and quotes nothing.
    """

    kind: Kind
    purpose: str
    reason: Why = ""
    granted: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    jurisdiction: str = ""
    detail: str = ""
    mapped: bool = False


class SiteGate:
    """A site's policy and map of events, ready to judge. `versions`: purposes' versions by published policy version."""

    def __init__(
        self, site: str, document: PolicyDocument, events: Sequence[EventRule],
        versions: Mapping[str, Mapping[str, str]],
    ) -> None:  # fmt: skip
        self.site, self.document, self.version = site, document, document.version
        self.needs_token = document.proof == "token"
        self._versions = {**versions, self.version: {p.id: p.version for p in document.purposes}}
        self._purposes = tuple(p.id for p in document.purposes)
        self._exact = {rule.match: rule for rule in reversed(events) if "*" not in rule.match}
        self._globs = [
            (position, _pattern(rule.match), rule) for position, rule in enumerate(events) if "*" in rule.match
        ]
        self._position = {rule.match: position for position, rule in enumerate(events)}
        self._served: dict[tuple[str | None, bool], tuple[str, dict[str, ServedPurpose]]] = {}
        self._answers: dict[Claim, Outcome] = {}

    def claim(
        self, event: str, purpose: str | None, stamped: Mapping[str, bool] | None, policy_version: str | None,
        proof: Proof | None, gpc: bool, region: str | None, denied: tuple[str, ...],
    ) -> Claim:  # fmt: skip
        """A claim with nothing in it that this site does not know: what is remembered stays small."""
        if policy_version is not None and policy_version not in self._versions:
            policy_version = UNKNOWN_VERSION if policy_version.startswith("pv1_") else None
        pairs = tuple([(p, stamped[p] is True) for p in self._purposes if p in stamped]) if stamped else ()
        return Claim(event, purpose, pairs, policy_version, proof, gpc, region, denied)

    def judge(self, claim: Claim) -> Outcome:
        """The outcome; remembered for equal claims."""
        found = self._answers.get(claim)
        if found is None:
            if len(self._answers) >= CACHED:
                self._answers.clear()
            found = self._answers[claim] = self._judge(claim)
        return found

    def served(self, region: str | None, gpc: bool) -> tuple[str, dict[str, ServedPurpose]]:
        """The jurisdiction's id and the purposes as they hold in a region, by id."""
        key = (region, gpc)
        found = self._served.get(key)
        if found is None:
            snapshot = resolve(self.document, (), self.site, region, None, Signals(gpc), _EPOCH)
            found = self._served[key] = (snapshot.jurisdiction, {p.id: p for p in snapshot.purposes})
        return found

    def rule(self, event: str) -> EventRule | None:
        """The first entry of the map that matches."""
        exact = self._exact.get(event)
        limit = self._position[exact.match] if exact is not None else len(self._position)
        for position, pattern, rule in self._globs:
            if position > limit:
                break
            if pattern.fullmatch(event):
                return rule
        return exact

    def _judge(self, claim: Claim) -> Outcome:
        jurisdiction, served = self.served(claim.region, claim.gpc)
        rule = self.rule(claim.event)
        name = rule.purpose if rule is not None else claim.purpose or ANALYTICS
        mapped = rule is not None
        if SUPPRESSED in claim.denied:
            return Outcome("reject", name, "suppressed", jurisdiction=jurisdiction, mapped=mapped,
                           detail="this person asked to be forgotten")  # fmt: skip
        purpose = served.get(name)
        if purpose is None:
            return Outcome("reject", name[:64], "no_consent", jurisdiction=jurisdiction, mapped=mapped,
                           detail="context.purpose is not among the site's purposes")  # fmt: skip
        verdict, why, detail = self._verdict(purpose, claim)
        granted = tuple(p for p, one in served.items() if not one.required and self._is_granted(one, claim))
        if verdict in ("deny", "hold"):
            return Outcome("reject", name, why, granted, (), jurisdiction, detail, mapped)
        if verdict == "anonymise":
            return Outcome("anonymise", name, "", granted, (), jurisdiction, "", mapped)
        strip = tuple(
            field.path for field in (rule.fields if rule is not None else ())
            if field.purpose not in served or self._verdict(served[field.purpose], claim)[0] != "allow"
        )  # fmt: skip
        return Outcome("strip" if strip else "accept", name, "", granted, strip, jurisdiction, "", mapped)

    def _is_granted(self, purpose: ServedPurpose, claim: Claim) -> bool:
        """By choice, and nothing (the signal, say) stands against it."""
        return self._choice(purpose, claim) is True and self._verdict(purpose, claim)[0] == "allow"

    def _verdict(self, purpose: ServedPurpose, claim: Claim) -> tuple[Verdict, Why, str]:
        chosen = self._choice(purpose, claim)
        # A choice of an older version is told apart from none only by being stale; both wait
        choice = Choice(chosen, purpose.version, 0) if chosen is not None else None
        held = standing(purpose, choice, claim.gpc, 0)
        if held == "granted":
            return "allow", "", ""
        if held == "denied":
            taken_back = purpose.id in claim.denied and self._claimed(purpose.id, claim)
            why: Why = "withdrawn" if taken_back else "no_consent"
            return "deny", why, "consent was withdrawn" if taken_back else "the purpose of this event is denied"
        if purpose.pending == "cookieless":
            return "anonymise", "", ""
        return (
            "deny",
            "no_consent",
            (
                "no choice that counts is known for the purpose of this event: record one at /v1/consent/receipts "
                "and send context.consent"
            ),
        )

    def _choice(self, purpose: ServedPurpose, claim: Claim) -> bool | None:
        """What the person chose for a purpose as far as it counts; None for no choice, or a stale one."""
        id, proof = purpose.id, claim.proof
        stamped = next((yes for name, yes in claim.stamped if name == id), None)
        if id in claim.denied or stamped is False or (proof is not None and id in proof.denied):
            return False
        if proof is not None:
            fresh = self._same_version(proof.policy_version, purpose)
            # With a token, a purpose that it does not grant is not granted, whatever the client stamped
            return True if id in proof.granted and fresh else None
        if stamped is True and not self.needs_token and self._same_version(claim.policy_version, purpose):
            return True
        return None

    def _same_version(self, policy_version: str | None, purpose: ServedPurpose) -> bool:
        """Was the choice made for this version of the purpose? Other people's clients name no policy of ours."""
        if policy_version is None or not policy_version.startswith("pv1_"):
            return True
        return self._versions.get(policy_version, {}).get(purpose.id) == purpose.version

    @staticmethod
    def _claimed(purpose: str, claim: Claim) -> bool:
        """Does the client still say that the purpose is granted?"""
        proof = claim.proof
        return (purpose, True) in claim.stamped or (proof is not None and purpose in proof.granted)


def _pattern(match: str) -> Any:
    """Linear in the event's name, however many `*` an officer wrote (RE2)."""
    return re2.compile("(?s)" + ".*".join(re2.escape(part) for part in match.split("*")))
