"""Which site sent the visitor, and what kind of site it is.

`referrer_host` is lower-case, with a port if there was one. `referrer_kind` is
`internal` (the page's own site, subdomains included) · `search` (engines and answering assistants) · `social` ·
`email` (web mail) · `ad` (ad servers) · `other` (any other site) · `direct` (a web page with no referrer).
A referrer that is no absolute address, as a mini-program's page path, gives neither: nothing is known.

The kind is the site's, not the visit's: a bought search click comes from a search engine as well. `campaign.py`'s
`click_id_type` and `utm_medium` tell them apart.
"""

from collector.enrich.model import Columns, Enrichment, Facts, encodable
from collector.enrich.sites import kind_of
from consent.pii.urls import host_of

COLUMNS = ("referrer_host", "referrer_kind")
MAX_HOST_CHARS = 255  # a host name has at most 253 characters (RFC 1035); a port may follow

Key = tuple[str, str]
_DIRECT: Key = ("", "")


def key(facts: Facts) -> Key | None:
    """The authorities of referrer and page, still raw: cutting them out exactly is left to `look_up`."""
    referrer, page = facts.referrer, facts.page_url
    if not referrer:
        return _DIRECT if page and facts.platform == "web" else None
    parts = referrer.split("/", 3)
    if len(parts) < 3 or parts[1]:
        return None
    own = page.split("/", 3) if page else ()
    return (parts[2], own[2] if len(own) > 2 and not own[1] else "")


def look_up(key: Key) -> Columns:
    """The columns; pure and total."""
    if key == _DIRECT:
        return {"referrer_kind": "direct"}
    host = _host(key[0])
    if host is None:
        return {}
    return {"referrer_host": host, "referrer_kind": _kind(_portless(host), _portless(_host(key[1]) or ""))}


def _host(authority: str) -> str | None:
    host = host_of(f"//{encodable(authority)}")
    return host if host and len(host) <= MAX_HOST_CHARS else None


def _portless(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _kind(host: str, page_host: str) -> str:
    if page_host and _same_site(host, page_host):
        return "internal"
    return kind_of(host) or "other"


def _same_site(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def build(_: object = None) -> Enrichment:
    """The enrichment; it needs nothing."""
    return Enrichment("referrer", COLUMNS, key, look_up, of_page=True)
