"""What people asked for: taken in, verified, extended, denied. Mail addresses and numbers are hashed at once.

Exporting and erasing read and rewrite the tables, which a collector does not: `firsthand dsr` does that.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.rights import intake, requests
from consent.rights.requests import RequestError
from consent.routes.door import Refused

Named = Annotated[str, Meta(min_length=1, max_length=256)]
Words = Annotated[str, Meta(min_length=1, max_length=2_000)]


class NewRequest(Ask, frozen=True):
    """Whom it is about: at least one identifier. `law`: whose clock runs."""

    kind: Literal["access", "export", "restrict", "erase"]
    law: Literal["gdpr", "ccpa", "pipl"] = "gdpr"
    user_id: Named | None = None
    anonymous_id: Named | None = None
    email: Named | None = None
    phone: Named | None = None


class How(Ask, frozen=True):
    """How the person proved who they are."""

    how: Words


class Why(Ask, frozen=True):
    """What the person is told."""

    reason: Words


class Which(Ask, frozen=True):
    all: bool = False


class RequestLine(Give, frozen=True):
    """A request without whom it is about; `identifiers` is how many forms are known. Times in milliseconds."""

    id: str
    site: str
    kind: str
    law: str
    state: str
    channel: str
    verified_by: str | None
    reason: str
    received_at: int
    due_at: int
    extended_at: int | None
    closed_at: int | None
    days_left: int | None
    identifiers: int
    tasks: dict[str, int]
    certificate: str | None


def listed(call: Call) -> list[RequestLine]:
    with call.store.read() as connection:
        return [_line(call, r) for r in requests.listed(connection, call.site, only_open=not call.query.all)]


def add(call: Call) -> RequestLine:
    asked: NewRequest = call.body
    named = [(n, v) for n in intake.NAMED if (v := getattr(asked, n))]
    forms = intake.forms_for(named, call.house.config.data_dir, call.ring(), call.site)
    with call.store.write() as connection:
        made = requests.open_request(connection, call.admin, call.site, asked.kind, asked.law, forms, "api")
    return _line(call, made)


def one(call: Call) -> RequestLine:
    with call.store.read() as connection:
        return _line(call, _mine(call, connection))


def verify(call: Call) -> RequestLine:
    with call.store.write() as connection:
        return _line(call, requests.verify(connection, call.admin, _mine(call, connection).id, call.body.how))


def extend(call: Call) -> RequestLine:
    with call.store.write() as connection:
        return _line(call, requests.extend(connection, call.admin, _mine(call, connection).id, call.body.reason))


def deny(call: Call) -> RequestLine:
    with call.store.write() as connection:
        return _line(call, requests.deny(connection, call.admin, _mine(call, connection).id, call.body.reason))


def _mine(call: Call, connection: Any) -> requests.Request:
    """The request, if it is this site's. Raises Refused (404)."""
    try:
        found = requests.get(connection, call.path("id"))
    except RequestError:
        found = None
    if found is None or found.site != call.site:
        raise Refused(404, "request.unknown", "there is no such request")
    return found


def _line(call: Call, found: requests.Request) -> RequestLine:
    shown = found.shown(call.ms)
    return RequestLine(**{name: shown[name] for name in RequestLine.__struct_fields__})


REQUESTS: Final = "/sites/{site}/requests"
ONE: Final = REQUESTS + "/{id}"
OPERATIONS: Final = (
    Operation("GET", REQUESTS, "requests.view", listed, "Requests of people, the most urgent first", list[RequestLine],
              query=Which),
    Operation("POST", REQUESTS, "requests.edit", add, "Take in a request", RequestLine, NewRequest, status=201),
    Operation("GET", ONE, "requests.view", one, "One request", RequestLine),
    Operation("POST", ONE + "/verify", "requests.edit", verify, "The person proved who they are", RequestLine, How),
    Operation("POST", ONE + "/extend", "requests.edit", extend, "More time, once, where the law knows it", RequestLine,
              Why),
    Operation("POST", ONE + "/deny", "requests.edit", deny, "Close it without doing it", RequestLine, Why),
)  # fmt: skip
