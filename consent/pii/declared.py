"""Fields that say by their name that they hold PII, wherever they stand in an event.

A name is compared after dropping case, `_`, `-`, `.`, blanks, and is matched whole or by its last words
(`billingEmail`, `customer_phone`). What is found is replaced by its keyed pseudonym or, where a
pseudonym would be of no use (`password`, `name`), dropped. Detection inside free text is the
firewall's next layer and stands behind the same function.
"""

import re
from functools import lru_cache
from typing import Any

import re2

from consent.pii.hashing import Key, pseudonym
from consent.pii.urls import clean_url

HASHED = {
    "email": "email", "emailaddress": "email", "mail": "email", "useremail": "email",
    "phone": "phone", "phonenumber": "phone", "mobile": "phone", "mobilephone": "phone", "tel": "phone",
    "telephone": "phone", "cellphone": "phone", "msisdn": "phone", "手机": "phone", "手机号": "phone", "电话": "phone",
    "邮箱": "email", "身份证": "id", "身份证号": "id",
    "idcard": "id", "idnumber": "id", "idno": "id", "ssn": "id", "passport": "id", "passportnumber": "id",
    "nationalid": "id", "taxid": "id", "openid": "openid", "unionid": "openid",
}  # fmt: skip
DROPPED = frozenset(
    {"password", "passwd", "pwd", "secret", "token", "accesstoken", "refreshtoken", "apikey", "authorization",
     "cookie", "cvv", "cvc", "cardnumber", "creditcard", "bankcard", "iban", "ip", "ipaddress", "firstname",
     "lastname", "fullname", "realname", "birthday", "birthdate", "dateofbirth", "streetaddress", "姓名", "住址"}
)  # fmt: skip
# Addresses inside an object: Segment's page calls carry them beside the context
ADDRESSES = frozenset({"url", "href", "pageurl", "referrer", "referer", "search"})

# Objects that describe a person: below them `name` and `address`, harmless for a product or a page, are PII too
PERSONS = frozenset({"traits", "user", "customer", "person", "contact", "recipient", "shipping", "billing",
                     "shippingaddress", "billingaddress"})  # fmt: skip
OF_A_PERSON = frozenset({"name", "address", "username", "nickname", "avatar", "postalcode", "zip", "zipcode", "street",
                         "昵称", "地址"})  # fmt: skip

_SUFFIXES = tuple(k for k in HASHED if len(k) >= 5 and k.isascii())
MAX_CACHED_CHARS = 128  # clients write these names: a longer one would make the cache large
_NOISE = re.compile(r"[_\-.\s]+")


def plain_name(name: str) -> str:
    """The spelling under which a name is looked up."""
    # Not casefold: "ß" would become "ss", which may_declare cannot see
    return _NOISE.sub("", name).lower()


def kind_of(name: str) -> str | None:
    """`email`, `phone`, `id` (hashed), `drop`, `url` (cut down), or None for a name that declares nothing."""
    return _kind_of(name) if len(name) <= MAX_CACHED_CHARS else _kind_of.__wrapped__(name)


@lru_cache(8192)
def _kind_of(name: str) -> str | None:
    key = plain_name(name)
    if key in HASHED:
        return HASHED[key]
    if key in DROPPED:
        return "drop"
    if key in ADDRESSES:
        return "url"
    for suffix in _SUFFIXES:
        if key.endswith(suffix):
            return HASHED[suffix]
    return None


def _spread(name: str) -> str:
    """A regular expression for `name` with the noise that `kind_of` ignores between its letters."""
    return _BETWEEN.join(re.escape(c) for c in name)


# Between the letters of a name, inside a JSON string: everything rarer than these is an escape or one of _RARE_BLANKS
_BETWEEN = r"[_\-. ]*"
# The other characters that Python's \s matches. A text that holds one, a key or not, is walked: spelled out between all
# letters they would make the pattern fifty times larger than the cache its search needs
_RARE_BLANKS = r"[\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
# An address matters if it has a query, a fragment, a user, an escape or a segment that may be a token, or is no text
_TO_CUT = r"""(?:"[^"?#@%]*[?#@%]|"[^"]*(?:eyJ|[A-Za-z0-9_]{32})|[^"\s])"""
# One linear pass over an event's bytes: is there a key that `kind_of` knows, or a backslash that could hide one? Keys
# stand before a colon at every depth, so a repeated or nested one is seen too. Never misses what `kind_of` would find
# (a test compares).
_PATTERN = (
    rf"(?i)\\|{_RARE_BLANKS}"
    + rf'|"{_BETWEEN}(?:{"|".join(_spread(n) for n in (*HASHED, *DROPPED))}){_BETWEEN}"\s*:'
    + rf'|(?:{"|".join(_spread(n) for n in _SUFFIXES)}){_BETWEEN}"\s*:'
    + rf'|"{_BETWEEN}(?:{"|".join(_spread(n) for n in sorted(PERSONS))}){_BETWEEN}"\s*:\s*[{{\[]'
    + rf'|"{_BETWEEN}(?:{"|".join(_spread(n) for n in sorted(ADDRESSES))}){_BETWEEN}"\s*:\s*{_TO_CUT}'
)
# A set, because its match costs half of a search's
_MAY_DECLARE = re2.Set.SearchSet()
_MAY_DECLARE.Add(_PATTERN)
_MAY_DECLARE.Compile()


def may_declare(encoded: bytes) -> bool:
    """Whether a JSON object has to be walked by `scrub_declared`; False is certain, True may be a false alarm."""
    return _MAY_DECLARE.Match(encoded) is not None


def scrub_declared(value: Any, key: Key, actions: dict[str, int], person: bool = False) -> Any:
    """`value` with declared PII replaced; counts what was done in `actions` as `{"email:hash": n}`.

    `person`: the object describes a person (the traits of `identify`), see `OF_A_PERSON`.
    """
    if isinstance(value, dict):
        fields = ((k, _scrub_field(k, v, key, actions, person)) for k, v in value.items())
        return {k: v for k, v in fields if v is not _GONE}
    if isinstance(value, list):
        return [scrub_declared(v, key, actions, person) for v in value]
    return value


_GONE: Any = object()


def _scrub_field(name: str, value: Any, key: Key, actions: dict[str, int], person: bool) -> Any:
    kind = kind_of(name)
    if kind is None and person and plain_name(name) in OF_A_PERSON:
        kind = "person"
    if kind is None or value is None or isinstance(value, bool):
        return scrub_declared(value, key, actions, person or plain_name(name) in PERSONS)
    if kind == "url":
        return _clean_address(name, value, key, actions)
    if kind in ("drop", "person"):
        _count(actions, "secret:drop" if kind == "drop" else "person:drop")
        return _GONE
    if isinstance(value, (dict, list)):
        _count(actions, f"{kind}:drop")  # a declared name over a structure: nobody can say what is inside
        return _GONE
    _count(actions, f"{kind}:hash")
    return pseudonym(key, kind, str(value))


def _clean_address(name: str, value: Any, key: Key, actions: dict[str, int]) -> Any:
    if isinstance(value, str):
        return clean_url(value)
    if isinstance(value, list):
        return [_clean_address(name, v, key, actions) for v in value]
    return scrub_declared(value, key, actions)


def _count(actions: dict[str, int], action: str) -> None:
    actions[action] = actions.get(action, 0) + 1
