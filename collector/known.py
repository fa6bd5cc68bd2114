"""A context found again in two parts: where it was, which many visitors have in common, and whose it was.

A visitor goes from page to page, and a page is seen by one visitor after another. The text of a context is therefore
cut at its page and at the number of its `seq`:

    {"library":{…},"page": | {"url":"…",…} | ,"locale":"…",…,"sessionId":"…","seq": | 41 | ,"consent":{…}}
    head                     page            between                                  digits  end

The page is a `Place`, what lies around it a `Visit`; each is read once, with what the steps made of it (mould.py), and
any visit with any place is a context that was never met as a whole and is known all the same. Contexts without a page
in that order, or with one that is not plain, are visits as a whole.

A client writes these texts, so a pair must never mean what its text would not. That follows from how JSON is built:
exchange one whole value of a member for another whole value, and all else says what it said. So it must be certain that
what was cut is a whole value in its place, and of the context itself. Of a visit it is, when the text with `{}` for its
page was read and (1) `"page"` and `"seq"` stand in it once, (2) no character is spelled as a \\u00 escape, so that no
other name can read as these, (3) a page and the number that was cut were read as page and `seq`, (4) all of it was
understood without leniency and names no campaign, which would go before the page's own. Of a place it is, when its text
alone was read as a page. How the text is cut when it comes again proves nothing and need not: the pieces are compared
whole.
"""

from collections.abc import Hashable
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import Raw, Struct

from collector.halves import Halves
from collector.loose import Loose
from collector.protocol import NO_JSON, Context, Page

VISITS_BYTES: Final = 24 * 1024**2
PLACES_BYTES: Final = 8 * 1024**2
MAX_CONTEXT_BYTES: Final = 4096  # a longer one is not kept
VISIT_BYTES: Final = 450  # what an entry holds beside its texts, measured
PLACE_BYTES: Final = 350
SEQ: Final = b'"seq":'
PAGE: Final = b'"page":'
MAX_DIGITS: Final = 15  # below 2**53
_OPEN: Final = b'"page":{'
_URL: Final = b',"page_url":'
_PATH: Final = b',"page_path":'
_strict = msgspec.json.Decoder(Context)
_strict_page = msgspec.json.Decoder(Page)


class Under(NamedTuple):
    """The batch's own context, which lies under that of each message: as read, and as sent."""

    read: Loose
    raw: bytes


class Sender(Protocol):
    """A source (context.py): equal ones see pages alike."""

    @property
    def id(self) -> str: ...


class Place(Struct, gc=False, frozen=True):
    """A page behind the text `head`, as `source` sees it, and its columns: the value of `page_url`, or where there is
    none of `page_path`, with the other columns behind it."""

    source: Sender
    head: bytes
    url: Raw
    path: Raw
    size: int


class Visit(Struct, gc=False):
    """All of a context but page and number, under the circumstances of a request (context.py).

    `between` is empty if the page was not cut out, `end` if no number was; then `seq` is that of the context. `again`:
    an event was made with it before. `certain`: what was cut is what it seems; None until somebody had to know.
    """

    circumstances: Hashable
    head: bytes
    between: bytes
    end: bytes
    size: int
    seq: int | None = None
    again: bool = False
    certain: bool | None = None
    moulds: Any = None  # mould.py
    more: int = 0  # bytes of them, counted in `size`


# A context's text, cut: what comes before `between`, with the page; the same without; between; digits; end
Parts: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes]


