"""The console over PostgreSQL as over SQLite: first user, login, roles, pages, and many guesses at once."""

import asyncio
from pathlib import Path

import pytest

from consent.console import first_run, throttle
from tests.consent.console.seeds import Said, choose, publish
from tests.consent.console.visitors import NOW, PASSWORD, Place, csrf_of, place


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.stores)])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        made = place(tmp_path)
    else:
        made = place(tmp_path, store=request.getfixturevalue("postgres_consent_url"))
    found = made.__enter__()
    request.addfinalizer(lambda: made.__exit__(None, None, None))
    return found


def test_the_door_the_pages_and_brute_force(there: Place, tmp_path: Path) -> None:
    first_run.prepare(tmp_path, there.house.store)
    token = first_run.read(tmp_path)
    visitor = there.visitor()
    form = {"token": token, "login": "first", "password": PASSWORD, "again": PASSWORD}
    assert visitor.post("/console/setup", f"/console/setup?token={token}", **form).status_code == 303
    there.user("second", "viewer", "auditor")
    second = there.visitor()
    assert second.log_in("second").status_code == 303
    publish(there.house, NOW)
    choose(there.house, NOW, Said("somebody"))
    for path in ("s/default/overview", "s/default/policy", "s/default/map", "s/default/ledger", "s/default/audit"):
        assert second.get(f"/console/{path}").status_code == 200, path
    many_at_once(there)


def many_at_once(there: Place) -> None:
    """Twenty guesses in the same moment are counted one after the other: no more are looked at than one by one."""
    attacker = there.visitor("203.0.113.99")
    fields = {"login": "second", "password": "a wrong guess", "csrf": csrf_of(attacker.get("/console/login"))}

    async def guesses() -> list[int]:
        tries = [attacker.http.post("/console/login", data=fields) for _ in range(20)]
        return [answer.status_code for answer in await asyncio.gather(*tries)]

    statuses = there.runner.run(guesses())
    assert set(statuses) == {401, 429}
    # Before there is a row to lock, as many as there are threads may pass at once
    assert statuses.count(401) <= throttle.FREE["login"] + 4
    with place(there.config.data_dir, store=there.config.store) as another_worker:
        assert another_worker.visitor("203.0.113.98").log_in("second").status_code == 429, "counted for all workers"
