"""Guessing passwords is slow, for every worker together, and locks nobody out for good."""

from consent.console import throttle
from tests.consent.console.visitors import NOW, PASSWORD, Place


def test_waits_double_and_end(here: Place) -> None:
    keys = throttle.keys_of("guessed", "203.0.113.1")
    with here.house.store.write() as connection:
        waits = []
        for _ in range(20):
            throttle.failed(connection, keys, NOW)
            waits.append(throttle.wait_of(connection, keys, NOW))
        assert waits[:4] == [0.0] * 4
        assert waits[4:8] == [2.0, 4.0, 8.0, 16.0]
        assert waits[-1] == throttle.LONGEST_WAIT
        assert throttle.wait_of(connection, keys, NOW + throttle.LONGEST_WAIT + 1) <= 0
        throttle.succeeded(connection, keys)
        assert throttle.wait_of(connection, (keys[0], "from nobody"), NOW) == 0


def test_an_address_is_slowed_over_many_logins(here: Place) -> None:
    with here.house.store.write() as connection:
        for number in range(throttle.FREE["from"] + 1):
            throttle.failed(connection, throttle.keys_of(f"name{number}", "203.0.113.2"), NOW)
        assert throttle.wait_of(connection, throttle.keys_of("fresh", "203.0.113.2"), NOW) > 0
        assert throttle.wait_of(connection, throttle.keys_of("fresh", "203.0.113.3"), NOW) == 0


def test_an_office_may_log_in_as_often_as_it_likes_and_ones_own_account_buys_no_tries(here: Place) -> None:
    keys = throttle.keys_of("own", "203.0.113.4")
    with here.house.store.write() as connection:
        for _ in range(3 * throttle.FREE["from"]):
            throttle.failed(connection, keys, NOW)
            throttle.succeeded(connection, keys)
        assert throttle.wait_of(connection, keys, NOW) == 0
        for number in range(throttle.FREE["from"]):
            throttle.failed(connection, throttle.keys_of(f"victim{number}", "203.0.113.4"), NOW)
            throttle.failed(connection, keys, NOW)
            throttle.succeeded(connection, keys)
        assert throttle.wait_of(connection, throttle.keys_of("next", "203.0.113.4"), NOW) > 0


def test_brute_force_is_refused_right_or_wrong_and_says_how_long(here: Place) -> None:
    here.user("victim", "viewer")
    attacker = here.visitor("203.0.113.66")
    statuses = [attacker.log_in("victim", f"wrong guess {n}").status_code for n in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    right = here.visitor("203.0.113.67").log_in("victim")
    assert right.status_code == 429, "the right password is not looked at either"
    assert 0 < int(right.headers["retry-after"]) <= 2
    here.now += 3
    assert here.visitor("203.0.113.67").log_in("victim", PASSWORD).status_code == 303


def test_unknown_and_wrong_are_answered_alike(here: Place) -> None:
    here.user("known", "viewer")
    answers = [here.visitor("203.0.113.70").log_in(login, "wrong wrong wrong") for login in ("known", "unknown")]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].text.count("not right") == answers[1].text.count("not right") == 1
