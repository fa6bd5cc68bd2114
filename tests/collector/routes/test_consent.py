"""`/v1/consent/*` through a whole worker: the policy by place, choices, tokens, state, link; and who may not."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.canonical import canonical
from consent.snapshots import Snapshots
from tests.collector.consented import AMERICA, CHINA, GERMANY, ORIGIN, Office, office
from tests.collector.desk import Reply
from tests.contract.schemas import validator


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("consent")) as made:
        yield made


def claims(token: str) -> Any:
    return json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.mark.parametrize(
    ("client", "jurisdiction", "mode", "default"),
    [
        (GERMANY, "eu", "opt_in", "pending"),
        (CHINA, "cn", "opt_in", "pending"),
        (AMERICA, "us-strictest", "opt_out", "granted"),
        (("10.0.0.1", 1), "strictest", "opt_in", "pending"),
        (None, "strictest", "opt_in", "pending"),
    ],
)
def test_the_policy_by_place(house: Office, client: Any, jurisdiction: str, mode: str, default: str) -> None:
    reply = house.get("policy", "writeKey=web&locale=zh-CN", client)
    assert reply.status == 200
    validator("policy").validate(reply.json)
    analytics = next(p for p in reply.json["purposes"] if p["id"] == "analytics")
    found = (reply.json["jurisdiction"], reply.json["mode"], analytics["default"])
    assert found == (jurisdiction, mode, default)
    assert reply.json["locale"] == "zh-CN"
    assert "private" in reply.headers["cache-control"]
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_policy_is_signed(house: Office) -> None:
    policy = house.get("policy", "writeKey=web").json
    signature = policy.pop("signature")
    (key,) = [k for k in house.get("keys").json["keys"] if k["kid"] == signature["kid"]]
    public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "="))
    public.verify(urlsafe_b64decode(signature["value"] + "=="), canonical(policy))


def test_an_unchanged_policy_is_304_and_the_signal_another_one(house: Office) -> None:
    first = house.get("policy", "writeKey=web")
    assert house.get("policy", "writeKey=web", if_none_match=first.headers["etag"]).status == 304
    signal = house.get("policy", "writeKey=web", sec_gpc="1")
    assert signal.headers["etag"] != first.headers["etag"]
    assert signal.json["gpc"] == {"seen": True, "honoured": True}


def test_a_region_that_is_asked_for_only_narrows(house: Office) -> None:
    def jurisdiction(query: str, client: Any = AMERICA, key: str = "web") -> Any:
        return house.get("policy", f"writeKey={key}&region={query}", client).json["jurisdiction"]

    assert jurisdiction("DE") == "eu"
    assert jurisdiction("US-CA", GERMANY) == "eu", "nobody leaves Germany by a parameter"
    assert jurisdiction("US-CA", GERMANY, "server") == "us-ca", "a server knows where its people are"
    assert jurisdiction("<script>") == "us-strictest"


def test_the_language_of_the_browser(house: Office) -> None:
    assert house.get("policy", "writeKey=web", accept_language="fr-FR,en;q=0.5").json["locale"] == "fr"
    assert house.get("policy", "writeKey=web&age=child").json["age"]["status"] == "child"


def test_settings_hold_the_policy(house: Office) -> None:
    reply = house.desk.request("GET", "/v1/sources/web/settings", client=GERMANY)
    validator("settings").validate(reply.json)
    assert reply.json["consent"]["policyVersion"] == house.get("policy", "writeKey=web").json["policyVersion"]


def test_a_notice_counts_as_served_where_nobody_has_chosen_yet(house: Office) -> None:
    def served() -> int:
        return sum(house.desk.state.consent.served.values())

    before = served()
    house.desk.request("GET", "/v1/sources/web/settings", client=GERMANY)
    assert served() == before
    house.desk.request("GET", "/v1/sources/web/settings", query="ask=1", client=GERMANY)
    assert served() == before + 1


def test_policy_and_settings_share_what_was_signed(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = Snapshots._make
    monkeypatch.setattr(Snapshots, "_make", lambda self, *asked: made.append(asked) or make(self, *asked))
    query = "locale=pt-BR"
    one = house.desk.request("GET", "/v1/sources/web/settings", query=query, client=GERMANY)
    house.desk.request("GET", "/v1/projects/web/settings", query=query, client=GERMANY)
    two = house.desk.request("GET", "/v1/consent/policy", query=f"{query}&writeKey=web", client=GERMANY)
    assert two.json == one.json["consent"]
    assert len(made) == 1


def test_a_choice_and_its_token(house: Office) -> None:
    reply = house.post("receipts", house.choice("chooser"), **ORIGIN)
    assert reply.status == 201
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    validator("consent_answer").validate(reply.json)
    said = claims(reply.json["token"])
    validator("consent_token").validate(said)
    assert said["granted"] == ["analytics", "personalization", "marketing"]
    assert reply.json["state"]["purposes"]["third_party"]["state"] == "pending", "accept_all is not for separate ones"
    assert said["exp"] - said["iat"] <= 24 * 3600
    assert "chooser" not in reply.body.decode()


def test_repeated_and_conflicting(house: Office) -> None:
    body = house.choice("twice")
    first, again = house.post("receipts", body), house.post("receipts", body)
    assert (first.status, again.status) == (201, 200)
    assert first.json["receipt"] == again.json["receipt"]
    house.choose("twice", "withdraw")
    replayed = house.post("receipts", body)
    assert (replayed.status, replayed.json["receipt"]) == (200, first.json["receipt"])
    assert replayed.json["state"]["purposes"]["analytics"]["state"] == "denied", "what was said last holds"
    for token in (first.json["token"], replayed.json["token"]):
        assert not house.send("twice", token, {"analytics": True}).rows
    other = house.post("receipts", body | {"action": "reject_all"})
    assert (other.status, other.json["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"[" * 5_000, 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b'{"writeKey": "web"}', 400, "invalid"),
        (b"x" * 20_000, 413, "too_large"),
        ({"writeKey": "none"}, 401, "unauthorized"),
        ({"action": "accept"}, 400, "invalid"),
        ({"method": "telepathy"}, 400, "invalid"),
        ({"anonymousId": None}, 400, "invalid"),
        ({"anonymousId": None, "userId": "u"}, 403, "forbidden"),
        ({"surprise": {"a": 1}}, 400, "invalid"),
        ({"idempotencyKey": "a\u0000bcdefgh"}, 400, "invalid"),
        ({"action": "set", "choices": {"sale": True}}, 422, "unknown_purpose"),
        ({"policyVersion": "pv1_" + "x" * 22}, 409, "policy_unknown"),
        ({"noticeHash": "no1_" + "x" * 22}, 422, "unknown_notice"),
    ],
    ids=range(15),
)
def test_what_is_no_choice(house: Office, body: Any, status: int, code: str) -> None:
    reply = house.post("receipts", body if isinstance(body, bytes) else house.choice("x") | body)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert "telepathy" not in reply.body.decode(), "an error quotes nothing"


def test_state_for_who_holds_the_token_or_a_server_key(house: Office) -> None:
    token = house.choose("stately", "reject_all")["token"]
    reply = house.get("state", authorization=f"Bearer {token}")
    validator("consent_state").validate(reply.json["state"])
    assert reply.json["state"]["purposes"]["analytics"]["state"] == "denied"
    server = house.get("state", "writeKey=server&anonymousId=stately")
    assert server.json["state"]["subject"] == reply.json["state"]["subject"]
    for query, headers in (
        ("writeKey=web&anonymousId=stately", {}),
        ("", {"authorization": "Bearer a.b.c"}),
        ("", {"authorization": f"Bearer {token[:-2]}{token[-1]}{token[-2]}x"}),
        ("writeKey=other&anonymousId=stately", {}),
    ):
        assert house.get("state", query, **headers).status in (401, 403)


def test_a_receipt_for_whom_it_is_about(house: Office) -> None:
    mine, theirs = house.choose("mine"), house.choose("theirs")
    id = mine["receipt"]["id"]
    reply = house.get(f"receipts/{id}", authorization=f"Bearer {mine['token']}")
    assert reply.status == 200
    validator("receipt_27560").validate(reply.json)
    assert reply.json["record"]["dct:identifier"] == id
    assert house.get(f"receipts/{id}", authorization=f"Bearer {theirs['token']}").status == 404
    assert house.get(f"receipts/{id}", "writeKey=server").status == 200
    assert house.get(f"receipts/{id}", "writeKey=web").status == 403
    assert house.get("receipts/0", "writeKey=server").status == 404


def test_a_site_sees_nothing_of_another(house: Office) -> None:
    here, there = house.choose("both"), house.choose("both", key="other")
    assert here["receipt"]["subject"] != there["receipt"]["subject"]
    reply = house.get(f"receipts/{here['receipt']['id']}", authorization=f"Bearer {there['token']}")
    assert reply.status == 404


def linked(house: Office, who: str, user: str, key: str = "web", **members: Any) -> Any:
    body = {"idempotencyKey": f"link-{who}-{user}-{key}", "writeKey": key, "anonymousId": who, "userId": user}
    return house.post("link", body | members)


def test_login(house: Office) -> None:
    device = house.choose("phone")
    assert linked(house, "phone", "ada").status == 403, "a public key needs the device's token"
    assert linked(house, "laptop", "ada", token=device["token"]).status == 403, "and of that device"
    reply = linked(house, "phone", "ada", token=device["token"])
    validator("consent_answer").validate(reply.json)
    person = house.get("state", "writeKey=server&userId=ada").json["state"]
    assert person["purposes"]["analytics"]["state"] == "pending", "unproved, a grant does not reach the person"
    linked(house, "phone", "ada", "server")
    person = house.get("state", "writeKey=server&userId=ada").json["state"]
    assert person["purposes"]["analytics"]["state"] == "granted"
    refuses = house.choose("tablet", "reject_all")
    linked(house, "tablet", "ada", token=refuses["token"])
    person = house.get("state", "writeKey=server&userId=ada").json["state"]
    assert person["purposes"]["analytics"]["state"] == "denied", "unproved, a denial does"


def said(reply: Reply) -> str:
    return "accepted" if reply.rows else reply.reasons[0]


def test_a_withdrawal_on_one_device_holds_on_the_others_and_a_new_yes_does_not(house: Office) -> None:
    phone, laptop, user = "phone-1", "laptop-1", "user-1"
    tokens = {device: house.choose(device)["token"] for device in (phone, laptop)}
    for device in tokens:
        house.login(device, user)
    house.choose(phone, "withdraw")
    assert said(house.send(laptop, tokens[laptop])) == "withdrawn"
    assert said(house.send(laptop, tokens[laptop], userId=user)) == "withdrawn"
    state = house.get("state", authorization=f"Bearer {tokens[laptop]}").json["state"]
    assert state["purposes"]["analytics"]["state"] == "denied"
    again = house.choose(phone)["token"]
    assert said(house.send(phone, again, userId=user)) == "accepted"
    assert said(house.send(laptop, tokens[laptop], userId=user)) == "withdrawn"
    assert said(house.send(laptop, house.choose(laptop)["token"], userId=user)) == "accepted"


def test_a_server_speaks_for_people(house: Office) -> None:
    body = house.choice("x", key="server", userId="grace", region="US-CA") | {"anonymousId": None}
    reply = house.post("receipts", body)
    assert (reply.status, reply.json["receipt"]["jurisdiction"]) == (201, "us-ca")


def test_origins_preflights_and_methods(house: Office) -> None:
    assert house.post("receipts", house.choice(), origin="https://evil.example").status == 403
    preflight = house.desk.request("OPTIONS", "/v1/consent/receipts", headers=ORIGIN)
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert house.desk.request("DELETE", "/v1/consent/receipts").status == 405


def test_too_often(house: Office) -> None:
    busy = ("5.9.9.9", 1)
    statuses: list[int] = []
    while len(statuses) < 5_000 and 429 not in statuses:  # a slow machine is given more meanwhile
        reply = house.get("policy", "writeKey=web", busy)
        statuses.append(reply.status)
    assert statuses[:200] == [200] * 200
    assert statuses[-1] == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert house.get("policy", "writeKey=web").status == 200, "others are not kept out"


def test_a_body_that_breaks_off(house: Office) -> None:
    reply = house.desk.request("POST", "/v1/consent/receipts", [b'{"writeKey"', None], client=GERMANY)
    assert reply.status == 400
    half = json.dumps(house.choice("halves")).encode()
    reply = house.desk.request("POST", "/v1/consent/receipts", [half[:50], half[50:]], client=GERMANY)
    assert reply.status == 201