class Known:
    """The visits and places that a worker has met. Give `source_of` each request's source: places compare by `is`."""

    def __init__(self, visits_bytes: int = VISITS_BYTES, places_bytes: int = PLACES_BYTES) -> None:
        self.visits: Halves[tuple[bytes, bytes, bytes, bytes], Visit] = Halves(visits_bytes)
        self.places: Halves[bytes, Place] = Halves(places_bytes)
        self._sources: dict[str, Sender] = {}
        self._heads: dict[bytes, bytes] = {}

    def source_of(self, source: Sender) -> Sender:
        """The one object for all that equal it, because sources are read anew from time to time."""
        held = self._sources.get(source.id)
        if held is not source:
            if held == source:
                return held
            self._sources[source.id] = source
        return source

    def find(
        self, raw: bytes, under: bytes, circumstances: Hashable, source: Sender
    ) -> tuple[Visit, Place | None, bytes] | None:
        """The visit and the place of a context and the digits of its number, if they may be used."""
        parts = cut(raw)
        if parts is None:
            return None
        left, head, between, digits, end = parts
        if between and not under:
            place = self.places.young.get(left)
            if place is None or place.source is not source:
                place = self._place(left, source)
            if place is not None:
                visit = self.visits.get((b"", head, between, end))
                if visit is not None and visit.certain and _under(visit, circumstances):
                    return visit, place, digits
        visit = self.visits.get((under, left + between, b"", end))
        if visit is not None and visit.certain and _under(visit, circumstances):
            return visit, None, digits
        return None

    def meet(
        self, raw: bytes, under: Under | None, circumstances: Hashable, source: Sender, seq: int | None, page: bytes
    ) -> Visit | None:
        """The visit of an event that has gone through all steps; None if it is not to be kept.

        `seq`: its number, as read; `page`: the columns that the steps made of its page, which is then known too.
        """
        parts = cut(raw) if len(raw) <= MAX_CONTEXT_BYTES else None
        if parts is None:
            return None
        left, head, between, digits, end = parts
        if between and under is None:
            visit = self._visit(b"", head, between, end, circumstances)
            if not visit.again:
                return visit
            if visit.certain is None:
                visit.certain = _is_cut_well(parts, visit)
            if visit.certain and self._settle(parts, source, page):
                return visit
        visit = self._visit(b"" if under is None else under.raw, left + between, b"", end, circumstances)
        if visit.again and visit.certain is None:
            visit.certain = is_the_seq(raw, seq, under, int(digits) if end else None)
            visit.seq = seq
        return None if visit.certain is False else visit

    def grew(self, visit: Visit, more: int) -> None:
        """The moulds of a visit hold `more` bytes than before."""
        visit.more += more
        visit.size += more
        self.visits.grew(more)

    def forget(self) -> None:
        self.visits.forget()
        self.places.forget()

    def _visit(self, under: bytes, head: bytes, between: bytes, end: bytes, circumstances: Hashable) -> Visit:
        visit = self.visits.get((under, head, between, end))
        if visit is None:
            head = self._one(head)
            size = VISIT_BYTES + len(under) + len(head) + len(between) + len(end)
            visit = Visit(circumstances, head, between, end, size)
            self.visits.keep((under, head, between, end), visit)
        elif not _under(visit, circumstances):
            visit.circumstances, visit.moulds = circumstances, None
            self.grew(visit, -visit.more)
        return visit

    def _one(self, head: bytes) -> bytes:
        """The same object for equal texts: what lies before a page is hardly ever more than the library's name."""
        if len(head) > 512 or (len(self._heads) >= 1024 and head not in self._heads):
            return head
        return self._heads.setdefault(head, head)

    def _place(self, left: bytes, source: Sender) -> Place | None:
        place = self.places.get(left)
        if place is not None and place.source is not source:
            place = self.places.get(_of_another(left, source))
        return place if place is not None and place.source is source else None

    def _settle(self, parts: Parts, source: Sender, page: bytes) -> bool:
        """Whether the page is a place now."""
        left, head = parts[0], self._one(parts[1])
        before = self.places.get(left)
        if before is not None and (before.source is source or self._place(left, source) is not None):
            return True
        url, path = page.startswith(_URL), page.startswith(_PATH)
        if not url and not path:
            return False
        try:
            _strict_page.decode(left[len(head) :])
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return False
        columns, size = Raw(page[len(_URL if url else _PATH) :]), PLACE_BYTES + len(left) + len(page)
        made = Place(source, head, columns if url else NO_JSON, NO_JSON if url else columns, size)
        if before is None:
            self.places.keep(left, made)
        elif before.source.id == source.id:
            self.places.replace(left, made)
        elif self.places.get(other := _of_another(left, source)) is None:
            self.places.keep(other, made)
        else:
            self.places.replace(other, made)
        return True


def _of_another(left: bytes, source: Sender) -> bytes:
    """The key of a place whose text another source sent too. No context begins so."""
    return source.id.encode() + b"\0" + left


def _under(visit: Visit, circumstances: Hashable) -> bool:
    return visit.circumstances is circumstances or visit.circumstances == circumstances


def cut(raw: bytes) -> Parts | None:
    """The parts of a context's text; None if what stands where its number should is none."""
    said, mark, tail = raw.rpartition(SEQ)
    if mark:
        digits, comma, _ = tail.partition(b",")
        if not comma:
            digits = tail[:-1]
        if not digits.isdigit() or len(digits) > MAX_DIGITS:
            return None
        end = tail[len(digits) :]
    else:
        said, digits, end = raw, b"", b""
    at = said.find(_OPEN)
    stop = said.find(b"}", at) + 1 if at >= 0 else 0
    if stop == 0 or stop == len(said):
        return said, said, b"", digits, end
    return said[:stop], said[: at + len(PAGE)], said[stop:], digits, end


def _is_cut_well(parts: Parts, visit: Visit) -> bool:
    """Whether another page and another number in these places can only be that; see the module's text."""
    _, head, between, digits, end = parts
    text = b"".join((head, b"{}", between, SEQ + digits if end else b"", end))
    if b"\\u00" in text or text.count(b'"page"') != 1:
        return False
    try:
        said = _strict.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return False
    visit.seq = said.seq
    numbered = not end or (said.seq == int(digits) and text.count(b'"seq"') == 1)
    return numbered and said.page is not None and said.campaign is None


def is_the_seq(raw: bytes, seq: int | None, under: Under | None, cut: int | None) -> bool:
    """Whether contexts that are equal but for what was cut differ in `seq` (as read) and nothing else: shared.py."""
    if cut is None:
        return True  # nothing was cut
    alone = under is None or "seq" not in under.read.known
    return alone and seq == cut and raw.count(b'"seq"') == 1 and b"\\u00" not in raw
