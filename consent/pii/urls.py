"""Addresses, cut down to what analysis needs; the same rules and vectors in TypeScript.

* user name, password and fragment go;
* of the query only allowed names stay; a known click id keeps its name with `:redacted` as value
  (that it was an ad click is a fact, which click it was identifies a person);
* a path segment that looks like an address, a token or a secret becomes `:redacted`;
* a referrer from another site keeps its origin only.

Vectors: `tests/contract/vectors/url.json`.
"""

import re
from collections.abc import Set
from urllib.parse import unquote

import re2

REDACTED = ":redacted"
CAMPAIGN_PARAMS = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"})
CLICK_IDS = frozenset(
    {"gclid", "wbraid", "gbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id",
     "yclid", "bd_vid", "qz_gdt", "gdt_vid", "clickid", "_kx", "igshid", "mc_eid"}
)  # fmt: skip
# A JSON web token, or 32 and more unbroken letters and digits with at least one digit: reset links, session ids.
# A UUID (dashes) or a product slug does not match. In two linear looks, because as one pattern the time would grow
# with the square of what a client writes: 30 KB of letters took seconds.
_WEB_TOKEN = re2.compile(r"eyJ[\w-]+\.[\w.-]")
_RUN = re.compile(r"[A-Za-z0-9_]{32,}")
_DIGIT = re.compile(r"[0-9]")
_SPLIT = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:)?(//[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#.*)?$", re.S)


def clean_url(url: str, allowed: Set[str] = CAMPAIGN_PARAMS) -> str:
    """`url` without what may identify a person. Never raises; what cannot be parsed comes back empty."""
    match = _SPLIT.match(url)
    if match is None:
        return ""
    scheme, authority, path, query = match[1] or "", match[2] or "", match[3], match[4]
    if "@" in authority:
        authority = "//" + authority.rpartition("@")[2]
    return scheme + authority + _clean_path(path) + _clean_query(query, allowed)


def clean_referrer(referrer: str, page_host: str | None, allowed: Set[str] = CAMPAIGN_PARAMS) -> str:
    """A referrer of the same host is cleaned like a page; of another one only the origin stays."""
    match = _SPLIT.match(referrer)
    if match is None or not match[2]:
        return ""
    authority = "//" + match[2][2:].rpartition("@")[2]
    if page_host and authority[2:].casefold() == page_host.casefold():
        return clean_url(referrer, allowed)
    return f"{match[1] or ''}{authority}/"


def host_of(url: str) -> str | None:
    """Lower-case host (with port, if any) of an absolute address, else None."""
    match = _SPLIT.match(url)
    if match is None or not match[2]:
        return None
    return match[2][2:].rpartition("@")[2].casefold() or None


def path_of(url: str) -> str | None:
    """The path of an absolute or relative address."""
    match = _SPLIT.match(url)
    return (match[3] or "/") if match else None


def _clean_path(path: str) -> str:
    # Most paths hold neither; asking is ten times cheaper than splitting
    if "@" not in path and "%" not in path and len(path) < 32:
        return path
    return "/".join(_clean_segment(s) for s in path.split("/"))


def _clean_segment(segment: str) -> str:
    plain = unquote(segment)
    return REDACTED if "@" in plain or _holds_token(plain) else segment


def _holds_token(text: str) -> bool:
    if "eyJ" in text and _WEB_TOKEN.search(text.encode("utf-8", "replace")):
        return True
    return any(_DIGIT.search(run) for run in _RUN.findall(text))


def _clean_query(query: str | None, allowed: Set[str]) -> str:
    if not query:
        return ""
    kept = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        key = unquote(name).lower()
        if key in CLICK_IDS:
            kept.append(f"{key}={REDACTED}")
        elif key in allowed and "@" not in unquote(value):
            kept.append(pair)
    return "?" + "&".join(kept) if kept else ""
