"""The first user: one link, for one person, once."""

import stat
from pathlib import Path

from consent.console import first_run, users
from tests.consent.console.visitors import NOW, place


def test_the_file_is_its_owners_and_the_token_the_same_when_asked_again(tmp_path: Path) -> None:
    token = first_run.offer(tmp_path)
    assert first_run.offer(tmp_path) == token
    assert stat.S_IMODE(first_run.token_path(tmp_path).stat().st_mode) == 0o600
    assert first_run.address(tmp_path, "http://h") == f"http://h/console/setup?token={token}"
    assert not first_run.is_right(tmp_path, token[:-1])
    assert first_run.use(tmp_path, token) and not first_run.use(tmp_path, token)
    assert first_run.address(tmp_path, "http://h") == "http://h/console"


def test_a_damaged_token_is_replaced(tmp_path: Path) -> None:
    first_run.token_path(tmp_path).parent.mkdir()
    first_run.token_path(tmp_path).write_text("short")
    assert first_run.read(tmp_path) is None
    assert len(first_run.offer(tmp_path)) > 20


def test_the_first_user_is_made_once_and_is_in(tmp_path: Path) -> None:
    with place(tmp_path) as fresh:
        first_run.prepare(tmp_path, fresh.house.store)
        token = first_run.read(tmp_path)
        assert token
        visitor = fresh.visitor()
        assert "console-setup-token" in visitor.get("/console/login").text
        assert visitor.get("/console/setup?token=guessed").status_code == 403
        page = f"/console/setup?token={token}"
        form = {"token": token, "login": "officer", "password": "a long sentence", "again": "a long sentence"}
        assert visitor.post("/console/setup", page, **form | {"again": "another sentence"}).status_code == 422
        assert visitor.post("/console/setup", page, **form | {"login": "x"}).status_code == 422
        assert visitor.post("/console/setup", page, **form | {"token": "x"}).status_code == 403
        second = fresh.visitor()
        second.get(page)
        made = visitor.post("/console/setup", page, **form)
        assert (made.status_code, made.headers["location"]) == (303, "/console")
        assert visitor.get("/console/users").status_code == 200
        late = second.send("/console/setup", form | {"csrf": second.http.cookies["firsthand_before"], "login": "late"})
        assert late.status_code == 403
        with fresh.house.store.read() as connection:
            assert [u.login for u in users.everybody(connection)] == ["officer"]
            assert set(users.everybody(connection)[0].roles) == {"privacy_officer", "admin"}
        first_run.offer(tmp_path)
        first_run.prepare(tmp_path, fresh.house.store)
        assert first_run.read(tmp_path) is None, "nobody is offered to be the first any more"
        assert fresh.now == NOW
