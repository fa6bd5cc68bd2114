"""The id cookie, set by the collector where the web SDK asks for it (its part `id_cookie`).

    POST /v1/id     `{"writeKey", "anonymousId", "domain", "consent"}` → 204 with `Set-Cookie: fh.<write key>.id=…`

Safari keeps what a script writes for seven days (WebKit, "Intelligent Tracking Prevention 2.1"); what a server of
the same site sets lives as long as it says. So the cookie that the SDK writes anyway comes a second time, by header:
the same name, value, domain and end, which is 13 months after the id was made. It is not HttpOnly, because the SDK
must read it, and take it away after a no.

Set only where the browser itself says that page and collector are one site (`Sec-Fetch-Site`), for a domain that the
page lies in, and with consent for analytics *stated*: that nobody was asked is not enough here, whatever the source's
mode. Nothing of it is kept. The browser does the rest: it refuses a domain that the collector does not lie in, and
public suffixes.
"""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.edge.visitors import Visitors
from collector.protocol import Consent
from collector.routes.ingest import Refused, authorise, read_object
from collector.routes.small import address_of, answered
from collector.state import State
from consent.decide import ANALYTICS, decide

MAX_BYTES = 8 * 1024
LIFETIME = 395 * 86_400
AHEAD = 86_400
# A page asks once; an address may stand for a classroom
OF_AN_ADDRESS = (5.0, 60.0)
UUID7 = re.compile(r"([\da-f]{8})-([\da-f]{4})-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
NAME = re.compile(r"[\w-]{1,100}")


class IdBody(msgspec.Struct, rename="camel"):
    """`domain`: where the cookie shall be readable, `shop.example`; empty for this host alone."""

    anonymous_id: str
    write_key: str | None = None
    domain: str = ""
    consent: Consent | None = None


def cookie(key: str, anonymous_id: str, domain: str, origin: str, now: float) -> str:
    """The header's value. `now`: seconds since 1970. Raises Refused (400) for an id or a domain that may have none."""
    found = UUID7.fullmatch(anonymous_id)
    left = int(int(found[1] + found[2], 16) / 1000 + LIFETIME - now) if found else 0
    if not 0 < left <= LIFETIME + AHEAD:
        raise Refused(400, "invalid", "anonymousId: a UUIDv7 of the last 13 months is needed")
    page = urlsplit(origin)
    within = DOMAIN.fullmatch(domain) and f".{page.hostname}".endswith(f".{domain}")
    if domain and not within:
        raise Refused(400, "invalid", "domain: one that the page lies in is needed")
    if not NAME.fullmatch(key):
        raise Refused(400, "invalid", "this write key can be no cookie's name")
    parts = [f"fh.{key}.id={anonymous_id}", f"Max-Age={min(left, LIFETIME)}", "Path=/", "SameSite=Lax"]
    parts += ["Secure"] if page.scheme == "https" else []
    return "; ".join([*parts, f"Domain={domain}"] if domain else parts)


def identity_routes(state: Callable[[], State], now: Callable[[], float] = time.time) -> list[Route]:
    decoder = msgspec.json.Decoder(IdBody)
    addresses = Visitors(*OF_AN_ADDRESS, time.monotonic)

    async def wanted(held: State, request: Request) -> Response:
        body = await read_object(held, request, decoder, MAX_BYTES)
        headers = dict(request.scope["headers"])
        source = authorise(held, headers, request.scope["query_string"], body.write_key)
        wait = addresses.take(f"{source.id} {address_of(held, request)}", held.settings.workers)
        if wait:
            raise Refused(429, "rate_limited", "too many of these; wait", wait)
        if headers.get(b"sec-fetch-site") not in (b"same-origin", b"same-site"):
            raise Refused(403, "origin", "only a page of the collector's own site may ask for this")
        preferences = body.consent.category_preferences if body.consent is not None else None
        stated = bool(preferences) and preferences.get(ANALYTICS) is True  # type: ignore[union-attr]
        if not stated or decide(ANALYTICS, preferences, source.mode, headers.get(b"sec-gpc") == b"1") != "allow":
            raise Refused(403, "no_consent", "this needs the person's consent for analytics: say it in `consent`")
        made = cookie(source.write_key, body.anonymous_id, body.domain, request.headers.get("origin", ""), now())
        return Response(None, 204, {"set-cookie": made})

    async def endpoint(request: Request) -> Response:
        held = state()
        return await answered(held, {"cache-control": "no-store"}, wanted(held, request))

    return [Route("/v1/id", endpoint, methods=["POST"])]
