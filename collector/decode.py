"""Bytes → messages. Never raises on client data but for `NotABatch`: every message is decoded or refused.

Two ways through. The fast one decodes the whole body into structs in one go; it is what our own SDKs send, and
small bodies only, because inside it no message can be over its size limit. Whenever that fails, the body is cut
into undecoded messages and each is taken by itself, so that one bad message costs one verdict and other people's
clients (integers as ids) are understood too: loose.py. A message's context stays undecoded either way, because most
were met before: shared.py.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from collector.known import Under
from collector.loose import read_context, read_message
from collector.outcome import Drop, Reason, Rejected
from collector.protocol import (
    MAX_BATCH_MESSAGES,
    MAX_DEPTH,
    MAX_MESSAGE_BYTES,
    NO_JSON,
    BatchBody,
    Message,
    StrictBatchBody,
)

_strict_batch = msgspec.json.Decoder(StrictBatchBody)
_batch = msgspec.json.Decoder(BatchBody)
_strict_message = msgspec.json.Decoder(Message)
_strings = msgspec.json.Decoder(str)


class NotABatch(ValueError):
    """The body as a whole cannot be used; `code` goes into the answer. The text quotes no client data.

    `retry_after`: the seconds after which it may be sent again; 0 if that would change nothing.
    """

    def __init__(self, code: str, message: str, status: int = 400, retry_after: int = 0) -> None:
        super().__init__(message)
        self.code, self.status, self.retry_after = code, status, retry_after


class Unreadable(msgspec.Struct, frozen=True):
    """A message that could not be decoded: the verdict, and its bytes, of which only the shape is kept."""

    rejected: Rejected
    raw: msgspec.Raw | bytes
    properties: msgspec.Raw = NO_JSON
    traits: msgspec.Raw = NO_JSON


class Decoded(msgspec.Struct, frozen=True):
    """A decoded request. `sent_at` is the client's clock, if it said. `items` gives `size` messages, once.
    `under` is the batch's own context."""

    write_key: str | None
    sent_at: datetime | None
    size: int
    items: Iterable[Message | Unreadable]
    under: Under | None = None


T = TypeVar("T")
NewId = Callable[[], str]


