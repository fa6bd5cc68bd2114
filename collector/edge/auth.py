"""The write key of a request. It is public and only says where data belongs.

Accepted, in this order: HTTP Basic (key as user, with or without the colon), `Authorization: Bearer`, `?writeKey=`,
`writeKey` in the body. Segment's clients send two of them at once.
"""

import base64
import binascii
from urllib.parse import parse_qs


def key_of_header(authorization: bytes) -> str | None:
    """The key of an Authorization header's value, or None if there is none to read."""
    scheme, _, rest = authorization.partition(b" ")
    scheme = scheme.lower()
    try:
        if scheme == b"bearer":
            return rest.strip().decode("ascii") or None
        if scheme == b"basic":
            return base64.b64decode(rest, validate=True).decode("ascii").partition(":")[0] or None
    except (ValueError, binascii.Error):
        return None
    return None


def key_of_query(query: bytes) -> str | None:
    """`?writeKey=` of a query string."""
    if b"writeKey" not in query:
        return None
    return parse_qs(query.decode("latin-1")).get("writeKey", [None])[0]
