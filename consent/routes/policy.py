"""`GET /v1/consent/policy`: the signed snapshot for this visitor. `GET /v1/consent/keys`: what to check it with.

A served notice is counted, without anything about the visitor: here for whoever asks, and at the settings for our SDKs,
which say with `?ask=1` that no choice was made yet.
"""

import hashlib
import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from consent.canonical import base64url
from consent.model import Snapshot
from consent.policy import Signals
from consent.registry import Busy, Site
from consent.routes.door import Caller, Door, answer, route, site_of
from consent.snapshots import Served, age_of, is_no_wider

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def policy_routes(door: Door) -> list[BaseRoute]:
    async def policy(request: Request) -> Response:
        caller = door.caller(request, None)
        site = site_of(door, caller)
        served = snapshot_for(door, site, request, caller)
        note_shown(door, site, served.snapshot)
        tag = f'"{hashlib.sha256(served.body).hexdigest()[:16]}"'
        headers = {"cache-control": "private, no-cache", "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, headers)
        return Response(served.body, 200, headers, "application/json")

    async def keys(request: Request) -> Response:
        ring = door.registry.ring
        if ring is None:
            raise Busy
        found = [
            {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": base64url(raw)} for kid, raw in ring.public_keys().items()
        ]
        return answer(200, {"keys": found})

    return [route("/v1/consent/policy", "GET", policy), route("/v1/consent/keys", "GET", keys)]


def note_shown(door: Door, site: Site, shown: Snapshot) -> None:
    """Count that a notice is about to be shown; nothing about the visitor."""
    if shown.banner:
        day = datetime.fromtimestamp(door.now() / 1000, UTC).date().isoformat()
        key = (site.id, day, shown.notice.hash, shown.policy_version, shown.jurisdiction, shown.region or "")
        door.registry.served[key] += 1


def snapshot_for(door: Door, site: Site, request: Request, caller: Caller) -> Served:
    """The snapshot for whoever sent this request. Raises Busy before the keys were read."""
    ring = door.registry.ring
    if ring is None:
        raise Busy
    asked = request.query_params
    locale = _matching(_LOCALE, asked.get("locale")) or _language(request.headers.get("accept-language", ""))
    signals = Signals(request.headers.get("sec-gpc") == "1", age_of(asked.get("age")))
    here = door.region(request, caller)
    found = door.snapshots.of(site, ring, here, locale, signals, door.now())
    wanted = _matching(_REGION, asked.get("region"))
    if wanted is None or wanted == here:
        return found
    other = door.snapshots.of(site, ring, wanted, locale, signals, door.now())
    return other if caller.trusted or is_no_wider(other.snapshot, found.snapshot) else found


def _matching(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text and len(text) <= 35 and pattern.fullmatch(text) else None


def _language(header: str) -> str | None:
    """The first language of Accept-Language."""
    return _matching(_LOCALE, header.partition(",")[0].partition(";")[0].strip())
