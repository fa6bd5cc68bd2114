"""Policies of a site: draft → review → published by somebody else. Every version is kept, and any can be put back.

Publishing takes effect in every gate within seconds: it raises the site's `revision`, which gates look at. Notices of
a published version are kept by hash for ever, because receipts name them.
"""

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection, Row

from consent.admin import Admin, AdminError, audit
from consent.canonical import canonical
from consent.model import Notice, PolicyDocument
from consent.policy import checked
from consent.record import Published
from consent.store.tables import notice, policy_draft, policy_version, site
from consent.store.upsert import upsert

DRAFT, REVIEW, PUBLISHED, REJECTED = "draft", "review", "published", "rejected"


class Draft(Struct, frozen=True, rename="camel"):
    """A document on its way. `state`: draft, review, published or rejected; times in milliseconds."""

    id: str
    site: str
    state: str
    document: PolicyDocument
    based_on: int | None
    comment: str
    author: str
    authors: tuple[str, ...]
    reviewer: str | None
    created_at: int
    changed_at: int


class Version(Struct, frozen=True, rename="camel"):
    """A published version; `replaced_at` is None for the one in force."""

    site: str
    number: int
    version: str
    document: PolicyDocument
    comment: str
    author: str
    approver: str
    published_at: int
    replaced_at: int | None


def sites(connection: Connection) -> list[str]:
    """All sites that ever published something."""
    return list(connection.execute(sa.select(site.c.id).order_by(site.c.id)).scalars())


def current(connection: Connection, site_id: str) -> Version | None:
    """The version in force; None if the site has not published."""
    query = sa.select(policy_version).where(policy_version.c.site == site_id, policy_version.c.replaced_at.is_(None))
    row = connection.execute(query).one_or_none()
    return _version(row) if row else None


def history(connection: Connection, site_id: str) -> list[Version]:
    """All versions, the newest first."""
    query = sa.select(policy_version).where(policy_version.c.site == site_id)
    return [_version(row) for row in connection.execute(query.order_by(policy_version.c.number.desc()))]


