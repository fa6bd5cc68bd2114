"""Who may: every operation as every role, as nobody, and for another site. Driven by the list of operations."""

import re
from typing import Any

import pytest

from consent.api.limits import STRANGER, TOKEN, Buckets
from consent.api.operation import Operation
from consent.api.operations import OPERATIONS
from consent.console.roles import ROLES, may
from tests.consent.api.caller import Caller, caller, token
from tests.consent.console.visitors import Place

EACH = [pytest.param(o, id=f"{o.method} {o.path}") for o in OPERATIONS]


def path_of(operation: Operation, site: str = "default") -> str:
    """Its path about nothing that is there, so that asking changes nothing."""
    return re.sub(r"\{\w+\}", "0", operation.path.replace("{site}", site))


def body_of(operation: Operation) -> Any:
    return {"nothing": "of this kind"} if operation.body else None


@pytest.mark.parametrize("operation", EACH)
def test_a_role_may_what_the_table_says(operation: Operation, roles: dict[str, Caller]) -> None:
    for role in ROLES:
        answer = roles[role].ask(operation.method, path_of(operation), body_of(operation))
        if operation.permission and not may([role], operation.permission):
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role
        else:
            assert answer.status_code not in (401, 403, 405, 500), role


@pytest.mark.parametrize("operation", EACH)
def test_nobody_may_anything(operation: Operation, weeks: Place) -> None:
    weeks.api.pause(60)
    for secret in ("", "fha_" + "x" * 43):
        assert Caller(weeks, secret).refused(operation.method, path_of(operation)) == (401, "unauthorized")


@pytest.mark.parametrize("operation", EACH)
def test_a_token_of_one_site_sees_no_other(operation: Operation, weeks: Place, of_other: Caller) -> None:
    status, code = 200, ""
    answer = of_other.ask(operation.method, path_of(operation), body_of(operation))
    if answer.status_code >= 400:
        status, code = answer.status_code, answer.json()["code"]
    if operation.of_site:
        assert (status, code) == (404, "site.unknown")
    elif not operation.anybody:
        assert (status, code) == (403, "everywhere")


@pytest.fixture(scope="module")
def of_other(weeks: Place) -> Caller:
    return caller(weeks, "of-other", *ROLES, sites=("other",))


def test_what_is_of_one_site_is_not_found_under_another(weeks: Place, officer: Caller, of_other: Caller) -> None:
    """Ids of the one site, asked for under the other: drafts, versions, receipts, requests, people."""
    draft = officer.post("/sites/default/policy/drafts", {}, 201)["id"]
    receipt = next(
        line["payload"]["id"] for line in officer.post("/sites/default/ledger/search", {"kind": "receipt"})["lines"]
    )
    request = officer.post("/sites/default/requests", {"kind": "access", "userId": "u-1"}, 201)["id"]
    person = officer.post("/sites/default/people/find", {"anonymousId": "DE-1-0"})[0]
    assert person["choices"]
    for method, path in (
        ("GET", f"policy/drafts/{draft}"),
        ("POST", f"policy/drafts/{draft}/submit"),
        ("POST", f"policy/drafts/{draft}/publish"),
        ("GET", f"policy/drafts/{draft}/diff"),
        ("GET", "policy/versions/1"),
        ("GET", f"ledger/receipts/{receipt}"),
        ("GET", f"requests/{request}"),
    ):
        assert of_other.refused(method, f"/sites/other/{path}")[0] == 404, path
    why = {"reason": "x"}
    assert of_other.refused("POST", f"/sites/other/requests/{request}/deny", why) == (404, "request.unknown")
    assert of_other.post("/sites/other/people/find", {"anonymousId": "DE-1-0"})[0]["choices"] == {}
    foreign = {"anonymousId": "DE-1-0", "subject": person["subject"]}
    assert of_other.refused("POST", "/sites/other/people/withdraw", foreign) == (404, "person.unknown")
    assert of_other.post("/sites/other/ledger/search", {})["lines"] == []


def test_a_session_of_the_console_opens_nothing(weeks: Place) -> None:
    """No cookie is looked at, so nothing that a browser sends by itself can act here."""
    visitor = weeks.inside("with-a-cookie", *ROLES)
    weeks.api.pause(60)
    assert weeks.runner.run(visitor.http.get("/console/users")).status_code == 200
    assert weeks.runner.run(visitor.http.get("/v1/admin/users")).status_code == 401
    assert weeks.runner.run(visitor.http.post("/v1/admin/users", json={})).status_code == 401


