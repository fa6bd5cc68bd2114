"""What would become of this event, in this region, with this choice? Asked of the same code that decides.

The three gates in a row: what an SDK does (`judge`), what the collector does (`SiteGate`), whether the warehouse's
view for a purpose shows the row. Fields that would be stripped are named; what the scrub step does to the rest is the
collector's to say.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from consent.decide import ANALYTICS, judge
from consent.gate import Outcome, Proof, SiteGate
from consent.model import Choice, EventRule, PolicyDocument


class Simulated(Struct, frozen=True):
    """`client`: allow, hold, deny or anonymise. `collector`: its outcome. `views`: purposes whose view shows it."""

    purpose: str
    standing: str
    client: str
    collector: Outcome
    views: tuple[str, ...]


def simulate(
    document: PolicyDocument, events: Sequence[EventRule], *, event: str, purpose: str | None = None,
    choices: Mapping[str, bool] | None = None, region: str | None = None, gpc: bool = False, token: bool = True,
    suppressed: bool = False,
) -> Simulated:  # fmt: skip
    """`choices`: what the person chose, for the versions in force; `token`: does the client send a token for it?"""
    gate = SiteGate("simulated", document, events, {})
    chosen = dict(choices or {})
    proof = None
    if token and chosen:
        granted = tuple(p for p, yes in chosen.items() if yes)
        proof = Proof(granted, tuple(p for p, yes in chosen.items() if not yes), gate.version)
    denied = ("*",) if suppressed else ()
    outcome = gate.judge(gate.claim(event, purpose, chosen, gate.version, proof, gpc, region, denied))
    _, served = gate.served(region, gpc)
    rule = gate.rule(event)
    one = served.get(rule.purpose if rule else purpose or ANALYTICS)
    if one is None:
        return Simulated(outcome.purpose, "denied", "deny", outcome, ())
    made = [Choice(chosen[one.id], one.version, 0)] if one.id in chosen else []
    held, client = judge(one, made, gpc, 1, 1)
    kept = client == "allow" and outcome.kind in ("accept", "strip")
    shown = (one.id,) if kept else ()
    return Simulated(one.id, held, client, outcome, shown)
