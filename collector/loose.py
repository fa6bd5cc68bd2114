"""Reading other people's messages: Segment's, RudderStack's, hand-made ones.

Lenient about form, strict about meaning. Ids may be numbers; times any ISO 8601; a context field that has another
shape than ours is kept as it is in the row's `context`. But consent that cannot be read refuses the message:
guessing there would widen what a person allowed.
"""

import types
import typing
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from collector.outcome import Drop, Reason
from collector.protocol import (
    MAX_ID_CHARS,
    MAX_NAME_CHARS,
    MAX_PURPOSE_CHARS,
    MAX_USER_ID_CHARS,
    NO_JSON,
    Consent,
    Context,
    Message,
)

_object = msgspec.json.Decoder(dict[str, Raw])
_any = msgspec.json.Decoder()
_IDS = ("messageId", "anonymousId", "userId", "groupId", "previousId")
_TEXTS = ("type", "event", "name", "category")
_TIMES = ("timestamp", "originalTimestamp")
_LIMITS = {
    "messageId": MAX_ID_CHARS, "anonymousId": MAX_USER_ID_CHARS, "userId": MAX_USER_ID_CHARS,
    "groupId": MAX_USER_ID_CHARS, "previousId": MAX_USER_ID_CHARS,
    "event": MAX_NAME_CHARS, "name": MAX_NAME_CHARS, "category": MAX_NAME_CHARS,
}  # fmt: skip
_WIRE_TO_FIELD = {f.encode_name: f.name for f in msgspec.structs.fields(Message)}


# Context fields that must not be misread: they decide about consent and order
_STRICT_CONTEXT = {
    "gpc": "true or false",
    "purpose": f"a string of at most {MAX_PURPOSE_CHARS} characters",
    "seq": "a number from 0",
}


class Loose(typing.NamedTuple):
    """A context read field by field: values for the struct, and what fits nowhere."""

    known: dict[str, Any]
    extra: dict[str, Any]


def read_message(raw: Raw | bytes) -> Message:
    """The message, its context still undecoded. Raises Drop(invalid) naming the field, never quoting it."""
    fields = _fields(raw, "a message")
    values: dict[str, Any] = {}
    for name in _IDS:
        values[_WIRE_TO_FIELD[name]] = _id(fields.get(name), name)
    for name in _TEXTS:
        values[_WIRE_TO_FIELD[name]] = _text(fields.get(name), name)
    for name, limit in _LIMITS.items():
        value = values[_WIRE_TO_FIELD[name]]
        if value is not None and len(value) > limit:
            raise Drop(Reason.INVALID, f"{name} may have {limit} characters")
    for name in _TIMES:
        values[_WIRE_TO_FIELD[name]] = _time(fields.get(name), name)
    for name in ("properties", "traits"):
        values[name] = _carried(fields.get(name), name)
    values["context"] = fields.get("context", NO_JSON)
    values["type"] = values["type"] or ""
    values["message_id"] = values["message_id"] or ""
    return Message(**values)


def read_context(raw: Raw) -> Loose:
    """A context object. Raises Drop(invalid) if it is none, or if its consent cannot be read."""
    fields = _fields(raw, "context")
    known, extra = _split(fields, Context)
    if _present(fields.get("consent")):
        known["consent"] = _consent(fields["consent"])
        extra.pop("consent", None)
    elif "consentManagement" in fields:
        known["consent"] = _rudder_consent(fields["consentManagement"])
        extra.pop("consentManagement", None)
    for name, expected in _STRICT_CONTEXT.items():
        if name in extra:
            raise Drop(Reason.INVALID, f"context.{name} must be {expected}")
    extra.pop("ip", None)  # the request's own address counts, and only for the geo look-up
    return Loose(known, extra)


def _split(fields: dict[str, Raw], shape: type[Struct]) -> Loose:
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    table = _TABLES[shape]
    for name, raw in fields.items():
        if name not in table:
            extra[name] = raw
            continue
        field, decoder, nested = table[name]
        try:
            known[field] = decoder.decode(raw)
        except (msgspec.MsgspecError, ValueError):
            if nested is None:
                extra[name] = raw
            else:
                _split_nested(known, extra, name, field, raw, nested)
    return Loose(known, extra)


