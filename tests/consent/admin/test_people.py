"""One person: found by the ids that clients send, withdrawn, kept out, let in, erased."""

import pytest
import sqlalchemy as sa

from consent.admin import AdminError, audit, people
from consent.store import Store
from consent.store.tables import change, subject_link
from consent.subjects import subjects_of
from tests.consent.officer import NOW, RING, admin, body, choose, publish


def test_found_with_what_they_chose_and_who_they_are_linked_with(registry: Store, site: str) -> None:
    publish(registry, site)
    done = choose(registry, site, "a")
    with registry.write() as connection:
        connection.execute(subject_link.insert().values(
            site=site, device=done.payload["subject"], person="s1.s1.person", trusted=True, at=NOW
        ))  # fmt: skip
        device, person = people.find(connection, RING, site, "a", None)
        assert (device.subject, device.linked) == (done.payload["subject"], (person.subject,))
        assert device.held["analytics"].choice.granted
        assert person.linked == (device.subject,)
        (nobody,) = people.find(connection, RING, site, "nobody", "")
        assert (nobody.held, nobody.suppressed) == ({}, False)
        assert [p.held for p in people.find(connection, RING, f"{site}-other", "a", None)] == [{}], "another site"


def test_withdrawn_on_request_is_a_receipt_like_any_other(registry: Store, site: str) -> None:
    with registry.write() as connection, pytest.raises(AdminError, match="not published"):
        people.withdraw(connection, admin(), RING, site, "s")
    publish(registry, site)
    subject = choose(registry, site, "a").payload["subject"]
    with registry.write() as connection:
        done = people.withdraw(connection, admin(), RING, site, subject)
        assert {h.choice.granted for h in done.held.values()} == {False}
        assert done.payload["noticeHash"] is None, "the person was shown nothing"
        line = audit.search(connection, site, action="person.")[0]
    assert (line.target, line.actor) == (done.payload["id"], "ada")
    assert subject not in str(line), "the audit log names nobody"


def test_kept_out_and_let_in(registry: Store, site: str) -> None:
    publish(registry, site)
    subject = choose(registry, site, "a", body("reject_all")).payload["subject"]

    def denied() -> list[str]:
        with registry.read() as connection:
            return list(connection.execute(sa.select(change.c.denied).where(change.c.site == site)).scalars())

    with registry.write() as connection:
        people.suppress(connection, admin(), site, [subject])
    assert denied() == [",*,"]
    with registry.write() as connection:
        people.erase(connection, admin(), site, [subject])
        assert people.find(connection, RING, site, "a", None)[0].suppressed
    assert denied() == [",*,"], "erasing a person does not let them in again"
    with registry.write() as connection:
        people.lift(connection, admin(), site, [subject])
    assert denied() == [",-,"], "gates must hear of it"


def test_over_a_shared_device_nobody_comes_to_somebody_else(registry: Store, site: str) -> None:
    """Or the erasure of one would take the other's choices along, and shut them out everywhere."""

    def person(user: str) -> str:
        return subjects_of(RING, site, None, user)[0]

    def device(anonymous: str) -> str:
        return subjects_of(RING, site, anonymous, None)[0]

    pairs = [("d-hers", "ada"), ("d-shared", "ada"), ("d-shared", "bob"), ("d-his", "bob")]
    with registry.write() as connection:
        connection.execute(
            subject_link.insert(),
            [{"site": site, "device": device(d), "person": person(p), "trusted": True, "at": NOW} for d, p in pairs],
        )
        ada = people.subjects(connection, RING, site, ["ada", "d-shared"], [])
        assert {person("ada"), device("d-hers"), device("d-shared")} <= set(ada)
        assert not {person("bob"), device("d-his")} & set(ada)
        assert person("ada") in people.subjects(connection, RING, site, ["d-hers"], []), "it was hers alone"
        assert device("d-his") in people.subjects(connection, RING, site, [], [person("bob")])
