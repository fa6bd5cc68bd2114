"""Requests: what people asked for, how many days are left, and the steps that need no access to the tables.

Exporting and erasing read and rewrite tables, which this floor of the house does not know: the page shows the command.
A mail address or number that is typed here is hashed at once; only what the tables hold of it is kept.
"""

from typing import Final

from starlette.responses import Response

from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.pii.keys import KeyFileError, open_keys
from consent.rights import requests
from consent.rights.deadlines import LAWS
from consent.rights.forms import Forms, Identifier, forms_of
from consent.rights.requests import KINDS, RequestError
from consent.subjects import subjects_of

STEPS: Final = {"verify": requests.verify, "extend": requests.extend, "deny": requests.deny}
NAMED: Final = ("user_id", "anonymous_id", "email", "phone")


def show(visit: Visit, said: str = "", problem: str = "") -> Response:
    everything = visit.query("all") == "1"
    now = int(visit.now * 1000)
    with visit.house.store.read() as connection:
        found = [r.shown(now) for r in requests.listed(connection, visit.site, only_open=not everything)]
    return visit.render("requests.html", requests=found, everything=everything, kinds=KINDS, laws=tuple(LAWS),
                        named=NAMED, message=said, problem=problem)  # fmt: skip


def open_(visit: Visit) -> Response:
    """Take in a request."""
    try:
        forms = _forms(visit)
        with visit.house.store.write() as connection:
            requests.open_request(
                connection, visit.admin, visit.site, visit.form.get("kind"), visit.form.get("law"), forms, "form"
            )
    except RequestError as error:
        return show(visit, problem=str(error))
    except KeyFileError:
        return show(visit, problem="the keys of the pseudonyms cannot be read here; use `firsthand dsr open`")
    return show(visit, "requests.opened")


def step(visit: Visit) -> Response:
    """Verify, extend or deny."""
    change = STEPS.get(visit.form.get("step"))
    if change is None:
        raise Refused(404, "error.404")
    try:
        with visit.house.store.write() as connection:
            if requests.get(connection, visit.form.get("id")).site != visit.site:
                raise Refused(404, "error.404")
            change(connection, visit.admin, visit.form.get("id"), visit.form.get("why"))
    except RequestError as error:
        return show(visit, problem=str(error))
    return show(visit, "requests.changed")


def _forms(visit: Visit) -> Forms:
    typed = [(name, visit.form.get(name).strip()) for name in NAMED if visit.form.get(name).strip()]
    path = visit.house.config.data_dir / "keys" / "pii.json"
    forms = forms_of([Identifier(name, value) for name, value in typed], open_keys(path).all)  # type: ignore[arg-type]
    for name, value in typed:
        device, person = (value, None) if name == "anonymous_id" else (None, value)
        forms.subjects += subjects_of(visit.house.ring(), visit.site, device, person)
    return forms


REQUESTS: Final = Page(
    "requests",
    "privacy",
    "requests.view",
    (
        Endpoint(show),
        Endpoint(open_, "POST", "/open", "requests.edit"),
        Endpoint(step, "POST", "/step", "requests.edit"),
    ),
)
