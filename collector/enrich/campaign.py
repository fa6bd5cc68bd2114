"""Where a visit was bought or announced: the five utm values and which click id there was.

What the client read (`context.campaign`) goes before what the address says, value by value. The address is searched
behind its `?` and behind its `#`, since many single-page sites carry the query there.

Of a click id only the name of the parameter is kept: that it was an ad click is a fact, which click it was
identifies a person. A utm value with an @ is somebody's address and one over 200 characters is no campaign; both
are left out.
"""

import re
from urllib.parse import unquote_plus

from collector.enrich.model import Campaign, Columns, Enrichment, Facts, encodable
from consent.pii.urls import CLICK_IDS

COLUMNS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id_type")
MAX_VALUE_CHARS = 200
_UTM = COLUMNS[:5]
# The semicolon is for links copied out of HTML source, which carry &amp; between parameters
_PARAMETER = re.compile(rf"[?&#;]({'|'.join(_UTM)}|{'|'.join(sorted(CLICK_IDS))})=([^&#]+)")
_QUERY = re.compile(r"[?#]")
_EMPTY: Campaign = (None, None, None, None, None)

Key = tuple[Campaign | None, str]


def key(facts: Facts) -> Key | None:
    """What the client read, and the address if it names a campaign or a click id."""
    url, campaign = facts.page_url or "", facts.campaign
    if "utm_" not in url:
        # Each click id holds one of these three; asking is cheaper than the regex, and most pages hold none
        mark = "id=" in url or "_kx=" in url or "qz_gdt=" in url
        if not (mark and _PARAMETER.search(url)):
            url = ""
    return (campaign, url) if campaign or url else None


def look_up(key: Key) -> Columns:
    """The columns; pure and total."""
    campaign, url = key
    columns: Columns = {}
    for name, value in zip(_UTM, campaign or _EMPTY, strict=False):
        _put(columns, name, value)
    query = _QUERY.search(url)
    for match in _PARAMETER.finditer(url, query.start()) if query else ():
        name = match[1]
        if name in CLICK_IDS:
            columns.setdefault("click_id_type", name)
        elif name not in columns:
            # Cut before decoding: no accepted value is longer, percent-encoded in four bytes a character
            _put(columns, name, unquote_plus(match[2][: MAX_VALUE_CHARS * 12 + 12], errors="replace"))
    return columns


def _put(columns: Columns, name: str, value: str | None) -> None:
    if value is None:
        return
    value = encodable(value).strip()
    if value and "@" not in value and len(value) <= MAX_VALUE_CHARS:
        columns[name] = value


def build(_: object = None) -> Enrichment:
    """The enrichment; it needs nothing."""
    return Enrichment("campaign", COLUMNS, key, look_up, of_page=True)
