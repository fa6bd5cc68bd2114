"""`resolve`: the policy document of a site → what one visitor is served. Pure; the same input gives the same bytes.

Rules, each of which is a golden vector (`resolve.json`):
* the region chooses the rule (jurisdictions.py), an unknown one the strictest;
* a child, and whoever says so, gets every purpose that is not required as `guardian` and pending (PIPL 31, GDPR 8);
* Global Privacy Control denies the purposes that are marked, where the rule honours it (CCPA regulations §7025);
* `separate` and `guardian` purposes are always opt-in: nothing implied can grant them (PIPL 23, 29, 39);
* texts come in the nearest language: exact, then the same language, then the first that is written.

`checked` is what a document must pass before it may be published. It also bounds what a client can be served.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from consent.decide import ANALYTICS, DENIED_BY_GPC, NECESSARY
from consent.jurisdictions import EVERYWHERE, mode_of, rule_for
from consent.mistakes import Mistake
from consent.model import (
    Age,
    Basis,
    EventRule,
    Jurisdiction,
    Kind,
    Mode,
    Notice,
    PolicyDocument,
    Purpose,
    ServedAge,
    ServedEvent,
    ServedNotice,
    ServedPurpose,
    Signal,
    Snapshot,
)

SNAPSHOT_HOURS = 24
MAX_PURPOSES, MAX_EVENTS, MAX_NOTICES, MAX_RULES = 64, 1000, 400, 400


class PolicyError(Mistake):
    """A document that cannot be published; the text says what to change (mistakes.py)."""


class Signals(Struct, frozen=True):
    """What a visitor or their browser says about themselves."""

    gpc: bool = False
    age: Age = "unknown"


def resolve(
    document: PolicyDocument, events: Sequence[EventRule], site: str, region: str | None, locale: str | None,
    signals: Signals, now: datetime,
) -> Snapshot:  # fmt: skip
    """The snapshot for a visitor. `now` is UTC; it is rounded down to the hour, so that an hour's answers are equal."""
    rule = rule_for(document, region)
    notice = nearest_notice(document.notices, rule.notice, locale)
    child = signals.age == "child"
    honoured = signals.gpc and rule.gpc
    purposes = tuple(_served(p, rule, locale, honoured, child) for p in document.purposes)
    issued = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Snapshot(
        mode=_one_mode(purposes),
        site=site,
        policy_version=document.version,
        jurisdiction=rule.id,
        region=region,
        locale=notice.locale,
        age=ServedAge(rule.child_under, signals.age, ask=False),
        gpc=Signal(signals.gpc, honoured),
        banner=any(p.default == "pending" for p in purposes),
        reconsent=document.reconsent,
        proof=document.proof,
        purposes=purposes,
        events=tuple(ServedEvent(e.match, e.purpose) for e in events),
        notice=ServedNotice(
            notice.id, notice.hash, notice.locale, notice.title, notice.body, notice.url, notice.labels
        ),
        issued_at=iso(issued),
        expires_at=iso(issued + timedelta(hours=SNAPSHOT_HOURS)),
    )


