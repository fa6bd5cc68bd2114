"""A draft: its parts, each edited by itself; what it changes; how a visitor sees it; and its way to publication.

Whoever edits says what they looked at (`seen`, the draft's time of change), so that two officers cannot overwrite each
other unseen. The preview is the real banner in a frame, with the draft as a visitor of that place would be served it.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from consent.admin import events, policies
from consent.admin.policies import DRAFT, REJECTED, Draft
from consent.console import headers, policy_forms
from consent.console.visit import Refused, Visit
from consent.jurisdictions import rule_for
from consent.model import PolicyDocument
from consent.policy import PolicyError, Signals, resolve

PLACES: Final = ("DE", "FR", "GB", "CN", "US-CA", "US-TX", "BR", "JP")
REGION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def show(visit: Visit) -> Response:
    with visit.house.store.read() as connection:
        draft = _draft(visit, connection)
        current = policies.current(connection, visit.site)
    changes = policies.diff(current.document, draft.document) if current else []
    return visit.render("policy_draft.html", draft=draft, current=current, changes=changes, document=draft.document,
                        editable=_editable(visit, draft))  # fmt: skip


def part(visit: Visit, problem: str = "", status: int = 200) -> Response:
    """The form of one part. With a problem it shows what was typed."""
    with visit.house.store.read() as connection:
        draft = _draft(visit, connection)
    name, key = _part(visit), visit.form.get("key") or visit.query("key")
    value: dict[str, Any] = policy_forms.part_of(draft.document, name, key)
    return visit.render(f"policy_{name}.html", status, draft=draft, document=draft.document, key=key, value=value,
                        problem=problem, editable=_editable(visit, draft), labels=policy_forms.LABELS)  # fmt: skip


def save(visit: Visit) -> Response:
    name, key = _part(visit), visit.form.get("key")
    try:
        with visit.house.store.write() as connection:
            draft = _draft(visit, connection)
            if visit.form.get("seen") != str(draft.changed_at):
                raise Refused(409, "error.409")
            if visit.form.get("remove"):
                document = policy_forms.without(draft.document, name, key)
            else:
                document = policy_forms.with_part(draft.document, name, key, visit.form)
            policies.save_draft(connection, visit.admin, visit.site, document, draft.comment, draft.id)
    except PolicyError as error:
        return part(visit, visit.words.of(error), 422)
    return visit.go(visit.at("policy", f"/draft/{draft.id}"), "saved")


def submit(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        draft = _draft(visit, connection)
        comment = visit.form.get("comment")
        if comment != draft.comment:
            policies.save_draft(connection, visit.admin, visit.site, draft.document, comment, draft.id)
        policies.submit(connection, visit.admin, visit.site, draft.id)
    return visit.go(visit.at("policy", f"/draft/{draft.id}"), "submitted")


def publish(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        made = policies.publish(connection, visit.admin, visit.site, _draft(visit, connection).id)
    return visit.go(visit.at("policy", f"/version/{made.number}"), "published")


def reject(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        draft = _draft(visit, connection)
        policies.reject(connection, visit.admin, visit.site, draft.id, visit.form.get("comment"))
    return visit.go(visit.at("policy", f"/draft/{draft.id}"), "sentBack")


def preview(visit: Visit) -> Response:
    """Where from, in which language, with which signals; and the banner in its frame."""
    with visit.house.store.read() as connection:
        draft = _draft(visit, connection)
    region = visit.query("region", "DE")
    locales = sorted({n.locale for n in draft.document.notices})
    snapshot = _snapshot(visit, draft.document, ())
    rule = rule_for(draft.document, region if REGION.fullmatch(region) else None)
    return visit.render("policy_preview.html", draft=draft, places=PLACES, locales=locales, snapshot=snapshot,
                        rule=rule, region=region, locale=visit.query("locale"), gpc=visit.query("gpc") == "1",
                        child=visit.query("child") == "1")  # fmt: skip


def frame(visit: Visit) -> Response:
    """The page in the frame: a stand-in for the SDK that keeps nothing, and the banner's own script."""
    with visit.house.store.read() as connection:
        draft = _draft(visit, connection)
        rules = events.current(connection, visit.site)
    snapshot = _snapshot(visit, draft.document, rules)
    response = visit.render("policy_frame.html", snapshot=msgspec.json.encode(snapshot).decode(), served=snapshot)
    response.headers["Content-Security-Policy"] = headers.FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _snapshot(visit: Visit, document: PolicyDocument, rules: Any) -> Any:
    region = visit.query("region", "DE")
    signals = Signals(visit.query("gpc") == "1", "child" if visit.query("child") == "1" else "unknown")
    now = datetime.fromtimestamp(visit.now, UTC)
    known = region if REGION.fullmatch(region) else None
    return resolve(document, rules, visit.site, known, visit.query("locale") or None, signals, now)


def _draft(visit: Visit, connection: Connection) -> Draft:
    return policies.draft(connection, visit.site, visit.path("id"))


def _part(visit: Visit) -> str:
    name = visit.path("part")
    if name not in policy_forms.PARTS:
        raise Refused(404, "error.404")
    return name


def _editable(visit: Visit, draft: Draft) -> bool:
    return visit.may("policy.edit") and draft.state in (DRAFT, REJECTED)
