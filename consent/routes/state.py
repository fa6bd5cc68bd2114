"""`GET /v1/consent/state`: what holds now, and a fresh token. For who holds the person's token, or for a server."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from consent.record import states
from consent.registry import Busy
from consent.routes.answers import answer_for
from consent.routes.door import Caller, Door, Refused, answer, route, site_of
from consent.store import Store
from consent.subjects import subject_of
from consent.tokens import Token, TokenError

RENEWABLE_SECONDS = 400 * 86_400


def state_routes(door: Door) -> list[BaseRoute]:
    async def state(request: Request) -> Response:
        token = bearer(door, request)
        if token is not None:
            caller, subject = Caller("", token.claims.aud, False), token.claims.sub
        else:
            caller = door.caller(request, None)
            subject = _asked(door, request, caller)
        site = site_of(door, caller)
        world = door.registry.world()

        def read(store: Store) -> dict[str, object]:
            with store.read() as connection:
                held = states(connection, site.id, {subject})[subject]
            return answer_for(site, subject, held, door.region(request, caller), gpc, world)

        gpc = request.headers.get("sec-gpc") == "1"
        return answer(200, await door.registry.run(read))

    return [route("/v1/consent/state", "GET", state)]


def bearer(door: Door, request: Request) -> Token | None:
    """The consent token of `Authorization: Bearer`, also an expired one; None if what stands there is no token.

    Raises Refused (401) for a token that is not ours or too old, Busy before the keys were read."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or text.count(".") != 2:
        return None
    if door.registry.tokens is None:
        raise Busy
    try:
        token = door.registry.tokens.read(text.strip())
    except TokenError as error:
        raise Refused(401, "unauthorized", str(error)) from None
    if token.claims.exp + RENEWABLE_SECONDS < door.now() // 1000:
        raise Refused(401, "unauthorized", "this consent token is too old")
    return token


def _asked(door: Door, request: Request, caller: Caller) -> str:
    if not caller.trusted:
        raise Refused(403, "forbidden", "send the consent token of the person, or a server's write key")
    user, device = request.query_params.get("userId"), request.query_params.get("anonymousId")
    if not user and not device:
        raise Refused(400, "invalid", "userId or anonymousId is needed")
    key = door.registry.world().ring.subject[-1]
    if user:
        return subject_of(key, caller.site, "person", user)
    return subject_of(key, caller.site, "device", device or "")
