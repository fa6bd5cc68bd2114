"""The nouns of consent: what an officer publishes, what a visitor is served, what a person chose.

`PolicyDocument` is what is edited and published, one a site: purposes, notices, jurisdictions. Everything in it that
could change the meaning of an old choice has a content hash: a purpose (method, classes of data, recipients: PIPL 14
wants a new consent when those change; wording does not), a notice (exact texts and buttons, EDPB Guidelines 05/2020
§107), the document itself. `Snapshot` is the document as resolved for one visitor (policy.py), in the form of
`tests/contract/schema/policy.json`. Structs refuse unknown fields and unknown values: a misspelt mode must not quietly
mean a wider one.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from consent.canonical import content_name

Mode = Literal["opt_in", "opt_out", "exempt"]
Kind = Literal["general", "separate", "guardian"]
Pending = Literal["queue", "drop", "cookieless"]
Standing = Literal["pending", "granted", "denied", "stale"]
Method = Literal["banner", "preferences", "api", "gpc", "wechat", "import", "guardian"]
Action = Literal["accept_all", "reject_all", "withdraw", "set"]
Age = Literal["unknown", "child", "adult"]
Basis = Literal["consent", "explicit_consent", "legitimate_interest", "contract", "legal_obligation",
                "exempt_audience", "opt_out_notice"]  # fmt: skip

Identifier = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Locale = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Region = Annotated[str, Meta(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
RegionPattern = Annotated[str, Meta(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?|\*)$")]
Line = Annotated[str, Meta(max_length=200)]
Days = Annotated[int, Meta(ge=1, le=3650)]


class _Wire(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Base of what is written as JSON."""


class PurposeText(_Wire, frozen=True):
    """Title and description of a purpose in one language; plain text."""

    title: Line
    description: Annotated[str, Meta(max_length=4000)] = ""


class Purpose(_Wire, frozen=True):
    """Why data may be used. `texts`: by locale. `withdrawal`: does taking it back only stop, or erase as well?"""

    id: Identifier
    texts: dict[Locale, PurposeText]
    kind: Kind = "general"
    required: bool = False
    gpc: Literal["ignore", "deny"] = "ignore"
    method: Line = ""
    pii_categories: tuple[Identifier, ...] = ()
    recipients: tuple[Line, ...] = ()
    retention: Identifier = "standard"
    withdrawal: Literal["stop", "erase"] = "stop"

    @property
    def version(self) -> str:
        """Hash of what a person agrees to: changing it makes older grants stale (PIPL 14)."""
        return content_name("pu", {
            "id": self.id, "kind": self.kind, "method": self.method,
            "piiCategories": sorted(self.pii_categories), "recipients": sorted(self.recipients),
        })  # fmt: skip


class Labels(_Wire, frozen=True):
    """The words on the buttons."""

    accept_all: Annotated[str, Meta(min_length=1, max_length=80)]
    reject_all: Annotated[str, Meta(min_length=1, max_length=80)]
    save: Annotated[str, Meta(min_length=1, max_length=80)]
    preferences: Annotated[str, Meta(min_length=1, max_length=80)]
    withdraw: Annotated[str, Meta(min_length=1, max_length=80)]
    close: Annotated[str, Meta(min_length=1, max_length=80)]


class Notice(_Wire, frozen=True):
    """What a person is shown, in one language. Notices of one id are translations of each other."""

    id: Identifier
    locale: Locale
    title: Line
    body: Annotated[str, Meta(max_length=20_000)]
    labels: Labels
    url: Annotated[str, Meta(max_length=2000, pattern="^https://")] | None = None

    @property
    def hash(self) -> str:
        return content_name("no", self)


class Jurisdiction(_Wire, frozen=True):
    """The rules of some regions. What is not named for a purpose in `modes`, `kinds`, `bases` is `mode`, the
    purpose's own kind, and a basis that follows from the mode. `law` names the articles, for people."""

    id: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
    regions: tuple[RegionPattern, ...]
    mode: Mode = "opt_in"
    modes: dict[Identifier, Mode] = {}
    kinds: dict[Identifier, Kind] = {}
    bases: dict[Identifier, Basis] = {}
    pending: Pending = "queue"
    ttl_days: Days = 180
    gpc: bool = True
    child_under: Annotated[int, Meta(ge=1, le=21)] | None = 16
    notice: Identifier = "main"
    law: Annotated[str, Meta(max_length=1000)] = ""


class Controller(_Wire, frozen=True):
    """Who answers for the data (ISO/IEC TS 27560 parties; GDPR 13(1)(a))."""

    name: Line = ""
    contact: Line = ""
    url: Line = ""


class PolicyDocument(_Wire, frozen=True):
    """What is published for a site. `proof`: must a grant come with a token? `reconsent`: what a changed notice does.

    `retention`: days by class. Use `policy.checked` before anything is published.
    """

    purposes: tuple[Purpose, ...]
    notices: tuple[Notice, ...]
    jurisdictions: tuple[Jurisdiction, ...]
    controller: Controller = Controller()
    proof: Literal["stamp", "token"] = "stamp"
    reconsent: Literal["none", "prompt", "hard"] = "prompt"
    retention: dict[Identifier, Days] = field(default_factory=lambda: {"standard": 395})
    format: Literal[1] = 1

    @property
    def version(self) -> str:
        return content_name("pv", self)


class FieldRule(_Wire, frozen=True):
    """A field (`properties.email`) that needs a purpose of its own; without it the field is stripped."""

    path: Annotated[str, Meta(pattern=r"^(properties|traits)\.[^.\x00]{1,100}$")]
    purpose: Identifier


class EventRule(_Wire, frozen=True):
    """Which purpose an event is for. `match`: the name, `*` for any run of characters."""

    match: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: Identifier
    fields: tuple[FieldRule, ...] = ()


class ServedPurpose(_Wire, frozen=True):
    """A purpose as a visitor sees it, and as the gates judge it."""

    id: str
    version: str
    kind: Kind
    required: bool
    title: str
    description: str
    mode: Mode
    default: Literal["pending", "granted", "denied"]
    pending: Pending
    ttl_days: int
    gpc: Literal["ignore", "deny"]
    legal_basis: Basis


class ServedNotice(_Wire, frozen=True):
    id: str
    hash: str
    locale: str
    title: str
    body: str
    url: str | None
    labels: Labels


class ServedAge(_Wire, frozen=True):
    child_under: int | None
    status: Age
    ask: bool


class Signal(_Wire, frozen=True):
    """Global Privacy Control: was it seen; must the page say that it was honoured (CCPA regulations §7025(c)(6))?"""

    seen: bool
    honoured: bool


class ServedEvent(_Wire, frozen=True):
    match: str
    purpose: str


class Snapshot(_Wire, frozen=True):
    """A policy as resolved for one visitor; `signature` is added by whoever holds the key."""

    mode: Mode
    site: str
    policy_version: str
    jurisdiction: str
    region: str | None
    locale: str
    age: ServedAge
    gpc: Signal
    banner: bool
    reconsent: Literal["none", "prompt", "hard"]
    proof: Literal["stamp", "token"]
    purposes: tuple[ServedPurpose, ...]
    events: tuple[ServedEvent, ...]
    notice: ServedNotice
    issued_at: str
    expires_at: str
    signature: dict[str, Any] | UnsetType = UNSET

    def purpose(self, id: str) -> ServedPurpose | None:
        """The purpose of that id, or None."""
        return next((p for p in self.purposes if p.id == id), None)


class Choice(Struct, frozen=True):
    """One answer for one purpose. `at`: when it was given, milliseconds since the epoch."""

    granted: bool
    version: str
    at: int
