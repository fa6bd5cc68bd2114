"""Policies: what is in force, all that was, and drafts on their way: written, reviewed, published by somebody else."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from consent.admin import AdminError, events, policies
from consent.admin.policies import Draft, PublishedNotice, Version
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.model import Age, Locale, PolicyDocument, Region, Snapshot
from consent.policy import Signals, resolve
from consent.presets import preset

Comment = Annotated[str, Meta(max_length=2_000)]


class VersionLine(Give, frozen=True):
    """A version without its document; `replacedAt` is null for the one in force."""

    number: int
    version: str
    comment: str
    author: str
    approver: str
    published_at: int
    replaced_at: int | None


class DraftLine(Give, frozen=True):
    """A draft without its document. `authors`: none of them may publish it."""

    id: str
    state: str
    version: str
    based_on: int | None
    comment: str
    author: str
    authors: tuple[str, ...]
    reviewer: str | None
    created_at: int
    changed_at: int


class Change(Give, frozen=True):
    """What differs at a path; values as canonical JSON, `-` for what is not there."""

    path: str
    old: str
    new: str


class Against(Ask, frozen=True):
    """Compared with this version; with the one before if it is left out."""

    against: int | None = None


class InState(Ask, frozen=True):
    state: Literal["draft", "review", "published", "rejected"] | None = None


class NewDraft(Ask, frozen=True):
    """`document`: left out, it is the one in force, or the shipped one if nothing was published."""

    document: PolicyDocument | UnsetType = UNSET
    comment: Comment = ""


class ChangedDraft(Ask, frozen=True):
    """`seen`: the draft's `changedAt` that was edited, so that two do not overwrite each other unseen."""

    document: PolicyDocument
    seen: int
    comment: Comment = ""


class Said(Ask, frozen=True):
    comment: Comment = ""


class Visitor(Ask, frozen=True):
    """For whom the draft is resolved."""

    region: Region | None = None
    locale: Locale | None = None
    gpc: bool = False
    age: Age = "unknown"


def current(call: Call) -> Version:
    with call.store.read() as connection:
        found = policies.current(connection, call.site)
    if found is None:
        raise AdminError("policy.unknown", site=call.site)
    return found


def history(call: Call) -> list[VersionLine]:
    with call.store.read() as connection:
        return [_line(v, VersionLine) for v in policies.history(connection, call.site)]


def version(call: Call) -> Version:
    with call.store.read() as connection:
        return policies.version(connection, call.site, call.number("number"))


def diff(call: Call) -> list[Change]:
    number = call.number("number")
    with call.store.read() as connection:
        new = policies.version(connection, call.site, number)
        against = number - 1 if call.query.against is None else call.query.against
        old = policies.version(connection, call.site, against)
    return [Change(*one) for one in policies.diff(old.document, new.document)]


def roll_back(call: Call) -> Draft:
    number = call.number("number")
    with call.store.write() as connection:
        comment = call.body.comment or f"roll back to {number}"
        return policies.propose_roll_back(connection, call.admin, call.site, number, comment)


def shipped(call: Call) -> PolicyDocument:
    return preset()


def notices(call: Call) -> list[PublishedNotice]:
    with call.store.read() as connection:
        return policies.notices(connection, call.site)


def drafts(call: Call) -> list[DraftLine]:
    with call.store.read() as connection:
        return [_draft_line(d) for d in policies.drafts(connection, call.site, call.query.state)]


def add_draft(call: Call) -> Draft:
    with call.store.write() as connection:
        document = call.body.document
        if document is UNSET:
            found = policies.current(connection, call.site)
            document = found.document if found else preset()
        return policies.save_draft(connection, call.admin, call.site, document, call.body.comment)


def draft(call: Call) -> Draft:
    with call.store.read() as connection:
        return policies.draft(connection, call.site, call.path("id"))


def change_draft(call: Call) -> Draft:
    asked: ChangedDraft = call.body
    with call.store.write() as connection:
        return policies.save_draft(
            connection, call.admin, call.site, asked.document, asked.comment, call.path("id"), asked.seen
        )


def draft_diff(call: Call) -> list[Change]:
    """What publishing it would change."""
    with call.store.read() as connection:
        new = policies.draft(connection, call.site, call.path("id"))
        old = policies.current(connection, call.site)
    return [Change(*one) for one in policies.diff(old.document, new.document)] if old else []


def preview(call: Call) -> Snapshot:
    """The draft as a visitor would be served it, unsigned."""
    asked: Visitor = call.query
    with call.store.read() as connection:
        found = policies.draft(connection, call.site, call.path("id"))
        rules = events.current(connection, call.site)
    now = datetime.fromtimestamp(call.now, UTC)
    return resolve(found.document, rules, call.site, asked.region, asked.locale, Signals(asked.gpc, asked.age), now)


def submit(call: Call) -> Draft:
    with call.store.write() as connection:
        return policies.submit(connection, call.admin, call.site, call.path("id"))


def publish(call: Call) -> Version:
    with call.store.write() as connection:
        return policies.publish(connection, call.admin, call.site, call.path("id"))


def reject(call: Call) -> Draft:
    with call.store.write() as connection:
        return policies.reject(connection, call.admin, call.site, call.path("id"), call.body.comment)


def _line(found: Struct, kind: Any) -> Any:
    return kind(*(getattr(found, name) for name in kind.__struct_fields__))


def _draft_line(found: Draft) -> DraftLine:
    values = {name: getattr(found, name) for name in DraftLine.__struct_fields__ if name != "version"}
    return DraftLine(version=found.document.version, **values)


POLICY: Final = "/sites/{site}/policy"
DRAFT: Final = POLICY + "/drafts/{id}"
NUMBER: Final = POLICY + "/versions/{number}"
OPERATIONS: Final = (
    Operation("GET", POLICY, "policy.view", current, "The policy in force", Version),
    Operation("GET", POLICY + "/versions", "policy.view", history, "All versions, the newest first",
              list[VersionLine]),
    Operation("GET", NUMBER, "policy.view", version, "One version", Version),
    Operation("GET", NUMBER + "/diff", "policy.view", diff, "What a version changed", list[Change], query=Against),
    Operation("POST", NUMBER + "/rollback", "policy.edit", roll_back, "Propose an old version again, for approval",
              Draft, Said, status=201),
    Operation("GET", POLICY + "/preset", "policy.view", shipped, "The shipped document", PolicyDocument),
    Operation("GET", POLICY + "/notices", "policy.view", notices, "Every notice that was ever published",
              list[PublishedNotice]),
    Operation("GET", POLICY + "/drafts", "policy.view", drafts, "Drafts, those changed last first", list[DraftLine],
              query=InState),
    Operation("POST", POLICY + "/drafts", "policy.edit", add_draft, "A new draft", Draft, NewDraft, status=201),
    Operation("GET", DRAFT, "policy.view", draft, "One draft", Draft),
    Operation("PUT", DRAFT, "policy.edit", change_draft, "Change a draft", Draft, ChangedDraft),
    Operation("GET", DRAFT + "/diff", "policy.view", draft_diff, "What publishing would change", list[Change]),
    Operation("GET", DRAFT + "/preview", "policy.view", preview, "A draft as a visitor would be served it", Snapshot,
              query=Visitor),
    Operation("POST", DRAFT + "/submit", "policy.edit", submit, "Ask for approval", Draft),
    Operation("POST", DRAFT + "/publish", "policy.publish", publish, "Put it into force; not by who wrote it", Version),
    Operation("POST", DRAFT + "/reject", "policy.publish", reject, "Send it back to its author", Draft, Said),
)  # fmt: skip
