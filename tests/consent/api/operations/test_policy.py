"""A policy from a draft to publication by four eyes, as two programs do it; and what the log says of it."""

from typing import Any

import pytest

from consent.admin import policies
from tests.consent.api.caller import Caller, caller
from tests.consent.console.visitors import Place

POLICY = "/sites/default/policy"


def test_written_reviewed_published_and_put_back(weeks: Place, officer: Caller, approver: Caller) -> None:
    before = officer.get(POLICY)
    draft = officer.post(f"{POLICY}/drafts", {"comment": "shorter"}, 201)
    assert (draft["state"], draft["basedOn"], draft["author"]) == ("draft", before["number"], "token privacy-officer")
    document: dict[str, Any] = draft["document"]
    document["purposes"][1]["texts"]["en"]["title"] = "Counting"
    at = f"{POLICY}/drafts/{draft['id']}"
    weeks.now += 1
    changed = officer.ask("PUT", at, {"document": document, "seen": draft["changedAt"], "comment": "clearer"}).json()
    stale = {"document": document, "seen": draft["changedAt"]}
    assert officer.refused("PUT", at, stale) == (409, "draft.changed")
    difference = officer.get(f"{at}/diff")
    assert [c["path"] for c in difference] == ["purposes[analytics].texts.en.title"]
    assert officer.get(f"{at}/preview?region=DE&locale=en")["purposes"][1]["title"] == "Counting"
    assert officer.get(f"{at}/preview?region=US-CA&gpc=true")["gpc"] == {"seen": True, "honoured": True}
    assert officer.refused("POST", f"{at}/publish") == (403, "forbidden")
    assert approver.refused("POST", f"{at}/publish") == (409, "draft.notSubmitted")
    assert officer.post(f"{at}/submit")["state"] == "review"
    assert officer.get(f"{POLICY}/drafts?state=review")[0]["id"] == draft["id"]
    assert approver.post(f"{at}/reject", {"comment": "say why"})["state"] == "rejected"
    officer.ask("PUT", at, {"document": changed["document"], "seen": officer.get(at)["changedAt"]})
    officer.post(f"{at}/submit")
    made = approver.post(f"{at}/publish")
    assert (made["number"], made["approver"]) == (before["number"] + 1, "token approver")
    with weeks.house.store.read() as connection:
        found = policies.current(connection, "default")
    assert found and found.version == made["version"] == officer.get(POLICY)["version"]
    assert [v["number"] for v in officer.get(f"{POLICY}/versions")] == [made["number"], before["number"]]
    number = made["number"]
    assert officer.get(f"{POLICY}/versions/{number}/diff") == difference
    assert officer.get(f"{POLICY}/versions/{number}/diff?against={number}") == []
    back = officer.post(f"{POLICY}/versions/{before['number']}/rollback", {}, 201)
    assert back["state"] == "review"
    assert officer.refused("POST", f"{POLICY}/versions/{number}/rollback", {}) == (409, "version.inForce")
    assert approver.post(f"{POLICY}/drafts/{back['id']}/publish")["version"] == before["version"]
    said = [(e["action"], e["actor"]) for e in officer.get("/sites/default/audit?action=policy.&limit=4")["lines"]]
    assert said == [
        ("policy.publish", "token approver"), ("policy.submit", "token privacy-officer"),
        ("policy.draft", "token privacy-officer"), ("policy.publish", "token approver"),
    ]  # fmt: skip


def test_what_cannot_be_published_says_what_to_change(officer: Caller) -> None:
    document = officer.get(f"{POLICY}/preset")
    document["jurisdictions"] = [j for j in document["jurisdictions"] if "*" not in j["regions"]]
    draft = officer.post(f"{POLICY}/drafts", {"document": document}, 201)
    answer = officer.ask("POST", f"{POLICY}/drafts/{draft['id']}/submit").json()
    assert (answer["status"], answer["code"]) == (422, "jurisdiction.rest")
    assert answer["detail"] == "one jurisdiction must be for *, the rest of the world"
    document["purposes"][0]["mode"] = "whatever"
    assert officer.refused("POST", f"{POLICY}/drafts", {"document": document}) == (400, "invalid")


@pytest.mark.parametrize("by", ["", "root"])
def test_two_tokens_of_one_officer_are_one_pair_of_eyes(weeks: Place, by: str) -> None:
    """But for the machine's owner, who may publish alone anyway."""
    name = by or "owner"
    author = caller(weeks, f"writes-{name}", "privacy_officer", by=by)
    second = caller(weeks, f"approves-{name}", "approver", by=by)
    draft = author.post(f"{POLICY}/drafts", {}, 201)
    at = f"{POLICY}/drafts/{draft['id']}"
    author.post(f"{at}/submit")
    if by:
        assert second.refused("POST", f"{at}/publish") == (403, "fourEyes.publish")
        assert draft["authors"] == ["token writes-root", "root"]
    else:
        assert second.post(f"{at}/publish")["approver"] == "token approves-owner"


def test_notices_stay_for_ever(officer: Caller) -> None:
    notices = officer.get(f"{POLICY}/notices")
    assert {n["notice"]["id"] for n in notices} >= {"main", "pipl", "optout"}
    assert all(n["hash"].startswith("no1_") and n["publishedAt"] > 0 for n in notices)
