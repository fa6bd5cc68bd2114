"""Addresses and titles of pages, cut down to what analysis needs, before anything leaves the process.

The same rules as in the browser SDK and in the collector, which applies them again; the golden vectors are `url.json`
and `title.json` in `tests/contract/vectors`:

* user name, password and fragment go;
* of the query only allowed names stay; a known click id keeps its name with `:redacted` as value (that it was an ad
  click is a fact, which click it was identifies a person);
* a path segment that looks like an address, a token or a secret becomes `:redacted`;
* a referrer from another site keeps its origin only;
* of a title words with an at sign go, and tokens, and runs of 11 to 19 digits.

Parsed by pattern, because `urllib` rewrites what it reads. Every pattern takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

REDACTED = ":redacted"
CAMPAIGN_PARAMS: frozenset[str] = frozenset(
    {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"}
)
CLICK_IDS: frozenset[str] = frozenset(
    {"gclid", "wbraid", "gbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id",
     "yclid", "bd_vid", "qz_gdt", "gdt_vid", "clickid", "_kx", "igshid", "mc_eid"}
)  # fmt: skip
_WEB_TOKEN = re.compile(r"eyJ[\w-]{1,200}\.[\w.-]", re.A)
# reset links, session ids; a UUID (dashes) or a product slug does not match
_RUN = re.compile(r"[A-Za-z0-9_]{32,}")
_TOKENS = re.compile(r"eyJ[\w-]{1,200}\.[\w.-]+|\w{32,}", re.A)
# as many digits as a phone, a card or an identity number has, with blanks or dashes
_NUMBERS = re.compile("[0-9\uff10-\uff19](?:[ -]?[0-9\uff10-\uff19]){10,18}[Xx]?")
_AT = re.compile("[@\uff20]")
# a word is what stands between blanks as JavaScript knows them (ECMA-262 §12.2); Python's \S knows others
_WORD = re.compile("[^\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_DIGIT = re.compile(r"[0-9]")
_SPLIT = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:)?(//[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#.*)?$", re.S)
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


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


def clean_page(page: Mapping[str, Any], allowed: Set[str] = CAMPAIGN_PARAMS) -> dict[str, Any]:
    """`context.page` with its addresses and its title cut down; what is no text is left to the encoder."""
    cleaned = dict(page)
    for name in ("url", "path", "search"):
        if isinstance(cleaned.get(name), str):
            cleaned[name] = clean_url(cleaned[name], allowed)
    if isinstance(cleaned.get("title"), str):
        cleaned["title"] = clean_title(cleaned["title"])
    if isinstance(cleaned.get("referrer"), str):
        url = page.get("url")
        cleaned["referrer"] = clean_referrer(page["referrer"], host_of(url) if isinstance(url, str) else None, allowed)
    return cleaned


def clean_title(title: str) -> str:
    """`title` without words that hold an at sign, and without tokens and long numbers."""
    if _AT.search(title):
        title = _WORD.sub(lambda word: REDACTED if _AT.search(word[0]) else word[0], title)
    # only a web token can hold a dot; of other runs those with a digit are tokens
    title = _TOKENS.sub(lambda run: REDACTED if "." in run[0] or _DIGIT.search(run[0]) else run[0], title)
    return _NUMBERS.sub(REDACTED, title)


def _clean_path(path: str) -> str:
    # Most paths hold neither; asking is ten times cheaper than splitting
    if "@" not in path and "%" not in path and len(path) < 32:
        return path
    return "/".join(map(_clean_segment, path.split("/")))


def _clean_segment(segment: str) -> str:
    plain = _unquote(segment)
    return REDACTED if "@" in plain or holds_token(plain) else segment


def holds_token(text: str) -> bool:
    """A JSON web token, or 32 and more unbroken letters and digits with at least one digit."""
    if "eyJ" in text and _WEB_TOKEN.search(text):
        return True
    return any(_DIGIT.search(run) for run in _RUN.findall(text))


def _clean_query(query: str | None, allowed: Set[str]) -> str:
    kept = []
    for pair in (query or "").split("&"):
        name, _, value = pair.partition("=")
        key = _unquote(name).lower()
        if key in CLICK_IDS:
            kept.append(f"{key}={REDACTED}")
        elif key in allowed and "@" not in _unquote(value):
            kept.append(pair)
    return "?" + "&".join(kept) if kept else ""


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    return _ESCAPES.sub(lambda escape: bytes.fromhex(escape[0].replace("%", "")).decode("utf-8", "replace"), text)
