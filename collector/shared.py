"""What events share: a message's `context`, read once for all events that say the same.

A visitor's clicks differ in id, time, element and `context.seq`; the rest of their context (page, device, library,
choice) is the same byte for byte, in a batch and from one batch to the next. So all that follows from a context alone
is worked out once and found again by the bytes: the decoded struct here, and what the steps make of it, each in its
own field of `Shared`, the first time it is asked for. Nothing is worked out ahead: a step that is never reached,
because the gate said no, leaves its field empty.

The key is the context as it was sent with the number of `seq` cut out, so it must be certain that what was cut is the
`seq` of the context, and not five bytes of a title or of something nested: else one client could write a context whose
key is another's. It is certain when the whole context was read the long way once and (1) the text `"seq"` stands in it
once, (2) no character is spelled as a \\u00 escape, so that no other name can read as `seq`, and (3) the `seq` that was
read is the number that was cut. What fails any of these is read the long way every time. With an equal rest, another
number in the same place can only be another `seq`.

This serves the events that go through the steps. Most never come here, because something like them was there before:
mould.py, and known.py, which says how a context is found again when the page is another one.
"""

from collections.abc import Hashable
from typing import Any, Final

import msgspec
from msgspec import Raw

from collector.halves import Halves
from collector.known import MAX_CONTEXT_BYTES, MAX_DIGITS, SEQ, Known, Under, is_the_seq
from collector.loose import Loose, read_context
from collector.outcome import Drop, Reason
from collector.protocol import Context

MAX_BYTES: Final = 16 * 1024**2
# What an entry holds, measured: the text, and structs and strings of three times its size
ENTRY_BYTES, TIMES_KEY = 1000, 4
_strict = msgspec.json.Decoder(Context)
_EMPTY = Context()


class Shared(msgspec.Struct):
    """A read context, under the circumstances of a request (context.py), and what the steps know of it.

    `extra`: what has no column, a JSON object as bytes, or empty. The rest belongs to the step that is named beside it
    and is None, or False, until that step was here.
    """

    context: Context
    extra: bytes
    circumstances: Hashable
    checked: bool = False  # validate: `extra` is within its limits
    verdict: Any = None  # gate
    columns: bytes | None = None  # enrich: of device and address
    page_columns: bytes | None = None  # enrich: of the page
    scrubbed: Any = None  # scrub
    row: Raw | None = None  # row: the encoded columns of all of it, for the purpose `row_purpose`
    row_purpose: str = ""
    seq: int | None = None  # of a context in which no number was found to cut out
    size: int = 0  # bytes it holds, about


class Contexts:
    """The contexts that a worker has met, for events that go through the steps; and `known`, for those that do not."""

    def __init__(self, max_bytes: int = MAX_BYTES, known: Known | None = None) -> None:
        self.kept: Halves[tuple[bytes, bytes, bytes], Shared] = Halves(max_bytes)
        self.known = known or Known()

    def of(self, said: Raw | bytes, under: Under | None, circumstances: Hashable) -> tuple[Shared, int | None]:
        """What is shared by all events with this context, and this event's `seq`.

        `said`: the message's context as it was sent, empty if there was none. Raises Drop(invalid).
        """
        raw = bytes(said)
        head, mark, tail = raw.rpartition(SEQ)
        if mark:
            digits, comma, rest = tail.partition(b",")
            if not comma:
                digits, rest = tail[:-1], b"}"
            if not digits.isdigit() or len(digits) > MAX_DIGITS:
                context, extra = read(raw, under)
                return Shared(context, extra, circumstances), context.seq
            seq = int(digits)
        else:
            head, rest, seq = raw, b"", None
        key = (b"" if under is None else under.raw, head, rest)
        shared = self.kept.get(key)
        if shared is None:
            return self._read(key, raw, under, circumstances, seq)
        if shared.circumstances is not circumstances and shared.circumstances != circumstances:
            shared = Shared(shared.context, shared.extra, circumstances, seq=shared.seq, size=shared.size)
            self.kept.replace(key, shared)
        return shared, seq if mark else shared.seq

    def forget(self) -> None:
        """After something was replaced that a step looks things up in: nothing found before may be used again."""
        self.kept.forget()
        self.known.forget()

    def _read(
        self,
        key: tuple[bytes, bytes, bytes],
        raw: bytes,
        under: Under | None,
        circumstances: Hashable,
        cut: int | None,
    ) -> tuple[Shared, int | None]:
        context, extra = read(raw, under)
        size = ENTRY_BYTES + TIMES_KEY * (len(key[0]) + len(key[1]) + len(key[2]))
        shared = Shared(context, extra, circumstances, seq=context.seq, size=size)
        if len(raw) <= MAX_CONTEXT_BYTES and is_the_seq(raw, context.seq, under, cut):
            self.kept.keep(key, shared)
        return shared, context.seq


def read(raw: bytes, under: Under | None) -> tuple[Context, bytes]:
    """The context of one message and, as JSON, what of it has no column. Raises Drop(invalid)."""
    if under is None:
        if not raw or raw == b"null":
            return _EMPTY, b""
        try:
            return _strict.decode(raw), b""
        except (msgspec.MsgspecError, RecursionError, ValueError):
            pass  # not ours; read it leniently
    try:
        known, extra = read_context(Raw(raw)) if raw and raw != b"null" else Loose({}, {})
        if under is not None:
            known, extra = under.read.known | known, under.read.extra | extra
        return Context(**known), msgspec.json.encode(extra) if extra else b""
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Drop(Reason.INVALID, "context cannot be read") from None
