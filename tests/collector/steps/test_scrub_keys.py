"""What a rotation leaves behind so that people stay one, and the match keys that only marketing may have."""

import hashlib
import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from consent.pii.hashing import Key, Told, aliases, pseudonym
from tests.collector import consented
from tests.collector.consented import office
from tests.collector.desk import KEY as WRITE_KEY
from tests.collector.desk import SOURCE, desk

MAIL = "ada@gmail.com"


def sent(
    folder: Path, *messages: dict[str, Any], source: dict[str, Any] = SOURCE, **settings: Any
) -> list[dict[str, Any]]:
    with desk(folder, [source], **settings) as worker:
        return [
            row
            for message in messages
            for row in worker.post(json.dumps({"batch": [message], "writeKey": WRITE_KEY}).encode()).rows
        ]


def identify(**members: Any) -> dict[str, Any]:
    consent = {"categoryPreferences": {"analytics": True, "marketing": True}}
    said = {"type": "identify", "userId": MAIL, "anonymousId": "a-1", "context": {"consent": consent}}
    return said | {"traits": {"email": MAIL, "tel": "+8613800138000"}} | members


def test_before_a_rotation_nothing_is_told(tmp_path: Path) -> None:
    [row] = sent(tmp_path, identify())
    assert "pii_alias" not in row


def test_after_a_rotation_an_event_says_what_the_older_keys_made_of_a_person(tmp_path: Path) -> None:
    old, new = Key("k1", bytes(range(32))), Key("k2", bytes(range(1, 33)))
    keys = ",".join(f"{key.kid}:{urlsafe_b64encode(key.secret).decode()}" for key in (new, old))
    rows = sent(tmp_path, *[identify(messageId=f"m{n}") for n in range(9)], pii_keys=keys)
    told = [row.get("pii_alias") for row in rows]
    pair = {
        pseudonym(old, kind, value): pseudonym(new, kind, value)
        for kind, value in (("email", MAIL), ("phone", "+8613800138000"))
    }
    assert told[0] == pair
    assert [bool(found) for found in told].count(True) < 9
    assert rows[0]["user_id"] == pseudonym(new, "email", MAIL)


def test_it_is_told_again_in_case_it_was_lost_and_memory_is_bounded() -> None:
    told = Told()
    assert [n for n in range(1, 20) if told.is_due("x")] == [1, 2, 4, 8, 16]
    for n in range(3 * Told.HALF):
        told.is_due(str(n))
    assert len(told._new) + len(told._old) <= 2 * Told.HALF
    assert told.is_due("x"), "forgotten, so told anew"


def test_a_value_that_was_a_pseudonym_already_has_no_alias() -> None:
    key = Key("k2", bytes(32), (Key("k1", bytes(range(32))),))
    hashed = pseudonym(key.older[0], "email", MAIL)
    assert aliases(key, "email", hashed, pseudonym(key, "email", hashed)) == {}


ASKS = SOURCE | {"match_keys": True}


def test_match_keys_need_the_source_and_the_grant(tmp_path: Path) -> None:
    [row] = sent(tmp_path / "on", identify(), source=ASKS)
    assert row["match_google_email"] == row["match_meta_email"] == hashlib.sha256(MAIL.encode()).hexdigest()
    assert row["match_google_phone"] == hashlib.sha256(b"+8613800138000").hexdigest()
    assert row["match_meta_phone"] == hashlib.sha256(b"8613800138000").hexdigest()
    assert MAIL not in json.dumps(row)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SOURCE, identify()),
        (ASKS, identify(context={"consent": {"categoryPreferences": {"analytics": True}}})),
        (ASKS, identify(context={"consent": {"categoryPreferences": {"analytics": True, "marketing": False}}})),
        (ASKS, identify(context=identify()["context"] | {"gpc": True})),
        (ASKS, identify(type="track", event="Seen", properties={"email": MAIL})),
        (ASKS | {"mode": "opt_out"}, identify(context={})),
    ],
)  # fmt: skip
def test_without_either_there_are_none(tmp_path: Path, source: dict[str, Any], message: dict[str, Any]) -> None:
    rows = sent(tmp_path, message, source=source)
    assert [name for row in rows for name in row if name.startswith("match_")] == []


def test_with_a_policy_a_withdrawal_ends_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source: Any = consented.SOURCES[0]
    monkeypatch.setattr(consented, "SOURCES", [source | {"match_keys": True}])
    with office(tmp_path) as house:
        token = house.choose("a-1")["token"]
        said: Any = {"type": "identify", "userId": MAIL, "traits": {"email": MAIL}}
        assert "match_meta_email" in house.send("a-1", token, **said).rows[0]
        house.choose("a-1", action="set", choices={"analytics": True, "marketing": False})
        house.poll()
        assert [n for row in house.send("a-1", token, **said).rows for n in row if n.startswith("match_")] == []
