"""The map, requests of people, keys, users: changed by a program, and written down under its name."""

from consent.admin import events
from tests.consent.api.caller import Caller
from tests.consent.console.visitors import Place


def last(caller: Caller, action: str, site: str = "default") -> tuple[str, str]:
    """Actor and target of the newest line with that verb."""
    where = f"/sites/{site}/audit" if site else "/audit"
    line = caller.get(f"{where}?action={action}&limit=1")["lines"][0]
    return line["actor"], line["target"]


def test_the_map_is_changed_by_one_at_a_time(weeks: Place, officer: Caller) -> None:
    before = officer.get("/sites/default/events/map")
    rules = [{"match": "Newsletter *", "purpose": "marketing"}, *before["rules"]]
    made = officer.ask("PUT", "/sites/default/events/map", {"rules": rules, "basis": before["number"]}).json()
    assert made["number"] == before["number"] + 1
    late = {"rules": [], "basis": before["number"]}
    assert officer.refused("PUT", "/sites/default/events/map", late) == (409, "map.changed")
    wrong = {"rules": [{"match": "x", "purpose": "selling"}], "basis": made["number"]}
    assert officer.refused("PUT", "/sites/default/events/map", wrong) == (422, "event.purpose")
    with weeks.house.store.read() as connection:
        assert events.current(connection, "default")[0].match == "Newsletter *"
    assert [m["number"] for m in officer.get("/sites/default/events/map/versions")][:2] == [2, 1]
    assert last(officer, "events.map") == ("token privacy-officer", "2")
    assert len(officer.get("/sites/default/events/seen?unmapped=true")) < len(officer.get("/sites/default/events/seen"))
    assert officer.get("/sites/other/events/map") == {"number": 0, "rules": [], "author": "", "changedAt": 0}


def test_a_request_is_taken_in_verified_extended_denied(officer: Caller, roles: dict[str, Caller]) -> None:
    asked = {"kind": "erase", "law": "gdpr", "email": "Ada@Lovelace.example"}
    made = officer.post("/sites/default/requests", asked, 201)
    assert (made["state"], made["channel"], made["daysLeft"]) == ("received", "api", made["daysLeft"])
    assert 27 <= made["daysLeft"] <= 31 and made["identifiers"] >= 1
    at = f"/sites/default/requests/{made['id']}"
    assert officer.post(f"{at}/verify", {"how": "signed letter"})["verifiedBy"].startswith("token privacy-officer")
    assert officer.refused("POST", f"{at}/verify", {"how": "again"})[0] == 409
    later = officer.post(f"{at}/extend", {"reason": "many systems"})
    assert later["dueAt"] > made["dueAt"]
    assert officer.post(f"{at}/deny", {"reason": "not our customer"})["state"] == "denied"
    assert made["id"] not in [r["id"] for r in officer.get("/sites/default/requests")]
    assert made["id"] in [r["id"] for r in officer.get("/sites/default/requests?all=true")]
    assert "lovelace" not in str(officer.get("/sites/default/audit?action=dsr.")).lower()
    assert last(officer, "dsr.deny") == ("token privacy-officer", made["id"])
    assert roles["auditor"].get(at)["state"] == "denied"
    assert officer.refused("POST", "/sites/default/requests", {"kind": "erase"}) == (422, "request.nobody")
    assert officer.refused("POST", "/sites/default/requests/nope/verify", {"how": "x"}) == (404, "request.unknown")
    keys = officer.place.config.data_dir / "keys" / "pii.json"
    keys.chmod(0o644)  # under other keys nobody would be found
    assert officer.refused("POST", "/sites/default/requests", asked) == (409, "pseudonymKeys")
    keys.chmod(0o600)


def test_keys_have_names_and_ages_and_a_new_one(roles: dict[str, Caller]) -> None:
    before = roles["auditor"].get("/keys")
    made = roles["admin"].post("/keys/token/rotate", status=201)
    after = roles["auditor"].get("/keys")
    assert [k["kid"] for k in after["keys"] if k["use"] == "token"] == [made["kid"], "t1"]
    assert after["public"] == before["public"] and len(next(iter(after["public"].values()))) == 64
    assert roles["admin"].refused("POST", "/keys/subject/rotate") == (422, "keys.never")
    assert last(roles["auditor"], "keys.rotate", "") == ("token admin", f"token {made['kid']}")
    assert "secret" not in str(after)


def test_people_are_let_in_by_link_and_changed(weeks: Place, roles: dict[str, Caller]) -> None:
    admin = roles["admin"]
    made = admin.post("/users", {"login": "Joan@Firsthand.example", "roles": ["viewer"], "sites": ["*"]}, 201)
    assert made["user"]["login"] == "joan@firsthand.example" and not made["user"]["hasPassword"]
    assert made["link"].startswith("http://console.test/console/link?token=")
    again = {"login": "joan@firsthand.example", "roles": ["viewer"], "sites": ["*"]}
    assert admin.refused("POST", "/users", again) == (409, "users.taken")
    for wrong in ({"roles": ["root"]}, {"sites": []}, {"login": "a b"}):
        assert admin.refused("POST", "/users", again | {"login": "x@firsthand.example"} | wrong)[0] == 422
    at = f"/users/{made['user']['id']}"
    weeks.user("another-admin", "admin")
    changed = admin.ask("PUT", at, {"roles": ["auditor"], "sites": ["default"], "active": False}).json()
    assert (changed["roles"], changed["sites"], changed["active"]) == (["auditor"], ["default"], False)
    assert admin.post(f"{at}/link", status=201)["link"] != made["link"]
    assert [u["login"] for u in admin.get("/users")] == ["another-admin", "joan@firsthand.example"]
    assert admin.refused("PUT", "/users/none", {"roles": ["viewer"], "sites": ["*"], "active": True})[0] == 404
    assert last(roles["auditor"], "user.link", "") == ("token admin", "joan@firsthand.example")


def test_the_last_administrator_stays(weeks: Place, roles: dict[str, Caller]) -> None:
    admin = roles["admin"]
    weeks.user("the-last", "admin")
    gone = {"roles": ["viewer"], "sites": ["*"], "active": True}
    *others, one = [u for u in admin.get("/users") if u["active"] and "admin" in u["roles"]]
    for other in others:
        admin.ask("PUT", f"/users/{other['id']}", gone).raise_for_status()
    assert admin.refused("PUT", f"/users/{one['id']}", gone) == (422, "users.lastAdmin")