def iso(time: datetime) -> str:
    """ISO 8601 UTC, whole seconds or milliseconds."""
    text = time.astimezone(UTC).isoformat(timespec="milliseconds" if time.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _served(purpose: Purpose, rule: Jurisdiction, locale: str | None, gpc: bool, child: bool) -> ServedPurpose:
    kind: Kind = rule.kinds.get(purpose.id, purpose.kind)
    mode = mode_of(rule, purpose.id)
    pending = rule.pending
    if purpose.required:
        kind, mode = "general", "exempt"
    elif child:
        kind, mode, pending = "guardian", "opt_in", "drop"
    elif kind != "general":
        mode = "opt_in"
    gpc_denies = purpose.gpc == "deny" and rule.gpc and not purpose.required
    text = purpose.texts[_nearest(purpose.texts, locale)]
    return ServedPurpose(
        id=purpose.id,
        version=purpose.version,
        kind=kind,
        required=purpose.required,
        title=text.title,
        description=text.description,
        mode=mode,
        default="denied" if gpc and gpc_denies else "pending" if mode == "opt_in" else "granted",
        pending=pending,
        ttl_days=rule.ttl_days,
        gpc="deny" if gpc_denies else "ignore",
        legal_basis=rule.bases.get(purpose.id) or _basis(purpose, mode, kind),
    )


def _basis(purpose: Purpose, mode: Mode, kind: Kind) -> Basis:
    if purpose.required:
        return "contract"
    if mode == "opt_in":
        return "consent" if kind == "general" else "explicit_consent"
    return "exempt_audience" if mode == "exempt" else "opt_out_notice"


def _one_mode(purposes: Sequence[ServedPurpose]) -> Mode:
    """One mode for SDKs that know no purposes; they deny marketing and third parties under GPC by themselves."""
    asked = [p for p in purposes if not p.required]
    free = {p.id for p in asked if p.default == "granted" or (p.default == "denied" and p.id in DENIED_BY_GPC)}
    if len(free) == len(asked):
        return "opt_out"
    return "exempt" if ANALYTICS in free else "opt_in"


def _nearest(known: Iterable[str], wanted: str | None) -> str:
    """The locale of `known` that is nearest: the same, of the same language, or the first."""
    locales = list(known)
    if wanted:
        lower = wanted.lower()
        exact = [x for x in locales if x.lower() == lower]
        language = lower.partition("-")[0]
        near = exact or [x for x in locales if x.lower().partition("-")[0] == language]
        if near:
            return near[0]
    return locales[0]


def nearest_notice(notices: Sequence[Notice], id: str, locale: str | None) -> Notice:
    """The notice of that id in the nearest language. Raises PolicyError if there is none at all."""
    of_id = {n.locale: n for n in notices if n.id == id}
    if not of_id:
        raise PolicyError("notice.missing", notice=id)
    return of_id[_nearest(of_id, locale)]


def checked(document: PolicyDocument, events: Sequence[EventRule] = ()) -> PolicyDocument:
    """`document`, if it may be published. Raises PolicyError, which says what is wrong."""
    purposes = [p.id for p in document.purposes]
    _unique("purpose", purposes)
    _unique("jurisdiction", [r.id for r in document.jurisdictions])
    _unique("notice", [f"{n.id} in {n.locale}" for n in document.notices])
    _unique("region", [r for rule in document.jurisdictions for r in rule.regions])
    _bounded("purposes", len(purposes), MAX_PURPOSES)
    _bounded("notices", len(document.notices), MAX_NOTICES)
    _bounded("jurisdictions", len(document.jurisdictions), MAX_RULES)
    if NECESSARY not in purposes or ANALYTICS not in purposes:
        raise PolicyError("purpose.needed", first=NECESSARY, second=ANALYTICS)
    for purpose in document.purposes:
        if not purpose.texts:
            raise PolicyError("purpose.noText", purpose=purpose.id)
        if purpose.required != (purpose.id == NECESSARY):
            raise PolicyError("purpose.required", only=NECESSARY, purpose=purpose.id)
        if purpose.retention not in document.retention:
            raise PolicyError("purpose.retention", purpose=purpose.id, retention=purpose.retention)
    if not any(EVERYWHERE in rule.regions for rule in document.jurisdictions):
        raise PolicyError("jurisdiction.rest")
    for rule in document.jurisdictions:
        nearest_notice(document.notices, rule.notice, None)
        named = {*rule.modes, *rule.kinds, *rule.bases} - set(purposes)
        if named:
            raise PolicyError("jurisdiction.purpose", jurisdiction=rule.id, purpose=min(named))
    check_events(document, events)
    return document


def check_events(document: PolicyDocument, events: Sequence[EventRule]) -> None:
    """Raises PolicyError if the map of events names purposes that are not there, or an event twice."""
    known = {p.id for p in document.purposes}
    _bounded("events", len(events), MAX_EVENTS)
    _unique("event", [e.match for e in events])
    for rule in events:
        for purpose in (rule.purpose, *(f.purpose for f in rule.fields)):
            if purpose not in known:
                raise PolicyError("event.purpose", event=rule.match, purpose=purpose)


def _unique(what: str, names: Sequence[str]) -> None:
    twice = [n for n in names if names.count(n) > 1]
    if twice:
        raise PolicyError(f"twice.{what}", name=twice[0])


def _bounded(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise PolicyError(f"tooMany.{what}", limit=limit, count=count)
