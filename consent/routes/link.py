"""`POST /v1/consent/link`: an anonymous person logged in."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from consent.link import Linked, link
from consent.receipts import RequestKey, Text
from consent.routes.answers import answer_for
from consent.routes.door import Door, Refused, answer, body_of, route, site_of
from consent.store import Store
from consent.subjects import subject_of
from consent.tokens import TokenError


class LinkBody(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """See docs/consent-api.md. `token`: the device's, needed with a public write key."""

    idempotency_key: RequestKey
    anonymous_id: Text
    user_id: Text
    write_key: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    token: Annotated[str, Meta(max_length=2_048)] | None = None


def link_routes(door: Door) -> list[BaseRoute]:
    async def join(request: Request) -> Response:
        body = await body_of(request, LinkBody)
        caller = door.caller(request, body.write_key)
        site = site_of(door, caller)
        world = door.registry.world()
        key = world.ring.subject[-1]
        device = subject_of(key, site.id, "device", body.anonymous_id)
        person = subject_of(key, site.id, "person", body.user_id)
        if not caller.trusted:
            _check(door, body.token, site.id, device)
        region = door.region(request, caller)
        _, served = site.gate.served(region, False)
        modes = {id: purpose.mode for id, purpose in served.items()}

        def write(store: Store) -> Linked:
            with store.write() as connection:
                return link(connection, site.id, device, person, modes, caller.trusted, body.idempotency_key, world)

        done = await door.registry.run(write)
        for news in done.news:
            door.registry.tell(site.id, news.subject, news.seq, news.denied)
        gpc = request.headers.get("sec-gpc") == "1"
        return answer(200, answer_for(site, device, done.device, region, gpc, world, done.seq))

    return [route("/v1/consent/link", "POST", join)]


def _check(door: Door, text: str | None, site: str, device: str) -> None:
    """Is this the token of that device? Raises Refused."""
    try:
        token = door.registry.tokens.read(text) if text and door.registry.tokens else None
    except TokenError as error:
        raise Refused(401, "unauthorized", str(error)) from None
    if token is None or (token.claims.aud, token.claims.sub) != (site, device):
        raise Refused(403, "forbidden", "a public write key needs the consent token of this anonymousId")
