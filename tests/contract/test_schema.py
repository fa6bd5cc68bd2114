"""The schemas say what the code says: reasons, limits, context; vectors and the collector's own answers obey them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError

from collector import protocol
from collector.outcome import Reason
from tests.contract.golden import cases
from tests.contract.schemas import SCHEMAS, validator

MESSAGES = [c["expect"] for c in cases("event") if "error" not in c["expect"]]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"urn:firsthand:{name}"


def test_reasons_are_the_collectors() -> None:
    assert SCHEMAS["reason"]["enum"] == [reason.value for reason in Reason]


def test_limits_and_names_are_the_collectors() -> None:
    message = SCHEMAS["message"]["properties"]
    assert message["messageId"]["maxLength"] == protocol.MAX_ID_CHARS
    assert message["event"]["maxLength"] == message["name"]["maxLength"] == protocol.MAX_NAME_CHARS
    assert message["properties"]["maxProperties"] == message["traits"]["maxProperties"] == protocol.MAX_PROPERTIES
    assert set(message["type"]["enum"]) == protocol.TYPES
    assert set(message["event"]["anyOf"][1]["enum"]) == protocol.RESERVED_EVENTS
    assert SCHEMAS["batch"]["properties"]["batch"]["maxItems"] == protocol.MAX_BATCH_MESSAGES


def fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Wire names, nested; None for what is no struct."""
    hints = get_type_hints(struct)
    found = {}
    for name, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        kinds = get_args(hints[name]) if isinstance(hints[name], UnionType) else (hints[name],)
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        found[wire] = fields(inner[0]) if inner else None
    return found


def described(schema: dict[str, Any]) -> dict[str, Any]:
    return {k: described(v) if "properties" in v else None for k, v in schema["properties"].items()}


def test_the_context_is_the_one_that_the_collector_reads_fast() -> None:
    assert described(SCHEMAS["context"]) == fields(protocol.Context)


def test_message_keys_are_the_collectors() -> None:
    ours = set(SCHEMAS["message"]["properties"])
    assert ours <= set(protocol.Message.__struct_encode_fields__)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: f"{m['type']}-{m.get('event', '')[:12]}")
def test_every_expected_message_of_the_vectors_is_valid(message: dict[str, Any]) -> None:
    validator("message").validate(message)


def damaged(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    message: dict[str, Any] = copy.deepcopy(MESSAGES[0])
    change(message)
    return message


@pytest.mark.parametrize(
    "message",
    [
        damaged(lambda m: m.pop("messageId")),
        damaged(lambda m: m.pop("anonymousId")),
        damaged(lambda m: m.pop("event")),
        damaged(lambda m: m.update(event="")),
        damaged(lambda m: m.update(event="$mine")),
        damaged(lambda m: m.update(event="x" * 201)),
        damaged(lambda m: m.update(type="shout")),
        damaged(lambda m: m.update(type="group")),
        damaged(lambda m: m.update(type="alias")),
        damaged(lambda m: m.update(messageId="x" * 101)),
        damaged(lambda m: m.update(timestamp="2026-01-02 03:04:05")),
        damaged(lambda m: m.update(userId=7)),
        damaged(lambda m: m.update(properties=[1])),
        damaged(lambda m: m.update(properties={str(i): i for i in range(256)})),
        damaged(lambda m: m.update(surprise=1)),
        damaged(lambda m: m["context"].update(surprise=1)),
        damaged(lambda m: m["context"].update(seq=-1)),
        damaged(lambda m: m["context"].update(consent={"categoryPreferences": {"analytics": "yes"}})),
        damaged(lambda m: m["context"].pop("library")),
    ],
    ids=range(19),
)
def test_a_damaged_message_is_not_valid(message: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validator("message").validate(message)


def test_a_batch() -> None:
    batch = {"batch": MESSAGES[:3], "writeKey": "k", "sentAt": "2026-01-02T03:04:05.678Z"}
    validator("batch").validate(batch)
    for broken in ({**batch, "batch": []}, {**batch, "sentAt": 7}, {**batch, "batch": MESSAGES[:1] * 501}):
        with pytest.raises(ValidationError):
            validator("batch").validate(broken)


@pytest.mark.parametrize(
    ("answer", "valid"),
    [
        ({"success": True, "accepted": 1, "rejected": []}, True),
        ({"success": True, "accepted": 0, "rejected": [{"messageId": "", "reason": "bot", "detail": ""}]}, True),
        ({"code": "invalid_json", "message": "the body is not JSON"}, True),
        ({"success": True, "accepted": 1, "rejected": [{"messageId": "", "reason": "mood"}]}, False),
        ({"success": False, "accepted": 1, "rejected": []}, False),
        ({"success": True}, False),
        ({"code": "Not JSON!", "message": ""}, False),
        ({}, False),
    ],
)
def test_answers(answer: dict[str, Any], valid: bool) -> None:
    assert validator("answer").is_valid(answer) == valid


def test_schemas_are_written_as_the_repository_writes_json() -> None:
    for path in (Path(__file__).parent / "schema").glob("*.json"):
        assert path.read_text() == json.dumps(json.loads(path.read_text()), indent=2, ensure_ascii=False) + "\n"
