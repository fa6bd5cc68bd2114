"""From operations to routes. Who may is asked here, once, before an operation runs.

In this order: may this address ask at all · whose token is it · not too often · is the site theirs · has a role of
theirs the permission · is what was sent what the operation takes. A site that is not the token's is answered like one
that does not exist. The body of a stranger is not read.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from consent.api import answers, limits, openapi, tokens
from consent.api.call import Call
from consent.api.operation import File, Operation, asked
from consent.api.operations import OPERATIONS
from consent.api.tokens import Token
from consent.console.house import House
from consent.routes.door import Refused, body_of

log = logging.getLogger("firsthand.api")

ROOT: Final = "/v1/admin"
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_BYTES: Final = 1024 * 1024


class AdminApi:
    """The admin API of one worker. It shares the console's threads and store; the console closes them."""

    def __init__(
        self,
        house: House,
        more: tuple[Operation, ...] = (),
        address: Callable[[Request], str] | None = None,
        steady: Callable[[], float] = time.monotonic,
        workers: int = 1,
    ) -> None:
        self.operations = (*OPERATIONS, *more)
        self._house = house
        self._address = address or (lambda request: request.client.host if request.client else "")
        self._strangers = limits.Buckets(*limits.STRANGER, steady, workers)
        self._tokens = limits.Buckets(*limits.TOKEN, steady, workers)

    def routes(self) -> list[BaseRoute]:
        """Everything under `/v1/admin`."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in self.operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        made: list[BaseRoute] = [Route(f"{ROOT}/openapi.json", self._document, methods=["GET"])]
        made += [Route(ROOT + path, self._endpoint(of), methods=METHODS) for path, of in by_path.items()]
        return [*made, *(Route(ROOT + rest, self._missing, methods=METHODS) for rest in ("/{rest:path}", ""))]

    def _document(self, request: Request) -> Response:
        return answers.json(200, openapi.document(self.operations))

    def _missing(self, request: Request) -> Response:
        return answers.problem(404, "not_found", f"no such path; {ROOT}/openapi.json lists them")

    def _endpoint(self, of: dict[str, Operation]) -> Callable[[Request], Any]:
        allowed = ", ".join(sorted(of))

        async def answer(request: Request) -> Response:
            operation = of.get(request.method)
            if operation is None:
                refused = answers.problem(405, "method", f"this path takes {allowed}")
                refused.headers["Allow"] = allowed
                return refused
            try:
                return await self._answered(request, operation)
            except Exception as error:
                known = answers.refusal(error)
                if known is None:
                    log.exception("an operation of the admin API failed: %s %s", request.method, operation.path)
                    return answers.problem(500, "internal", "a bug of ours; the collector's log says more")
                return known

        return answer

    async def _answered(self, request: Request, operation: Operation) -> Response:
        token = await self._token(request)
        call = Call(request, self._house, token, self._house.clock(), "")
        await self._thread(partial(self._check, call, operation))
        try:
            call.query = asked(dict(request.query_params), operation.query)
        except msgspec.ValidationError as error:
            raise Refused(400, "query", f"the query is not what this operation takes: {error}") from None
        if operation.body is not None:
            call.body = await body_of(request, operation.body, MOST_BYTES)
        found = await self._thread(partial(operation.run, call))
        if isinstance(found, File):
            headers = answers.COMMON | {"Content-Disposition": f'attachment; filename="{found.name}"'}
            return StreamingResponse(self._pieces(found.pieces), operation.status, headers, found.kind)
        if operation.answer is None:
            return Response(None, 204, answers.COMMON)
        return answers.json(operation.status, found)

    async def _token(self, request: Request) -> Token:
        """Whose token came. Raises Refused: 401, 429."""
        address, now = self._address(request), int(self._house.clock() * 1000)
        if wait := self._strangers.take(address, 0.0):
            raise Refused(429, "too_often", "too many requests without a good token from here", wait)
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token: Token | None = None
        if scheme.lower() == "bearer":
            token = await self._thread(partial(self._find, secret.strip(), now))
        if token is None:
            self._strangers.take(address)
            raise Refused(401, "unauthorized", "send Authorization: Bearer with an API token that is still good")
        if wait := self._tokens.take(token.name):
            raise Refused(429, "too_often", "this token asks too often", wait)
        return token

    def _find(self, secret: str, now: int) -> Token | None:
        with self._house.store.read() as connection:
            token = tokens.find(connection, secret, now)
        if token is not None and tokens.is_seldom(token, now):
            with self._house.store.write() as connection:
                tokens.used(connection, token, now)
        return token

    def _check(self, call: Call, operation: Operation) -> None:
        """Raises Refused: 403, 404."""
        if operation.of_site:
            site = call.path("site")
            if not call.token.sees(site) or site not in self._house.sites():
                raise Refused(404, "site.unknown", "there is no such site, or this token was not given it")
            call.site = site
        elif not operation.anybody and not call.token.everywhere:
            raise Refused(403, "everywhere", "this is about all sites; the token was given only some")
        if operation.permission and not call.token.may(operation.permission):
            raise Refused(403, "forbidden", f"no role of this token may do this; it needs {operation.permission}")

    async def _thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._house.threads, work)

    async def _pieces(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Each piece of a file is made in a thread."""
        while (piece := await self._thread(partial(next, pieces, None))) is not None:
            yield piece
