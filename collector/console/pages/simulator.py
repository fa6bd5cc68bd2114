"""Simulator: this event, from there, with that choice: what does each gate do, and what would be stored?"""

from typing import Final

import msgspec
from starlette.responses import Response

from collector.console.desk import Desk
from collector.console.simulation import Answer, NotAnEvent, Question, simulator_of
from collector.console.sourcebook import of_site
from consent.admin import events, policies
from consent.admin.policies import DRAFT, REVIEW
from consent.console.names import titles
from consent.console.page import Endpoint, Page
from consent.console.pages.policy_draft import PLACES, REGION
from consent.console.visit import Visit

EXAMPLE: Final = """{
  "type": "track",
  "event": "Order Completed",
  "properties": {"total": 42.5, "coupon": "SPRING", "email": "ada@lovelace.example"}
}"""
ANSWERS: Final = ("yes", "no")


def simulator(desk: Desk) -> Page:
    """The form and, when it was sent, the answer beside it."""

    simulated = simulator_of(desk)

    def show(visit: Visit, answer: Answer | None = None, problem: str = "", status: int = 200) -> Response:
        with visit.house.store.read() as connection:
            current = policies.current(connection, visit.site)
            drafts = [d for d in policies.drafts(connection, visit.site) if d.state in (DRAFT, REVIEW)]
        chosen = next((d for d in drafts if d.id == visit.form.get("policy")), None)
        document = chosen.document if chosen else current.document if current else None
        return visit.render(
            "simulator.html", status, document=document, titles=titles(document, visit.words.language),
            drafts=drafts, places=PLACES, answer=answer, problem=problem,
            sources=of_site(desk, visit.site), event=visit.form.get("event") or EXAMPLE, stored=_pretty(answer),
            answers=visit.form.under("choice"), sent=visit.request.method == "POST",
        )  # fmt: skip

    def run(visit: Visit) -> Response:
        form = visit.form
        with visit.house.store.read() as connection:
            current = policies.current(connection, visit.site)
            rules = events.current(connection, visit.site)
            draft = policies.draft(connection, visit.site, form.get("policy")) if form.get("policy") else None
        document = draft.document if draft else current.document if current else None
        if document is None:
            return show(visit)
        choices = {p: said == "yes" for p, said in form.under("choice").items() if said in ANSWERS}
        region = form.get("region") if REGION.fullmatch(form.get("region")) else None
        question = Question(form.get("event"), choices, region, form.get("gpc") == "1", form.get("token") == "1",
                            form.get("suppressed") == "1")  # fmt: skip
        try:
            answer = simulated(
                question, document, rules, visit.site, form.get("source"), visit.house.ring(), visit.now,
                visit.request.headers.get("user-agent"),
            )  # fmt: skip
        except NotAnEvent as error:
            return show(visit, problem=str(error), status=422)
        return show(visit, answer)

    return Page("simulator", "privacy", "simulate", (Endpoint(show), Endpoint(run, "POST")))


def _pretty(answer: Answer | None) -> str:
    """The row as people read it: JSON columns laid out like the rest."""
    if answer is None or answer.stored is None:
        return ""
    return msgspec.json.format(msgspec.json.encode(answer.stored), indent=2).decode()
