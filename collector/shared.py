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

Bounded in bytes, and a long context is not kept: clients write these keys. Two halves instead of a list in order of
use: what was not asked for while one half filled up is forgotten with the other.
"""

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from collector.loose import Loose, read_context
from collector.outcome import Drop, Reason
from collector.protocol import Context

MAX_BYTES: Final = 48 * 1024**2
MAX_CONTEXT_BYTES: Final = 4096
# What an entry holds, measured: the text, and either structs and strings of three times its size or a mould
ENTRY_BYTES, TIMES_KEY = 1000, 4
SEQ = b'"seq":'
MAX_DIGITS = 15  # below 2**53
_strict = msgspec.json.Decoder(Context)
_EMPTY = Context()


class Shared(msgspec.Struct):
    """A read context, under the circumstances of a request (context.py), and what the steps know of it.

    `read`: the context, or None after `lean`; `context` reads it again. `extra`: what has no column, a JSON object as
    bytes, or empty. The rest belongs to the step that is named beside it and is None, or False, until that step was
    here.
    """

    read: Context | None
    extra: bytes
    circumstances: Hashable
    checked: bool = False  # validate: `extra` is within its limits
    verdict: Any = None  # gate
    columns: bytes | None = None  # enrich
    scrubbed: Any = None  # scrub
    row: Raw | None = None  # row: the encoded columns of all of it, for the purpose `row_purpose`
    row_purpose: str = ""
    again: bool = False  # mould.py: an event was made with it before
    moulds: Any = None  # mould.py: of events with this context that were like each other
    raw: bytes = b""  # the context as it was first sent, if it can be read again from that alone
    seq: int | None = None  # of a context in which no number was found to cut out
    more: int = 0  # bytes, of moulds beyond the first

    @property
    def context(self) -> Context:
        if self.read is None:
            self.read, _ = read(self.raw, None)
        return self.read

    def lean(self) -> None:
        """Let go of half of the memory, which is only asked for again where no mould fits."""
        if self.raw:
            self.read = self.row = None


class Under(NamedTuple):
    """The batch's own context, which lies under that of each message: as read, and as sent."""

    read: Loose
    raw: bytes


class Contexts:
    """The contexts that a worker has met."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._half = max_bytes // 2
        self.young: dict[tuple[bytes, bytes, bytes], Shared] = {}
        self._old: dict[tuple[bytes, bytes, bytes], Shared] = {}
        self._size = 0

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
        shared = self.young.get(key) or self._older(key)
        if shared is None:
            return self._read(key, raw, under, circumstances, seq)
        if shared.circumstances is not circumstances and shared.circumstances != circumstances:
            shared = self.young[key] = Shared(
                shared.context, shared.extra, circumstances, raw=shared.raw, seq=shared.seq
            )
        return shared, seq if mark else shared.seq

    def grew(self, shared: Shared, more: int) -> None:
        """What is kept with a context takes `more` bytes beyond what any context takes."""
        shared.more += more
        self._size += more

    def forget(self) -> None:
        """After something was replaced that a step looks things up in: nothing found before may be used again."""
        self.young, self._old, self._size = {}, {}, 0

    def _older(self, key: tuple[bytes, bytes, bytes]) -> Shared | None:
        shared = self._old.pop(key, None)
        if shared is not None:
            self._keep(key, shared)
        return shared

    def _keep(self, key: tuple[bytes, bytes, bytes], shared: Shared) -> None:
        self.young[key] = shared
        self._size += ENTRY_BYTES + TIMES_KEY * (len(key[0]) + len(key[1]) + len(key[2])) + shared.more
        if self._size > self._half:
            self._old, self.young, self._size = self.young, {}, 0

    def _read(
        self,
        key: tuple[bytes, bytes, bytes],
        raw: bytes,
        under: Under | None,
        circumstances: Hashable,
        cut: int | None,
    ) -> tuple[Shared, int | None]:
        context, extra = read(raw, under)
        shared = Shared(context, extra, circumstances, raw=raw if under is None else b"", seq=context.seq)
        if len(raw) <= MAX_CONTEXT_BYTES and _is_the_seq(raw, context, under, cut):
            self._keep(key, shared)
        return shared, context.seq


def _is_the_seq(raw: bytes, context: Context, under: Under | None, cut: int | None) -> bool:
    """Whether all that differs between contexts with the same key is their `seq`; see the module's text."""
    if cut is None:
        return True  # nothing was cut
    alone = under is None or "seq" not in under.read.known
    return alone and context.seq == cut and raw.count(b'"seq"') == 1 and b"\\u00" not in raw


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
