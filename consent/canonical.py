"""One spelling of a JSON value, and the content hashes that name policies, purposes and notices.

The spelling is RFC 8785 for what our documents hold: objects with ASCII keys, lists, strings, whole numbers, booleans
and null. Keys are sorted, nothing is blank, characters beyond ASCII stand as they are. Any language can repeat it.

A name is `<kind>1_<128 bits of SHA-256 as base64url>`: `pv` a policy, `pu` a purpose, `no` a notice. The kind is
hashed along, so that the same content under two kinds has two names.
"""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")
NAME_BYTES = 16


def canonical(value: Any) -> bytes:
    """The one spelling of `value` (JSON types or msgspec structs).

    Raises TypeError for a fraction: its spelling differs between languages.

    >>> canonical({"b": [1, None], "a": "é"})
    b'{"a":"\\xc3\\xa9","b":[1,null]}'
    """
    builtins = msgspec.to_builtins(value)
    _refuse_fractions(builtins)
    return _encoder.encode(builtins)


def content_name(kind: str, value: Any) -> str:
    """The content hash of `value` as a name of its kind."""
    digest = hashlib.sha256(kind.encode() + b"\x1f" + canonical(value)).digest()
    return f"{kind}1_{base64url(digest[:NAME_BYTES])}"


def base64url(raw: bytes) -> str:
    """RFC 4648 §5 without padding, as in JWS."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a canonical document holds no fractions")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_fractions(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_fractions(inner)
