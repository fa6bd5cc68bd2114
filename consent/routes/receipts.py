"""`POST /v1/consent/receipts`: record a choice. `GET /v1/consent/receipts/{id}`: one, in the form of TS 27560."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from consent.admin import AdminError, ledger, policies
from consent.iso27560 import receipt_record
from consent.receipts import ChoiceBody, request_hash, wire_receipt
from consent.record import Request as ChoiceRequest
from consent.routes.answers import answer_for
from consent.routes.door import Caller, Door, Refused, answer, body_of, route, site_of
from consent.routes.state import bearer
from consent.store import Store
from consent.subjects import Who, subject_of


def receipt_routes(door: Door) -> list[BaseRoute]:
    async def record(request: Request) -> Response:
        body = await body_of(request, ChoiceBody)
        caller = door.caller(request, body.write_key)
        site = site_of(door, caller)
        world = door.registry.world()
        who, id = _whose(body, caller)
        subject = subject_of(world.ring.subject[-1], site.id, who, id)
        region = door.region(request, caller) or (body.region if caller.trusted else None)
        gpc = request.headers.get("sec-gpc") == "1"
        asked = ChoiceRequest(body, subject, region, gpc, request_hash(body))
        done = await door.registry.choose(site.id, asked)
        said = answer_for(site, subject, done.held, region, gpc or body.gpc, world)
        receipt = wire_receipt(done.payload, done.seq, done.commitment)
        return answer(200 if done.known else 201, {"receipt": receipt, **said})

    async def one(request: Request) -> Response:
        token = bearer(door, request)
        caller = None if token else door.caller(request, None)
        if caller is not None and not caller.trusted:
            raise Refused(403, "forbidden", "send the consent token of the person, or a server's write key")
        site_id = token.claims.aud if token else caller.site if caller else ""
        id = request.path_params["id"]

        def read(store: Store) -> dict[str, object] | None:
            with store.read() as connection:
                try:
                    line = ledger.receipt(connection, site_id, id)
                except AdminError:
                    return None
                if line.payload is None or line.kind != "receipt":
                    return None
                book = policies.book(connection, site_id)
            if token and line.payload["subject"] != token.claims.sub:
                return None  # somebody else's: for them it is not there
            return receipt_record(line, book[line.payload["policyVersion"]].document)

        found = await door.registry.run(read)
        if found is None:
            raise Refused(404, "not_found", "there is no such receipt, or it was erased")
        return answer(200, found)

    return [
        route("/v1/consent/receipts", "POST", record),
        route("/v1/consent/receipts/{id}", "GET", one),
    ]


def _whose(body: ChoiceBody, caller: Caller) -> tuple[Who, str]:
    """A public key speaks for a device; a server's key may speak for a person. Raises Refused."""
    if caller.trusted and body.user_id:
        return "person", body.user_id
    if body.anonymous_id:
        return "device", body.anonymous_id
    if body.user_id:
        raise Refused(403, "forbidden", "with a public write key a choice is a device's: send anonymousId")
    raise Refused(400, "invalid", "anonymousId or userId is needed")