def _split_nested(
    known: dict[str, Any], extra: dict[str, Any], name: str, field: str, raw: Raw, nested: type[Struct]
) -> None:
    try:
        inner = _object.decode(raw)
    except (msgspec.MsgspecError, ValueError):
        extra[name] = raw
        return
    inner_known, inner_extra = _split(inner, nested)
    known[field] = nested(**inner_known)
    if inner_extra:
        extra[name] = inner_extra


def _consent(raw: Raw) -> Consent:
    fields = _fields(raw, "context.consent")
    known, _ = _split(fields, Consent)
    if _present(fields.get("categoryPreferences")) and known.get("category_preferences") is None:
        raise Drop(Reason.INVALID, "context.consent.categoryPreferences must map purposes to true or false")
    return Consent(**known)


class _RudderConsent(Struct, rename="camel"):
    allowed_consent_ids: list[str] = []
    denied_consent_ids: list[str] = []


def _rudder_consent(raw: Raw) -> Consent:
    """RudderStack's `consentManagement`: two lists of ids, which are our purposes."""
    try:
        lists = msgspec.json.decode(raw, type=_RudderConsent)
    except (msgspec.MsgspecError, ValueError):
        raise Drop(Reason.INVALID, "context.consentManagement must hold lists of consent ids") from None
    preferences = dict.fromkeys(lists.allowed_consent_ids, True) | dict.fromkeys(lists.denied_consent_ids, False)
    return Consent(category_preferences=preferences)


def _fields(raw: Raw | bytes, what: str) -> dict[str, Raw]:
    try:
        return _object.decode(raw)
    except (msgspec.MsgspecError, ValueError):
        raise Drop(Reason.INVALID, f"{what} must be a JSON object") from None


def _present(raw: Raw | None) -> bool:
    return raw is not None and bytes(raw) != b"null"


def _scalar(raw: Raw | None, name: str) -> Any:
    if raw is None:
        return None
    try:
        return _any.decode(raw)
    except (msgspec.MsgspecError, ValueError):
        raise Drop(Reason.INVALID, f"{name} cannot be read") from None


def _id(raw: Raw | None, name: str) -> str | None:
    value = _scalar(raw, name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return bytes(raw).decode() if raw else None  # as it was written: a large number keeps its digits
    raise Drop(Reason.INVALID, f"{name} must be a string")


def _text(raw: Raw | None, name: str) -> str | None:
    value = _scalar(raw, name)
    if value is None or isinstance(value, str):
        return value
    raise Drop(Reason.INVALID, f"{name} must be a string")


def _time(raw: Raw | None, name: str) -> datetime | None:
    value = _scalar(raw, name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # refused below, like every other form
    raise Drop(Reason.INVALID, f"{name} must be an ISO 8601 time")


def _carried(raw: Raw | None, name: str) -> Raw:
    if not _present(raw) or raw is None:
        return NO_JSON
    if bytes(raw)[:1] != b"{":
        raise Drop(Reason.INVALID, f"{name} must be an object")
    return raw


def _table(shape: type[Struct]) -> dict[str, tuple[str, "msgspec.json.Decoder[Any]", type[Struct] | None]]:
    """Per wire name: field, decoder, and the nested struct if it is one."""
    table = {}
    for field in msgspec.structs.fields(shape):
        nested = next(
            (t for t in typing.get_args(field.type) if isinstance(t, type) and issubclass(t, Struct)), None
        ) if isinstance(field.type, types.UnionType) else None  # fmt: skip
        table[field.encode_name] = (field.name, msgspec.json.Decoder(field.type), nested)
        if nested is not None and nested not in _TABLES:
            _TABLES[nested] = _table(nested)
    return table


_TABLES: dict[type[Struct], dict[str, tuple[str, "msgspec.json.Decoder[Any]", type[Struct] | None]]] = {}
_TABLES[Context] = _table(Context)
