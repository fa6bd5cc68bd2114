"""What people asked for: taken in, verified, extended, denied. Mail addresses and numbers are hashed at once.

Exporting and erasing read and rewrite the tables, which a collector does not: word is left for the loader, and `work`
of a request says how far it is (consent/rights/work.py).
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from consent.api.call import Call
from consent.api.operation import Ask, File, Give, Operation
from consent.rights import intake, requests, work
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


class When(Ask, frozen=True):
    """`night`: at the loader's `erase_at`, together with all that wait. The gates refuse the person now in any case."""

    when: Literal["now", "night"] = "now"


class WorkLine(Give, frozen=True):
    """What was asked of the loader. `done` of `total` files of this `step`; `problem`: why it failed, what to do.
    `hasFile`: an export can be fetched, until `fileUntil`. Times in milliseconds."""

    kind: str
    state: Literal["waiting", "running", "failed", "done"]
    night: bool
    asked_by: str
    asked_at: int
    began_at: int | None
    ended_at: int | None
    step: str
    done: int
    total: int
    problem: str
    has_file: bool
    file_until: int | None


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
    work: WorkLine | None = None


def listed(call: Call) -> list[RequestLine]:
    with call.store.read() as connection:
        found = requests.listed(connection, call.site, only_open=not call.query.all)
        return [_line(call, connection, r) for r in found]


def add(call: Call) -> RequestLine:
    asked: NewRequest = call.body
    named = [(n, v) for n in intake.NAMED if (v := getattr(asked, n))]
    forms = intake.forms_for(named, call.house.config.pseudonym_keys(), call.ring(), call.site)
    with call.store.write() as connection:
        made = requests.open_request(connection, call.admin, call.site, asked.kind, asked.law, forms, "api")
        return _line(call, connection, made)


def one(call: Call) -> RequestLine:
    with call.store.read() as connection:
        return _line(call, connection, _mine(call, connection))


def verify(call: Call) -> RequestLine:
    with call.store.write() as connection:
        id = _mine(call, connection).id
        return _line(call, connection, requests.verify(connection, call.admin, id, call.body.how))


def extend(call: Call) -> RequestLine:
    with call.store.write() as connection:
        id = _mine(call, connection).id
        return _line(call, connection, requests.extend(connection, call.admin, id, call.body.reason))


def deny(call: Call) -> RequestLine:
    with call.store.write() as connection:
        id = _mine(call, connection).id
        return _line(call, connection, requests.deny(connection, call.admin, id, call.body.reason))


def export(call: Call) -> RequestLine:
    return _asked(call, "export")


def erase(call: Call) -> RequestLine:
    if call.body.when == "night" and not call.house.config.erase_at:
        raise RequestError("request.noNight")
    return _asked(call, "erase", call.body.when == "night")


def restrict(call: Call) -> RequestLine:
    return _asked(call, "restrict")


def lift(call: Call) -> RequestLine:
    return _asked(call, "lift")


def file(call: Call) -> File:
    with call.store.write() as connection:
        id = _mine(call, connection).id
        pieces = work.download(connection, call.admin, call.house.config.data_dir, id)
    return File(f"request-{id}.zip", "application/zip", pieces)


def _asked(call: Call, kind: work.Kind, night: bool = False) -> RequestLine:
    ring = call.ring()
    with call.store.write() as connection:
        id = _mine(call, connection).id
        work.ask(connection, call.admin, ring, id, kind, night)
        return _line(call, connection, requests.get(connection, id))


def _mine(call: Call, connection: Any) -> requests.Request:
    """The request, if it is this site's. Raises Refused (404)."""
    try:
        found = requests.get(connection, call.path("id"))
    except RequestError:
        found = None
    if found is None or found.site != call.site:
        raise Refused(404, "request.unknown", "there is no such request")
    return found


def _line(call: Call, connection: Any, found: requests.Request) -> RequestLine:
    shown, asked = found.shown(call.ms), work.of(connection, found.id)
    shown["work"] = None if asked is None else _work(asked, call.ms)
    return RequestLine(**{name: shown[name] for name in RequestLine.__struct_fields__})


def _work(asked: work.Work, now: int) -> WorkLine:
    has = asked.has_file(now)
    known: dict[str, Any] = {name: getattr(asked, name, None) for name in WorkLine.__struct_fields__}
    return WorkLine(**known | {"has_file": has, "file_until": asked.file_until if has else None})


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
    Operation("POST", ONE + "/export", "requests.edit", export, "Have the loader make the file of a person's rows",
              RequestLine, status=202),
    Operation("POST", ONE + "/file", "requests.edit", file, "The file, once it is made", kinds=("application/zip",)),
    Operation("POST", ONE + "/erase", "requests.erase", erase, "Have a person erased, by somebody else's eyes",
              RequestLine, When, status=202),
    Operation("POST", ONE + "/restrict", "requests.edit", restrict, "Keep new events of a person out", RequestLine,
              status=202),
    Operation("POST", ONE + "/lift", "requests.edit", lift, "End a restriction", RequestLine, status=202),
)  # fmt: skip
