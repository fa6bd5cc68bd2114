"""May this event be used for this purpose? One pure function, the same in every SDK.

    decide(purpose, preferences, mode, gpc) -> allow | hold | deny

* `necessary` needs no consent (what the service cannot work without).
* Global Privacy Control denies the purposes that sell or share, whatever else was said
  (W3C Global Privacy Control; CCPA regulations §7025).
* A choice that was made counts, either way.
* With no choice the mode decides: `opt_in` holds, `opt_out` allows, `exempt` allows audience
  measurement only (CNIL guidelines on exempt trackers). An unknown mode is the strictest.

A held event waits in an SDK's memory. The collector has nothing to wait for: there hold is a refusal.
The golden vectors are `tests/contract/vectors/gate.json`.
"""

from collections.abc import Mapping
from typing import Literal

Decision = Literal["allow", "hold", "deny"]

NECESSARY = "necessary"
ANALYTICS = "analytics"
DENIED_BY_GPC = frozenset({"marketing", "third_party"})
MODES = ("opt_in", "opt_out", "exempt")


def decide(purpose: str, preferences: Mapping[str, bool] | None, mode: str, gpc: bool) -> Decision:
    """The decision for one purpose; see the module text for the rules."""
    if purpose == NECESSARY:
        return "allow"
    if gpc and purpose in DENIED_BY_GPC:
        return "deny"
    choice = preferences.get(purpose) if preferences else None
    if choice is not None:
        # `is True`, so that a truthy surprise in client data never widens anything
        return "allow" if choice is True else "deny"
    if mode == "opt_out" or (mode == "exempt" and purpose == ANALYTICS):
        return "allow"
    return "hold"