def version(connection: Connection, site_id: str, number: int) -> Version:
    """One version. Raises AdminError if there is none of that number."""
    query = sa.select(policy_version).where(policy_version.c.site == site_id, policy_version.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise AdminError("version.unknown", site=site_id, number=number)
    return _version(row)


def book(connection: Connection, site_id: str) -> dict[str, Published]:
    """All versions by content hash, as record.py and the gates want them. Of equal ones the last counts."""
    return {
        v.version: Published(v.document, v.version, v.number, v.replaced_at)
        for v in reversed(history(connection, site_id))
    }


class PublishedNotice(Struct, frozen=True, rename="camel"):
    """A notice as it was published, for ever: receipts name it by its hash."""

    hash: str
    notice: Notice
    published_at: int


def notices(connection: Connection, site_id: str) -> list[PublishedNotice]:
    """Every notice that the site ever published, the newest first."""
    query = sa.select(notice).where(notice.c.site == site_id)
    return [
        PublishedNotice(row.hash, msgspec.json.decode(row.body, type=Notice), row.published_at)
        for row in connection.execute(query.order_by(notice.c.published_at.desc(), notice.c.hash))
    ]


def drafts(connection: Connection, site_id: str, state: str | None = None) -> list[Draft]:
    """Drafts, those changed last first; of one state if it is named."""
    query = sa.select(policy_draft).where(policy_draft.c.site == site_id)
    if state is not None:
        query = query.where(policy_draft.c.state == state)
    return [_draft(row) for row in connection.execute(query.order_by(policy_draft.c.changed_at.desc()))]


def draft(connection: Connection, site_id: str, id: str) -> Draft:
    """One draft of that site. Raises AdminError if there is none."""
    query = sa.select(policy_draft).where(policy_draft.c.id == id, policy_draft.c.site == site_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise AdminError("draft.unknown")
    return _draft(row)


def save_draft(
    connection: Connection, admin: Admin, site_id: str, document: PolicyDocument, comment: str = "",
    draft_id: str | None = None, seen: int | None = None,
) -> Draft:  # fmt: skip
    """Make a draft, or change one that is not under review. It need not be publishable yet. `seen`: the time of change
    of the draft that was edited, so that two officers cannot overwrite each other unseen. Raises AdminError."""
    if draft_id is None:
        basis = current(connection, site_id)
        id = admin.new_id()
        connection.execute(policy_draft.insert().values(
            id=id, site=site_id, state=DRAFT, document=_text(document), based_on=basis.number if basis else None,
            comment=comment, author=admin.name, authors=_names([*admin.who]), reviewer=None, created_at=admin.now,
            changed_at=admin.now,
        ))  # fmt: skip
    else:
        id = draft_id
        found = draft(connection, site_id, id)
        if found.state not in (DRAFT, REJECTED):
            raise AdminError("draft.closed")
        if seen is not None and seen != found.changed_at:
            raise AdminError("draft.changed")
        authors = _names([*found.authors, *admin.who])
        _change(connection, admin, id, state=DRAFT, document=_text(document), comment=comment, author=admin.name,
                authors=authors)  # fmt: skip
    audit.record(connection, admin, site_id, "policy.draft", id, {"version": document.version, "comment": comment})
    return draft(connection, site_id, id)


def submit(connection: Connection, admin: Admin, site_id: str, id: str) -> Draft:
    """Ask for review. Raises PolicyError if the document could not be published, AdminError if it is no draft."""
    found = draft(connection, site_id, id)
    if found.state != DRAFT:
        raise AdminError("draft.notADraft", state=found.state)
    checked(found.document)
    _change(connection, admin, id, state=REVIEW)
    audit.record(connection, admin, site_id, "policy.submit", id, {"version": found.document.version})
    return draft(connection, site_id, id)


def reject(connection: Connection, admin: Admin, site_id: str, id: str, comment: str) -> Draft:
    """Send a draft back to its author. Raises AdminError if it is not under review."""
    if draft(connection, site_id, id).state != REVIEW:
        raise AdminError("draft.notInReview")
    _change(connection, admin, id, state=REJECTED, reviewer=admin.name)
    audit.record(connection, admin, site_id, "policy.reject", id, {"comment": comment})
    return draft(connection, site_id, id)


def publish(connection: Connection, admin: Admin, site_id: str, id: str) -> Version:
    """Put a reviewed draft into force. Raises AdminError if it is not under review or by the author themselves."""
    found = draft(connection, site_id, id)
    if found.state != REVIEW:
        raise AdminError("draft.notSubmitted", state=found.state)
    if not admin.owner and not set(found.authors).isdisjoint(admin.who):
        raise AdminError("fourEyes.publish")
    made = _publish(connection, admin, site_id, checked(found.document), found.comment, found.author)
    _change(connection, admin, id, state=PUBLISHED, reviewer=admin.name)
    audit.record(connection, admin, site_id, "policy.publish", str(made.number),
                 {"version": made.version, "author": found.author, "draft": id})  # fmt: skip
    return made


def propose_roll_back(connection: Connection, admin: Admin, site_id: str, number: int, comment: str) -> Draft:
    """A draft of version `number`, sent for review at once. Raises AdminError if it is the one in force."""
    old = version(connection, site_id, number)
    if old.replaced_at is None:
        raise AdminError("version.inForce", number=number)
    made = save_draft(connection, admin, site_id, old.document, comment)
    return submit(connection, admin, site_id, made.id)


def roll_back(connection: Connection, admin: Admin, site_id: str, number: int, author: str) -> Version:
    """Publish version `number` again, as a new number. `author` is who asked for it: another person than `admin`."""
    if author in admin.who and not admin.owner:
        raise AdminError("fourEyes.rollBack")
    old = version(connection, site_id, number)
    if old.replaced_at is None:
        raise AdminError("version.inForce", number=number)
    made = _publish(connection, admin, site_id, old.document, f"roll back to {number}", author)
    audit.record(connection, admin, site_id, "policy.roll_back", str(made.number),
                 {"version": made.version, "to": number, "author": author})  # fmt: skip
    return made


def touch(connection: Connection, site_id: str, now: int) -> None:
    """Make the gates look again."""
    upsert(connection, site, [{"id": site_id, "created_at": now, "revision": 1}], add=["revision"])


def diff(old: PolicyDocument, new: PolicyDocument) -> list[tuple[str, str, str]]:
    """What differs: (path, old, new) with values as canonical JSON, `-` for what is not there. Sorted by path."""
    before, after = _leaves("", msgspec.to_builtins(old)), _leaves("", msgspec.to_builtins(new))
    paths = sorted({*before, *after})
    return [(p, before.get(p, "-"), after.get(p, "-")) for p in paths if before.get(p) != after.get(p)]


def _leaves(path: str, value: object) -> dict[str, str]:
    """Flat paths. Members of lists go by their id, so that moving one is no difference of all behind it."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for name, inner in value.items():
            found |= _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, (list, tuple)) and all(isinstance(v, dict) and "id" in v for v in value):
        for inner in value:
            name = f"{inner['id']}/{inner['locale']}" if "locale" in inner else inner["id"]
            found |= _leaves(f"{path}[{name}]", inner)
    else:
        found[path] = canonical(value).decode()
    return found


def _publish(
    connection: Connection, admin: Admin, site_id: str, document: PolicyDocument, comment: str, author: str
) -> Version:  # fmt: skip
    """Under the lock of the site's row, so that two publishers cannot both replace the same version."""
    touch(connection, site_id, admin.now)
    last = connection.execute(
        sa.select(sa.func.max(policy_version.c.number)).where(policy_version.c.site == site_id)
    ).scalar()
    connection.execute(
        policy_version.update()
        .where(policy_version.c.site == site_id, policy_version.c.replaced_at.is_(None))
        .values(replaced_at=admin.now)
    )
    number = (last or 0) + 1
    connection.execute(policy_version.insert().values(
        site=site_id, number=number, version=document.version, document=_text(document), comment=comment,
        author=author, approver=admin.name, published_at=admin.now, replaced_at=None,
    ))  # fmt: skip
    known = set(connection.execute(sa.select(notice.c.hash).where(notice.c.site == site_id)).scalars())
    fresh = {n.hash: n for n in document.notices if n.hash not in known}
    if fresh:
        connection.execute(notice.insert(), [
            {"site": site_id, "hash": hashed, "body": canonical(n).decode(), "published_at": admin.now}
            for hashed, n in fresh.items()
        ])  # fmt: skip
    return version(connection, site_id, number)


def _change(connection: Connection, admin: Admin, id: str, **values: object) -> None:
    connection.execute(policy_draft.update().where(policy_draft.c.id == id).values(changed_at=admin.now, **values))


def _names(names: list[str]) -> str:
    return canonical(list(dict.fromkeys(names))).decode()


def _text(document: PolicyDocument) -> str:
    return canonical(document).decode()


def _draft(row: Row[*tuple[object, ...]]) -> Draft:
    found = row._mapping
    document = msgspec.json.decode(found["document"], type=PolicyDocument)
    return Draft(**{**found, "document": document, "authors": tuple(msgspec.json.decode(found["authors"]))})


def _version(row: Row[*tuple[object, ...]]) -> Version:
    found = row._mapping
    return Version(**{**found, "document": msgspec.json.decode(found["document"], type=PolicyDocument)})
