"""Sources over the admin API: made, changed, rotated, paused; what the firewall does; written down each time."""

from collector import sources as store
from tests.collector.console.office import Office
from tests.consent.api.caller import Caller, caller


def last(caller: Caller, where: str = "/audit") -> tuple[str, str, str]:
    line = caller.get(f"{where}?limit=1")["lines"][0]
    return line["actor"], line["action"], line["target"]


def test_made_changed_rotated_paused(desk: Office, roles: dict[str, Caller]) -> None:
    admin, auditor = roles["admin"], roles["auditor"]
    made = admin.post("/sources", {"id": "shop", "origins": ["https://shop.example"], "site": "default"}, 201)
    assert made["writeKey"].startswith("fh_") and made["written"] and made["state"] == "live"
    assert last(auditor) == ("token admin", "source.add", "shop")
    assert admin.refused("POST", "/sources", {"id": "shop"}) == (409, "source.taken")
    assert admin.refused("POST", "/sources", {"id": "fixed"}) == (409, "source.taken")
    changed = admin.ask("PUT", "/sources/shop", {"mode": "opt_out", "queryParams": ["ref"], "site": "default"}).json()
    assert (changed["mode"], changed["origins"]) == ("opt_out", []) and "ref" in changed["queryParams"]
    rotated = admin.post("/sources/shop/rotate")
    assert rotated["writeKey"] != made["writeKey"] and last(auditor)[1] == "source.rotate"
    assert admin.post("/sources/shop/state", {"state": "paused"})["state"] == "paused"
    assert store.read_stored(desk.settings)[0].state == "paused"
    assert [s["id"] for s in auditor.get("/sources")] == ["fixed", "shop"]
    assert admin.refused("PUT", "/sources/fixed", {}) == (409, "source.configured")
    assert admin.refused("POST", "/sources/none/rotate") == (404, "source.unknown")
    for wrong, code in (({"id": "a/b"}, "slash"), ({"id": ""}, "slash"), ({"id": "x", "origins": ["y"]}, "origin")):
        assert admin.refused("POST", "/sources", wrong) == (422, f"source.{code}")


def test_an_installation_is_looked_at(roles: dict[str, Caller]) -> None:
    """Only below the source's own origins, so nobody can make the collector ask elsewhere."""
    found = roles["admin"].post("/sources/fixed/verify", {"address": "http://127.0.0.1:9/"})
    assert found[0]["check"] == "reach" and found[0]["outcome"] == "bad"
    assert found[0]["values"]["why"] == "verify.why.origin"


def test_the_firewall_of_a_source(desk: Office, roles: dict[str, Caller]) -> None:
    roles["admin"].post("/sources", {"id": "app", "site": "default"}, 201)
    officer = roles["privacy_officer"]
    at = "/sites/default/sources/app/pii"
    entries = [{"class": "email", "action": "drop"}, {"rule": "cn_mobile", "mode": "shadow"}]
    assert officer.ask("PUT", at, {"entries": entries}).json()["pii"] == entries
    assert last(officer, "/sites/default/audit") == ("token privacy-officer", "pii.change", "app")
    assert officer.refused("PUT", at, {"entries": [{"rule": "none", "mode": "off"}]}) == (422, "source.pii")
    assert officer.ask("PUT", at, {"entries": []}).json()["pii"] == []
    assert [s["id"] for s in roles["auditor"].get("/sources")] == [
        "app",
        "fixed",
        "shop",
    ]  # a refused one broke nothing
    assert officer.refused("PUT", "/sites/default/sources/none/pii", {"entries": []}) == (404, "source.unknown")
    elsewhere = caller(desk, "elsewhere", "privacy_officer", sites=("other",))
    assert elsewhere.refused("PUT", at, {"entries": []}) == (404, "site.unknown")
    assert officer.get("/sites/default/pii") == []
