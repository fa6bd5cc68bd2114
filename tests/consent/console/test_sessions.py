"""Who is in, for how long, and what the cookie looks like."""

from pathlib import Path

import sqlalchemy as sa

from consent.console import sessions
from consent.console.tables import sessions as table
from tests.consent.console.visitors import NOW, Place, place


def test_idle_and_absolute_end(here: Place) -> None:
    user = here.user("sleeper", "viewer")
    config = here.config
    with here.house.store.write() as connection:
        token = sessions.begin(connection, user, NOW, "a browser")
        assert sessions.find(connection, token, config, NOW + config.idle_seconds - 1) is not None
        assert sessions.find(connection, token, config, NOW + 2 * config.idle_seconds + 1) is None
        token = sessions.begin(connection, user, NOW, "")
        now = NOW
        while now < NOW + config.session_seconds - 600:
            now += 600
            assert sessions.find(connection, token, config, now) is not None
        assert sessions.find(connection, token, config, NOW + config.session_seconds + 1) is None
        assert sessions.find(connection, token, config, NOW) is None, "it is gone, not asleep"


def test_the_store_holds_nothing_that_opens_a_session(here: Place) -> None:
    user = here.user("hashed", "viewer")
    with here.house.store.write() as connection:
        token = sessions.begin(connection, user, NOW, "")
        rows = connection.execute(sa.select(table).where(table.c.user == user.id)).all()
        assert len(rows) == 1
        assert token not in repr(rows)
        assert sessions.find(connection, rows[0].token, here.config, NOW) is None


def test_peeking_does_not_keep_a_session_awake(here: Place) -> None:
    user = here.user("peeked", "viewer")
    with here.house.store.write() as connection:
        token = sessions.begin(connection, user, NOW, "")
        for minutes in (10, 20, 29):
            assert sessions.peek(connection, token, here.config, NOW + 60 * minutes) == sessions.users.by_id(
                connection, user.id
            )
        assert sessions.peek(connection, token, here.config, NOW + 31 * 60) is None


def test_the_cookie_is_for_this_host_and_no_script(here: Place) -> None:
    here.user("cookie", "viewer")
    answer = here.visitor().log_in("cookie")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("firsthand_console="))
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "secure" not in cookie.lower()


def test_over_tls_the_name_binds_it_and_the_plain_one_counts_for_nothing(tmp_path: Path) -> None:
    with place(tmp_path, "https://console.test", public_url="https://console.test") as there:
        there.user("tls", "viewer")
        visitor = there.visitor()
        answer = visitor.log_in("tls")
        cookie = next(c for c in answer.headers.get_list("set-cookie") if "firsthand_console" in c)
        assert cookie.startswith("__Host-firsthand_console=") and "Secure" in cookie and "Domain" not in cookie
        assert visitor.get("/console/account").status_code == 200
        token = visitor.http.cookies["__Host-firsthand_console"]
        other = there.visitor(cookie=f"firsthand_console={token}")
        assert other.get("/console/account").status_code == 303
