"""What of a message is read, seen where it matters: in the bytes that are sent, and in the file of the spool."""

import json
from pathlib import Path
from typing import Any

from firsthand import Client
from firsthand.protocol import ACCEPTED, Answer
from firsthand.testing import Recorder

import firsthand_scrub

YES = {"analytics": True}
MAIL, PHONE = "ada@example.com", "13800138000"
FOUND = {
    "note": f"write to {MAIL} or call {PHONE}",
    "contact": int(PHONE),
    "list": [MAIL],
    "json": json.dumps({"to": MAIL}),
}


def test_no_mail_address_and_no_phone_is_sent_or_spooled(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def send(body: bytes) -> Answer:
        sent.append(body)
        # before the answer: the events are in the file, and not yet settled
        sent.extend(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        return ACCEPTED

    settings = {"send": send, "spool_dir": str(tmp_path), "before_send": firsthand_scrub.scrub}
    with Client("key", "http://127.0.0.1", **settings) as client:
        client.track(f"Mail to {MAIL}", {**FOUND, "email": MAIL, "plan": "pro"}, user_id="u", consent=YES)
        client.identify("u", {**FOUND, "phone": PHONE, "name": "Ada", "plan": "pro"}, consent=YES)
        client.page(MAIL, FOUND, user_id="u", consent=YES,
                    context={"page": {"title": PHONE + " phone", "url": f"https://x.example/{MAIL}"},
                             "user": {"name": "Ada"}, "ip": "192.0.2.1"})  # fmt: skip
        assert client.flush(20).sent == 3
    kept = b"".join(sent)
    assert kept.count(b'"plan":"pro"') >= 4  # in the body and in the file
    assert kept.count(b":redacted") > 10
    for raw in (MAIL, PHONE, "Ada", "192.0.2.1", "example.com"):
        assert raw.encode() not in kept


def test_the_same_without_the_hook_is_sent() -> None:
    recorder = Recorder()
    recorder.track("X", FOUND, user_id="u", consent=YES)
    assert MAIL in json.dumps(recorder.events)


def test_ids_library_and_consent_stay() -> None:
    recorder = Recorder(before_send=firsthand_scrub.scrub)
    recorder.track("X", user_id=MAIL, anonymous_id="a", consent=YES, message_id="order-1")
    (event,) = recorder.events
    assert (event["userId"], event["anonymousId"], event["messageId"]) == (MAIL, "a", "order-1")
    assert event["context"]["consent"] == {"categoryPreferences": YES}
    assert event["context"]["library"]["name"] == "firsthand-python"


def test_a_message_without_anything_is_the_same_object() -> None:
    page = {"url": "https://x.example/shoes", "title": "Shoes"}
    message: dict[str, Any] = {"type": "page", "name": "Shoes", "properties": {"n": 1}, "traits": {"plan": "pro"},
                               "context": {"page": page, "library": {}, "locale": "de"}}  # fmt: skip
    assert firsthand_scrub.scrub(message) is message
    page["title"] = f"Shoes of {MAIL}"
    clean = firsthand_scrub.scrub(message)
    assert clean["context"]["page"] == {"url": "https://x.example/shoes", "title": "Shoes of :redacted"}
    assert clean["properties"] is message["properties"]
    assert MAIL in page["title"]


def test_a_referrer_is_no_reference_number() -> None:
    message = {"context": {"page": {"referrer": "219-09-1234"}}}
    assert firsthand_scrub.scrub(message) == {"context": {"page": {"referrer": ":redacted"}}}
