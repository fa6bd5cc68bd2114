"""May this event be used for this purpose? The same decision in every SDK and in the collector.

The golden vectors are `tests/contract/vectors/gate.json`. Two policies stand on it here, because a server has no
banner to wait for:

* `strict`: only `allow` passes. An unknown choice is not held: nobody will come and grant it to this process.
* `server`: a denial still stops the event; an unknown choice is left to the collector, which knows the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping

NECESSARY = "necessary"
ANALYTICS = "analytics"
DENIED_BY_GPC: frozenset[str] = frozenset({"marketing", "third_party"})
POLICIES = ("strict", "server")


def decide(purpose: str, preferences: Mapping[str, bool] | None, mode: str, gpc: bool) -> str:
    """`allow`, `hold` or `deny`.

    Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). A choice that was made counts.
    Without one the mode decides (`opt_in` `opt_out` `exempt`), and an unknown mode is the strictest.
    """
    if purpose == NECESSARY:
        return "allow"
    if gpc and purpose in DENIED_BY_GPC:
        return "deny"
    choice = preferences.get(purpose) if preferences else None
    if choice is not None:
        # `is True`: a truthy surprise in a caller's data is not consent
        return "allow" if choice is True else "deny"
    if mode == "opt_out" or (mode == "exempt" and purpose == ANALYTICS):
        return "allow"
    return "hold"


def passes(policy: str, purpose: str, preferences: Mapping[str, bool] | None, gpc: bool) -> bool:
    """Does the event leave this process under `consent_policy`?"""
    decision = decide(purpose, preferences, "opt_in", gpc)
    return decision == "allow" or (decision == "hold" and policy == "server")