def test_no_other_origin_may_read_it(weeks: Place, officer: Caller) -> None:
    headers = {"origin": "https://elsewhere.example"}
    for method in ("GET", "OPTIONS"):
        answer = officer.ask(method, "/me", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert officer.refused("OPTIONS", "/me") == (405, "method")


def test_a_token_ends(weeks: Place) -> None:
    here = caller(weeks, "short", "viewer", days=1)
    assert here.get("/me")["token"]["name"] == "short"
    weeks.now += 86_400
    try:
        assert here.refused("GET", "/me") == (401, "unauthorized")
    finally:
        weeks.now -= 86_400
    assert here.get("/me")["sites"] == ["default", "other"]


def test_a_revoked_token_opens_nothing(weeks: Place, roles: dict[str, Caller]) -> None:
    here = caller(weeks, "taken-back", "viewer")
    here.get("/me")
    assert roles["admin"].ask("DELETE", "/tokens/taken-back").json()["revokedAt"] == int(weeks.now * 1000)
    assert here.refused("GET", "/me") == (401, "unauthorized")
    assert roles["admin"].refused("DELETE", "/tokens/never-was") == (404, "token.unknown")


def test_guessing_is_slowed_down_by_address(weeks: Place) -> None:
    weeks.api.pause(3600)
    guesser = Caller(weeks, "fha_" + "y" * 43, "198.51.100.66")
    asked = [weeks.runner.run(guesser.http.get("/v1/admin/me")) for _ in range(int(STRANGER[1]) + 2)]
    assert [a.status_code for a in asked] == [401] * int(STRANGER[1]) + [429] * 2
    assert int(asked[-1].headers["retry-after"]) >= 1
    # a good token from there waits as well; from elsewhere it does not
    secret = token(weeks, "beside-a-guesser", "viewer")
    assert weeks.runner.run(Caller(weeks, secret, "198.51.100.66").http.get("/v1/admin/me")).status_code == 429
    assert weeks.runner.run(Caller(weeks, secret).http.get("/v1/admin/me")).status_code == 200
    weeks.api.pause(60)
    assert weeks.runner.run(Caller(weeks, secret, "198.51.100.66").http.get("/v1/admin/me")).status_code == 200


def test_a_token_that_asks_too_often_waits(weeks: Place) -> None:
    busy = caller(weeks, "busy", "viewer")
    weeks.api.pause(3600)
    asked = [weeks.runner.run(busy.http.get("/v1/admin/me")).status_code for _ in range(int(TOKEN[1]) + 1)]
    assert asked == [200] * int(TOKEN[1]) + [429]
    weeks.api.pause(1)
    assert busy.get("/me")
    share = Buckets(*TOKEN, lambda: 0.0, workers=4)
    assert [share.take("t") > 0 for _ in range(int(TOKEN[1]) // 4 + 1)] == [False] * (int(TOKEN[1]) // 4) + [True]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[" * 200_000, 400),
        (b'{"comment": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", 400),
        (b'{"comment": 7}', 400),
        (b'{"unknown": 1}', 400),
        (b'{"comment": "' + b"x" * 2_001 + b'"}', 400),
        (b'{"comment": "\xff"}', 400),
        (b" " * (1024 * 1024 + 1), 413),
    ],
    ids=["empty", "text", "deep list", "deep object", "kind", "unknown member", "long", "no utf-8", "large"],
)
def test_a_body_that_is_none_is_refused_and_not_quoted(officer: Caller, sent: bytes, status: int) -> None:
    officer.place.api.pause(1)
    url = "/v1/admin/sites/default/policy/drafts"
    answer = officer.place.runner.run(officer.http.post(url, content=sent))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.text) < 500


def test_a_query_that_is_none_is_refused(officer: Caller) -> None:
    for query in ("limit=x", "limit=0", "limit=501", "before=-1", "unknown=1", "before=99999999999999999999"):
        assert officer.refused("GET", f"/sites/default/audit?{query}") == (400, "query")


def test_what_is_not_there_is_a_problem_as_well(officer: Caller) -> None:
    assert officer.refused("GET", "/nothing") == (404, "not_found")
    assert officer.refused("GET", "") == (404, "not_found")
    assert officer.refused("PATCH", "/users") == (405, "method")
    assert officer.refused("GET", "/sites/%00/policy")[0] == 404
