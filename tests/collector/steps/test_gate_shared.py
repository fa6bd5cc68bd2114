"""Two people on one device, one of whom was erased: the other one comes in, and nothing that may be either's."""

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from consent.admin import people
from tests.collector.consented import office
from tests.collector.steps.test_gate_policy import outcome
from tests.consent.officer import admin


def test_on_a_device_that_an_erased_person_shared_the_other_one_comes_in_by_a_choice_of_their_own(
    tmp_path: Path,
) -> None:
    who = secrets.token_hex(6)
    with office(tmp_path) as house:
        house.desk.now = datetime.now(UTC).replace(microsecond=0)  # tokens are of today
        ada, bob = f"ada-{who}", f"bob-{who}"
        before = house.choose(who)["token"]
        house.login(who, ada)
        house.login(who, bob)
        elsewhere = house.choose(f"{who}-bob")["token"]
        house.login(f"{who}-bob", bob)
        with house.store.write() as connection:
            erased = people.subjects(connection, house.desk.state.consent.ring, "default", [ada, who], [])
            people.suppress(connection, admin(), "default", erased)
        house.poll()
        assert outcome(house.send(f"{who}-bob", elsewhere, userId=bob)) == "accepted", "Bob is nobody's alias"
        assert outcome(house.send(who, before, userId=bob)) == "suppressed", "that choice may have been Ada's"
        now = house.choose(who)["token"]
        reply = house.send(who, now, userId=bob)
        assert [(row["user_id"], row.get("anonymous_id"), row.get("consent_subject")) for row in reply.rows] == [
            (bob, None, None)
        ]
        assert who not in json.dumps(reply.rows).replace(bob, "")
        assert outcome(house.send(who, now, userId=ada)) == "suppressed"
        assert outcome(house.send(who, now)) == "suppressed", "may be either's"
        assert outcome(house.send(who, before, userId=bob)) == "suppressed"
