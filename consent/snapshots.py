"""Snapshots as they are served: resolved, signed, encoded, and remembered for the hour in which they are equal."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from consent.canonical import base64url, canonical
from consent.jurisdictions import MODES
from consent.keys import KeyRing, Signer
from consent.model import Age, Snapshot
from consent.policy import Signals, resolve
from consent.registry import Site

CACHED = 512
_STRICT = {"granted": 0, "pending": 1, "denied": 2}


class Served(Struct, frozen=True):
    """A signed snapshot and its JSON."""

    snapshot: Snapshot
    body: bytes


class Snapshots:
    """The signed snapshots of all sites. Answers of a policy or a map that was replaced go with their gate."""

    def __init__(self) -> None:
        self._signer: tuple[KeyRing, Signer] | None = None
        self._served: dict[tuple[object, ...], Served] = {}

    def of(
        self, site: Site, ring: KeyRing, region: str | None, locale: str | None, signals: Signals, now: int
    ) -> Served:  # fmt: skip
        """What a visitor is served. `now` in milliseconds."""
        if self._signer is None or self._signer[0] is not ring:
            self._signer = (ring, ring.signer())
            self._served.clear()
        key = (site.gate, region, (locale or "")[:35].lower(), signals, now // 3_600_000)
        found = self._served.get(key)
        if found is None:
            if len(self._served) >= CACHED:
                self._served.clear()
            found = self._served[key] = self._make(site, self._signer[1], region, locale, signals, now)
        return found

    def _make(
        self, site: Site, signer: Signer, region: str | None, locale: str | None, signals: Signals, now: int
    ) -> Served:  # fmt: skip
        at = datetime.fromtimestamp(now / 1000, UTC)
        snapshot = resolve(site.gate.document, site.events, site.id, region, locale, signals, at)
        value = base64url(signer.sign(canonical(snapshot)))
        signed = msgspec.structs.replace(snapshot, signature={"alg": "Ed25519", "kid": signer.kid, "value": value})
        return Served(signed, msgspec.json.encode(signed))


def is_no_wider(one: Snapshot, than: Snapshot) -> bool:
    """Is `one` in each purpose as strict as `than`?"""
    return all(
        _STRICT[a.default] >= _STRICT[b.default] and MODES.index(a.mode) >= MODES.index(b.mode)
        for a, b in zip(one.purposes, than.purposes, strict=True)
    )


def age_of(text: str | None) -> Age:
    """What a client says about age; what it misspells is unknown."""
    return "child" if text == "child" else "adult" if text == "adult" else "unknown"
