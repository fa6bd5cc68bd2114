"""May this event be used for this purpose? Pure functions, the same in every SDK.

`decide` is the small common denominator that needs no policy, only a mode (vectors: `gate.json`):

    decide(purpose, preferences, mode, gpc) -> allow | hold | deny

* `necessary` needs no consent (what the service cannot work without).
* Global Privacy Control denies the purposes that sell or share, whatever else was said
  (W3C Global Privacy Control; CCPA regulations §7025).
* A choice that was made counts, either way.
* With no choice the mode decides: `opt_in` holds, `opt_out` allows, `exempt` allows audience
  measurement only (CNIL guidelines on exempt trackers). An unknown mode is the strictest.

`judge` knows the published policy (vectors: `decide.json`): one purpose as it is served, the choices that were
made for it, and two times, because a choice must hold when the event happened *and* now:

    judge(purpose, choices, gpc, event_time, now) -> (standing, decision)

* A choice for another version of the purpose, or older than its days, is stale: as good as none, but known.
* A denial never grows stale: nobody has to say no twice.
* What happened under a denial is never used, whatever is said later.
* With no choice that counts, `default` decides; while pending, `pending` says what becomes of the event: `queue`
  hold, `drop` deny, `cookieless` anonymise (kept without anything that tells persons apart). Unknown: the strictest.

A held event waits in an SDK's memory. The collector has nothing to wait for: there hold is a refusal.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from consent.model import Choice, Standing

Decision = Literal["allow", "hold", "deny"]
Verdict = Literal["allow", "hold", "deny", "anonymise"]

NECESSARY = "necessary"
ANALYTICS = "analytics"
DENIED_BY_GPC = frozenset({"marketing", "third_party"})
MODES = ("opt_in", "opt_out", "exempt")
DAY_MS = 86_400_000


class Judged(Protocol):
    """What `judge` needs of a served purpose."""

    @property
    def version(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str: ...
    @property
    def pending(self) -> str: ...
    @property
    def ttl_days(self) -> int: ...
    @property
    def gpc(self) -> str: ...


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


def standing(purpose: Judged, choice: Choice | None, gpc: bool, at: int) -> Standing:
    """What holds for a purpose at a time (milliseconds), given the newest choice until then."""
    if purpose.required:
        return "granted"
    if choice is not None and not choice.granted:
        return "denied"
    if gpc and purpose.gpc != "ignore":
        return "denied"
    if choice is not None and choice.version == purpose.version and at < choice.at + purpose.ttl_days * DAY_MS:
        return "granted"
    if purpose.default == "granted":
        return "granted"
    if purpose.default == "pending":
        return "pending" if choice is None else "stale"
    return "denied"


def judge(purpose: Judged, choices: Sequence[Choice], gpc: bool, event_time: int, now: int) -> tuple[Standing, Verdict]:
    """Standing now and what becomes of an event. `choices` in any order; those later than `now` do not count."""
    made = [c for c in choices if c.at <= now]
    held = standing(purpose, _newest(made), gpc, now)
    before = _newest([c for c in made if c.at <= event_time])
    if not purpose.required and before is not None and not before.granted:
        return held, "deny"
    if held == "granted":
        return held, "allow"
    if held == "denied":
        return held, "deny"
    waits: Mapping[str, Verdict] = {"queue": "hold", "cookieless": "anonymise"}
    return held, waits.get(purpose.pending, "deny")


def _newest(choices: Sequence[Choice]) -> Choice | None:
    """The newest; of two at the same time the denial."""
    return max(choices, key=lambda c: (c.at, not c.granted), default=None)
