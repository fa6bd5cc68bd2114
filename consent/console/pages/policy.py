"""Policy: the version in force, what is on its way, and all that was. Drafts are edited in policy_draft.py.

Rolling back is a draft like any other, made from the old version and sent for approval at once: four eyes see it too.
"""

from typing import Final

from starlette.responses import Response

from consent.admin import policies
from consent.admin.policies import DRAFT, REJECTED, REVIEW
from consent.console.page import Endpoint, Page
from consent.console.pages import policy_draft as edit
from consent.console.visit import Refused, Visit
from consent.presets import preset


def show(visit: Visit) -> Response:
    with visit.house.store.read() as connection:
        history = policies.history(connection, visit.site)
        drafts = [d for d in policies.drafts(connection, visit.site) if d.state in (DRAFT, REVIEW, REJECTED)]
    current = next((v for v in history if v.replaced_at is None), None)
    return visit.render("policy.html", current=current, history=history, drafts=drafts)


def version(visit: Visit) -> Response:
    """One version: what it says, and what it changed."""
    number = _number(visit)
    with visit.house.store.read() as connection:
        found = policies.version(connection, visit.site, number)
        before = policies.version(connection, visit.site, number - 1) if number > 1 else None
    changes = policies.diff(before.document, found.document) if before else []
    return visit.render("policy_version.html", version=found, before=before, changes=changes, document=found.document)


def new(visit: Visit) -> Response:
    """A draft of what is in force, or of what Firsthand ships if nothing is."""
    with visit.house.store.write() as connection:
        current = policies.current(connection, visit.site)
        document = current.document if current else preset()
        draft = policies.save_draft(connection, visit.admin, visit.site, document, visit.form.get("comment"))
    return visit.go(visit.at("policy", f"/draft/{draft.id}"))


def roll_back(visit: Visit) -> Response:
    number = _number(visit)
    with visit.house.store.write() as connection:
        comment = visit.words("policy.rollBackTo", n=number)
        draft = policies.propose_roll_back(connection, visit.admin, visit.site, number, comment)
    return visit.go(visit.at("policy", f"/draft/{draft.id}"), "submitted")


def _number(visit: Visit) -> int:
    text = visit.path("number")
    if not text.isdecimal() or len(text) > 9:
        raise Refused(404, "error.404")
    return int(text)


POLICY: Final = Page(
    "policy",
    "privacy",
    "policy.view",
    (
        Endpoint(show),
        Endpoint(new, "POST", "/new", "policy.edit"),
        Endpoint(version, path="/version/{number}"),
        Endpoint(roll_back, "POST", "/version/{number}/back", "policy.edit"),
        Endpoint(edit.show, path="/draft/{id}"),
        Endpoint(edit.part, path="/draft/{id}/part/{part}"),
        Endpoint(edit.save, "POST", "/draft/{id}/part/{part}", "policy.edit"),
        Endpoint(edit.submit, "POST", "/draft/{id}/submit", "policy.edit"),
        Endpoint(edit.publish, "POST", "/draft/{id}/publish", "policy.publish"),
        Endpoint(edit.reject, "POST", "/draft/{id}/reject", "policy.publish"),
        Endpoint(edit.preview, path="/draft/{id}/preview"),
        Endpoint(edit.frame, path="/draft/{id}/frame"),
    ),
)
