"""What a WeChat mini-program asks for beside sending events. None of it says to anybody who a person is.

    POST /v1/wechat/login     a code of wx.login → keyed pseudonyms of openid and unionid
    POST /v1/wechat/handoff   an anonymous id → a token for the web-view's address (≤ 60 s, once)
    POST /v1/wechat/redeem    that token, from the web page → the anonymous id
    POST /v1/wechat/share     the token of a shared card, one generation below `parent`

Each makes or moves an identifier, so each needs the person's consent for analytics by the same rule as an event, and
fails closed. The two real ids exist in this process for the time of one answer; they reach no disk and no log.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.code2session import MAX_CODE_CHARS, Code2Session, LoginRefused
from collector.context import Source
from collector.edge import answer as say
from collector.edge.visitors import Visitors
from collector.handoff import LIFE_SECONDS, Files, Handoff, HandoffFull, Rows, Waiting
from collector.protocol import MAX_ID_CHARS, MAX_USER_ID_CHARS, Consent
from collector.routes.ingest import Refused, authorise, read_object
from collector.routes.small import address_of, answered
from collector.settings import Settings
from collector.state import State
from collector.tokens import encode, sign, verify
from consent.decide import ANALYTICS, decide
from consent.pii.hashing import pseudonym
from consent.store import open_store, sqlite_path

log = logging.getLogger("firsthand.wechat")

MAX_BYTES = 8 * 1024
SHARE = "s1"
DEEPEST = 255
# A mobile operator's address stands for many people, so one address may do what a classroom does
OF_AN_ADDRESS = (5.0, 60.0)
OF_A_SOURCE = (50.0, 500.0)


class _Body(msgspec.Struct, rename="camel"):
    write_key: str | None = None
    consent: Consent | None = None


class LoginBody(_Body):
    """`code`: what `wx.login` gave, unused."""

    code: str = ""


class HandoffBody(_Body):
    """The ids that the web page shall go on with."""

    anonymous_id: str = ""
    session_id: str | None = None


class RedeemBody(_Body):
    """`token`: what stood in the page's address."""

    token: str = ""


class ShareBody(_Body):
    """`parent`: the token of the card that the person came by, if any."""

    parent: str | None = None


class Pseudonyms(msgspec.Struct, omit_defaults=True):
    """`p1.…`: the same person, the same text; nothing to be turned back without the site's key."""

    openid: str
    unionid: str = ""


class Token(msgspec.Struct, rename="camel", omit_defaults=True):
    """`expires_in`: seconds."""

    token: str
    expires_in: int | None = None


B = TypeVar("B", bound=_Body)
T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[State, Source, B], Awaitable[msgspec.Struct]]


