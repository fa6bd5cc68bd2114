"""The certificate of an erasure: what was removed and what was searched afterwards, signed, and kept in the ledger.

It names no person: counts, paths of removed objects, and the number of the request. Anybody with the public key can
check it (Ed25519 over the canonical JSON of everything but the signature); the ledger proves when it was made.
"""

from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from consent.admin import Admin
from consent.canonical import canonical
from consent.keys import Signer
from consent.ledger.append import Entry, append

CERTIFICATE: Final = "certificate"
_PREFIX: Final = b"firsthand.certificate.1\x1f"


def certified(site: str, request: str, report: Mapping[str, Any], at: int, signer: Signer) -> dict[str, Any]:
    """The signed document. `report`: what the erasure says of itself, without identifiers; `at` in milliseconds."""
    body = {"site": site, "request": request, "at": at, "report": dict(report), "kid": signer.kid}
    return body | {"signature": signer.sign(_PREFIX + canonical(body)).hex()}


def is_certified(document: Mapping[str, Any], public_keys: Mapping[str, bytes]) -> bool:
    """Is it ours and untouched?"""
    body = {name: value for name, value in document.items() if name != "signature"}
    raw = public_keys.get(str(body.get("kid")))
    if raw is None:
        return False
    try:
        signature = bytes.fromhex(str(document.get("signature")))
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _PREFIX + canonical(body))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def keep(connection: Connection, admin: Admin, site: str, document: Mapping[str, Any]) -> str:
    """Into the site's ledger; gives the entry's id."""
    id = admin.new_id()
    append(connection, site, [Entry(CERTIFICATE, {"id": id, "certificate": dict(document)})], admin.now, admin.random)
    return id