def decode_batch(body: bytes, new_id: NewId) -> Decoded:
    """The body of `/v1/batch`. Raises NotABatch if it is not JSON or holds no batch."""
    body = _checked_text(body)
    if len(body) <= MAX_MESSAGE_BYTES:
        try:
            strict = _strict_batch.decode(body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            pass  # the careful way finds out what is wrong and with which message
        else:
            messages = strict.batch
            _check_count(len(messages))
            for message in messages:
                if not message.message_id:
                    message.message_id = new_id()
            return Decoded(strict.write_key, strict.sent_at, len(messages), messages, _under(strict.context))
    return _decode_carefully(body, new_id)


def decode_single(body: bytes, new_id: NewId, kind: str | None = None) -> Decoded:
    """The body of `/v1/track` and friends: one message, whose `type` the path gives (None: the message itself)."""
    body = _checked_text(body)
    try:
        head = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        head = _repaired(body, dict[str, msgspec.Raw])
    write_key = _text_or_none(head.get("writeKey"))
    sent_at = _time_or_none(head.get("sentAt"))
    if kind is not None:
        head["type"] = msgspec.Raw(msgspec.json.encode(kind))
    return Decoded(write_key, sent_at, 1, [_decode_one(msgspec.json.encode(head), new_id)])


def _decode_carefully(body: bytes, new_id: NewId) -> Decoded:
    try:
        batch = _batch.decode(body)
    except msgspec.ValidationError:
        raise NotABatch("invalid_batch", 'expected {"batch": [...], "writeKey": "..."}') from None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        batch = _repaired(body, BatchBody)
    _check_count(len(batch.batch))
    items = (_decode_one(raw, new_id) for raw in batch.batch)
    sent_at = _time_or_none(batch.sent_at)
    return Decoded(batch.write_key, sent_at, len(batch.batch), items, _under(batch.context))


def _under(raw: msgspec.Raw) -> Under | None:
    """The batch's own context. Raises NotABatch, because no message of it could be understood without."""
    if not raw:
        return None
    said = bytes(raw)
    try:
        return None if said == b"null" else Under(read_context(raw), said)
    except Drop as drop:
        raise NotABatch("invalid_batch", f"the batch's {drop.detail}") from None


def _decode_one(raw: msgspec.Raw | bytes, new_id: NewId) -> Message | Unreadable:
    """One message. A refused one keeps its id if it had a usable one, so that the client knows which."""
    size = len(memoryview(raw))
    if size > MAX_MESSAGE_BYTES:
        detail = f"a message may have {MAX_MESSAGE_BYTES} bytes, this one has {size}"
        return Unreadable(Rejected(_id_of(raw), Reason.TOO_LARGE, detail), raw)
    try:
        try:
            message = _strict_message.decode(raw)
        except msgspec.ValidationError:
            message = read_message(raw)  # not ours
        message.message_id = message.message_id or new_id()
        return message
    except Drop as drop:
        return Unreadable(Rejected(_id_of(raw), drop.reason, drop.detail), raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return Unreadable(Rejected(_id_of(raw), Reason.INVALID, "not a JSON object"), raw)


class _IdOnly(msgspec.Struct, rename="camel"):
    message_id: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


def _id_of(raw: msgspec.Raw | bytes) -> str:
    try:
        return (_text_or_none(msgspec.json.decode(raw, type=_IdOnly).message_id) or "")[:100]
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return ""


def _check_count(count: int) -> None:
    if count == 0:
        raise NotABatch("empty_batch", "the batch holds no messages")
    if count > MAX_BATCH_MESSAGES:
        raise NotABatch("too_many", f"a batch may hold {MAX_BATCH_MESSAGES} messages, this one has {count}", 413)


def _checked_text(body: bytes) -> bytes:
    # msgspec does not look into strings that are only carried; what reaches the spool must be UTF-8
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            raise NotABatch("invalid_json", "the body is not UTF-8") from None
    return body


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.S
)


# A text, or a bracket outside of texts
_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.S)
# Far below what makes the decoder give up, and far above what any part of a message may have: what is cut off here is
# refused with its message, because MAX_DEPTH is passed before
_CUT_DEPTH = 4 * MAX_DEPTH
# 10 ms on one core. A body with more is refused whole, so that nobody can buy seconds of a worker with a megabyte
_MAX_TOKENS = 50_000


def _shallow(body: bytes) -> bytes:
    """`body` with all that is nested too deeply left empty: the decoder gives the whole body up for one such message.

    Bodies with too many texts and brackets come back as they are.
    """
    kept, start, depth = [], 0, 0
    for tokens, token in enumerate(_BRACKET.finditer(body)):
        if tokens > _MAX_TOKENS:
            return body
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == _CUT_DEPTH:
                kept.append(body[start : token.end()])
        elif mark in (b"]", b"}"):
            if depth == _CUT_DEPTH:
                start = token.start()
            depth -= 1
    return b"".join([*kept, body[start:]]) if kept and depth == 0 else body


def _repaired(body: bytes, shape: type[T]) -> T:
    """Decode after replacing lone surrogates, which JavaScript makes by cutting an emoji in half, and emptying what is
    nested too deeply. Raises NotABatch."""
    try:
        mended = _ESCAPE.sub(lambda m: rb"\ufffd" if m[1] else m[0], body)
        try:
            return msgspec.json.decode(mended, type=shape)
        except RecursionError:
            return msgspec.json.decode(_shallow(mended), type=shape)
    except msgspec.ValidationError:
        raise NotABatch("invalid_batch", 'expected {"batch": [...], "writeKey": "..."}') from None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise NotABatch("invalid_json", "the body is not JSON, or is nested too deeply") from None


def _text_or_none(raw: msgspec.Raw | None) -> str | None:
    try:
        return _strings.decode(raw) if raw else None
    except (msgspec.MsgspecError, ValueError):
        return None


def _time_or_none(raw: msgspec.Raw | None) -> datetime | None:
    """A batch's `sentAt`. One that cannot be read is as good as none: it only serves to correct the clock."""
    text = _text_or_none(raw)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