class WeChat:
    """The endpoints of one worker, made at the first request: the state is not there earlier."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._state = state
        self._addresses = Visitors(*OF_AN_ADDRESS, time.monotonic)
        self._sources = Visitors(*OF_A_SOURCE, time.monotonic)
        self._made: tuple[Code2Session, Handoff] | None = None
        self._said: set[tuple[str, int | None]] = set()
        self._threads = ThreadPoolExecutor(2, "handoff")

    def routes(self) -> list[Route]:
        doors: list[tuple[str, type[Any], Work[Any]]] = [
            ("login", LoginBody, self.login),
            ("handoff", HandoffBody, self.handoff),
            ("redeem", RedeemBody, self.redeem),
            ("share", ShareBody, self.share),
        ]
        return [
            Route(f"/v1/wechat/{name}", self._door(body, work), methods=["POST", "OPTIONS"])
            for name, body, work in doors
        ]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._made is not None:
            self._made[0].close()

    # ---- what they do ---------------------------------------------------------------------------------

    async def login(self, state: State, source: Source, body: LoginBody) -> Pseudonyms:
        if source.wechat is None:
            raise Refused(404, "not_configured", "this source has no mini-program; `firsthand source wechat` sets it")
        if not body.code or len(body.code) > MAX_CODE_CHARS:
            raise Refused(400, "invalid_code", f"a code of at most {MAX_CODE_CHARS} characters is needed")
        code2session, _ = self._parts(state)
        try:
            session = await code2session(source.wechat, body.code)
        except LoginRefused as refusal:
            if refusal.settings_wrong and (source.id, refusal.errcode) not in self._said:
                self._said.add((source.id, refusal.errcode))
                log.error("WeChat refuses the app id or secret of source %s: errcode %s", source.id, refusal.errcode)
            raise Refused(refusal.status, refusal.code, refusal.message, refusal.retry_after) from None
        # The class under which the PII rules keep a unionid too, so that what an app sends itself gives the same
        hashed = (pseudonym(state.key, "openid", one) if one else "" for one in (session.openid, session.unionid))
        return Pseudonyms(*hashed)

    async def handoff(self, state: State, source: Source, body: HandoffBody) -> Token:
        _needs(body.anonymous_id, MAX_USER_ID_CHARS, "anonymousId")
        if body.session_id is not None:
            _needs(body.session_id, MAX_ID_CHARS, "sessionId")
        try:
            token = await self._elsewhere(self._parts(state)[1].leave, Waiting(body.anonymous_id, body.session_id))
        except HandoffFull:
            raise _full() from None
        return Token(token, LIFE_SECONDS)

    async def redeem(self, state: State, source: Source, body: RedeemBody) -> Waiting:
        try:
            found = await self._elsewhere(self._parts(state)[1].redeem, body.token)
        except HandoffFull:
            raise _full() from None
        if found is None:
            raise Refused(410, "gone", "this token is not ours, is over a minute old, or was used")
        return found

    async def share(self, state: State, source: Source, body: ShareBody) -> Token:
        parts = verify(state.key, SHARE, body.parent) if body.parent else None
        depth = min(int(parts[0]) + 1, DEEPEST) if parts else 1
        return Token(sign(state.key, SHARE, str(depth), encode(secrets.token_bytes(9))))

    # ---- what they share ------------------------------------------------------------------------------

    def _parts(self, state: State) -> tuple[Code2Session, Handoff]:
        if self._made is None:
            self._made = (
                Code2Session(state.settings.wechat_api),
                Handoff(_shelf(state.settings), state.key, time.time),
            )
        return self._made

    async def _elsewhere(self, work: Callable[[T], R], given: T) -> R:
        """On a thread: a file is quick, a database may not be."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, given)

    def _door(self, shape: type[B], work: Work[B]) -> Callable[[Request], Awaitable[Response]]:
        decoder = msgspec.json.Decoder(shape)

        async def endpoint(request: Request) -> Response:
            state = self._state()
            origin = request.headers.get("origin")
            headers = {
                k.decode(): v.decode("latin-1") for k, v in say.cors(origin.encode("latin-1") if origin else None)
            }
            headers["cache-control"] = "no-store"
            if request.method == "OPTIONS":
                allowed = {k.decode(): v.decode() for k, v in say.PREFLIGHT} if origin else {}
                return Response(None, 204, headers | allowed)
            return await answered(state, headers, self._answered(state, request, decoder, work))

        return endpoint

    async def _answered(
        self, state: State, request: Request, decoder: msgspec.json.Decoder[B], work: Work[B]
    ) -> Response:
        body = await read_object(state, request, decoder, MAX_BYTES)
        headers = dict(request.scope["headers"])
        source = authorise(state, headers, request.scope["query_string"], body.write_key)
        self._limit(state, request, source)
        preferences = body.consent.category_preferences if body.consent is not None else None
        if decide(ANALYTICS, preferences, source.mode, headers.get(b"sec-gpc") == b"1") != "allow":
            raise Refused(403, "no_consent", "this needs the person's consent for analytics: say it in `consent`")
        return Response(msgspec.json.encode(await work(state, source, body)), media_type="application/json")

    def _limit(self, state: State, request: Request, source: Source) -> None:
        workers, name = state.settings.workers, f"{source.id} {address_of(state, request)}"
        wait = self._sources.take(source.id, workers) or self._addresses.take(name, workers)
        if wait:
            raise Refused(429, "rate_limited", "too many of these; wait", wait)


def _full() -> Refused:
    return Refused(503, "unavailable", "too many tokens wait, or they cannot be kept; go on without one", 5)


def _shelf(settings: Settings) -> Files | Rows:
    """A PostgreSQL of consent is there for several machines; SQLite belongs to this one."""
    url = settings.consent_url
    if sqlite_path(url) is not None:
        return Files(settings.data_dir / "handoff")
    return Rows(lambda: open_store(url))


def _needs(value: str, most: int, name: str) -> None:
    if not value or len(value) > most:
        raise Refused(400, "invalid", f"{name}: 1 to {most} characters are needed")
