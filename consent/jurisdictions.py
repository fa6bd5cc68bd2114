"""Which rules hold where a visitor is. Unknown means the strictest, and so does half-known.

A rule names countries (`DE`), subdivisions (`US-CA`) or `*`, the rest of the world. Of a visitor we may know

* the subdivision: its own rule, else its country's, else `*`;
* only the country, while some of its subdivisions have rules of their own: the strictest of those and the country's;
* nothing: the strictest of all rules there are.

`strictest` joins rules purpose by purpose, so the join can be stricter than each of them.
"""

from collections.abc import Sequence

from consent.model import Jurisdiction, Kind, Mode, Pending, PolicyDocument

# From wide to strict; the later one wins
MODES: tuple[Mode, ...] = ("opt_out", "exempt", "opt_in")
KINDS: tuple[Kind, ...] = ("general", "separate", "guardian")
PENDING: tuple[Pending, ...] = ("cookieless", "queue", "drop")
EVERYWHERE = "*"


def rule_for(document: PolicyDocument, region: str | None) -> Jurisdiction:
    """The rule in force for an ISO 3166 region, or None for a place that is not known."""
    rules = document.jurisdictions
    if region is None:
        return strictest(document, rules)
    country = region.partition("-")[0]
    exact = [rule for rule in rules if region in rule.regions]
    if region != country:
        exact = exact or [rule for rule in rules if country in rule.regions]
    else:
        exact += [rule for rule in rules if any(r.startswith(f"{country}-") for r in rule.regions)]
    found = exact or [rule for rule in rules if EVERYWHERE in rule.regions]
    if len(found) == 1:
        return found[0]
    return strictest(document, found, f"{country.lower()}-strictest") if found else strictest(document, rules)


def mode_of(rule: Jurisdiction, purpose: str) -> Mode:
    return rule.modes.get(purpose, rule.mode)


def strictest(document: PolicyDocument, rules: Sequence[Jurisdiction], id: str = "strictest") -> Jurisdiction:
    """One rule that is, in each point, as strict as the strictest of `rules`."""
    purposes = document.purposes
    first = max(rules, key=lambda r: (MODES.index(r.mode), -r.ttl_days))
    return Jurisdiction(
        id=id,
        regions=(),
        mode=max((r.mode for r in rules), key=MODES.index),
        modes={p.id: max((mode_of(r, p.id) for r in rules), key=MODES.index) for p in purposes},
        kinds={p.id: max((r.kinds.get(p.id, p.kind) for r in rules), key=KINDS.index) for p in purposes},
        pending=max((r.pending for r in rules), key=PENDING.index),
        ttl_days=min(r.ttl_days for r in rules),
        gpc=any(r.gpc for r in rules),
        child_under=max((r.child_under for r in rules if r.child_under is not None), default=None),
        notice=first.notice,
        law="; ".join(dict.fromkeys(r.law for r in rules if r.law))[:1000],
    )
