"""The integrations inside of the real frameworks: who asked is who the event is about, and nobody else."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import django
import httpx
import pytest
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from fastapi import BackgroundTasks, FastAPI
from flask import Flask, Response, request, stream_with_context
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

import firsthand
from firsthand.integrations import asgi, starlette, wsgi
from firsthand.integrations.flask import Firsthand
from firsthand.integrations.logging import EventHandler
from firsthand.integrations.opentelemetry import trace_entries
from firsthand.testing import capture_events

OPTIONS: dict[str, Any] = {"web_key": "k", "trace": True}


def cookies(who: str) -> dict[str, str]:
    """Of a browser in which the web SDK has been told yes."""
    return {"Cookie": f"fh.k.id={who}; fh.k.consent=analytics", "User-Agent": f"agent of {who}"}


@pytest.fixture
def events() -> Iterator[list[dict[str, Any]]]:
    with capture_events() as found:
        yield found


def of(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (event,) = [e for e in events if e["event"] == name]
    return event


# ---- ASGI -----------------------------------------------------------------------------------------------------------


def starlette_app() -> Starlette:
    async def home(_request: Any) -> PlainTextResponse:
        firsthand.track("Seen")
        await asyncio.sleep(0.01)
        firsthand.track("Seen Later")
        return PlainTextResponse("ok")

    def in_a_thread(_request: Any) -> PlainTextResponse:
        firsthand.track("From a Thread")
        return PlainTextResponse("ok")

    async def socket(websocket: Any) -> None:
        await websocket.accept()
        firsthand.track("Spoken To")
        await websocket.close()

    return Starlette(routes=[Route("/", home), Route("/sync", in_a_thread), WebSocketRoute("/ws", socket)])


async def twenty_at_once() -> None:
    app = asgi.FirsthandMiddleware(starlette_app(), **OPTIONS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as client:
        await asyncio.gather(*(client.get("/?q=1", headers=cookies(f"a-{n}")) for n in range(20)))


def test_asgi_requests_at_the_same_time_are_kept_apart(events: list[dict[str, Any]]) -> None:
    asyncio.run(twenty_at_once())
    assert len(events) == 40
    for name in ("Seen", "Seen Later"):
        found = {e["anonymousId"]: e["context"] for e in events if e["event"] == name}
        assert len(found) == 20
        assert all(context["userAgent"] == f"agent of {who}" for who, context in found.items())
    context = events[0]["context"]
    assert context["consent"] == {"categoryPreferences": {"analytics": True}}
    assert context["page"] == {"url": "http://shop.example/", "path": "/", "search": ""}


def test_starlette_threads_and_websockets(events: list[dict[str, Any]]) -> None:
    app = starlette_app()
    starlette.install(app, **OPTIONS)
    with TestClient(app) as client:
        client.get("/sync", headers=cookies("a-1"))
        with client.websocket_connect("/ws", headers=cookies("a-2")):
            pass
    assert of(events, "From a Thread")["anonymousId"] == "a-1"
    assert of(events, "Spoken To")["anonymousId"] == "a-2"
    assert of(events, "Spoken To")["context"]["page"]["url"] == "http://testserver/ws"


def test_fastapi_background_tasks_and_the_end_of_the_lifespan(
    events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = FastAPI()
    flushed: list[float] = []
    monkeypatch.setattr(firsthand, "flush", flushed.append)
    starlette.install(app, exit_seconds=3, user_id=lambda scope: scope["path"][-1], **OPTIONS)

    @app.post("/orders/{order_id}")
    async def order(order_id: str, background: BackgroundTasks) -> dict[str, bool]:
        background.add_task(firsthand.track, "Mail Sent", {"order_id": order_id})
        firsthand.track("Order Completed", {"order_id": order_id})
        return {"ok": True}

    with TestClient(app) as client:
        assert client.post("/orders/7", headers=cookies("a-1")).json() == {"ok": True}
        assert flushed == []
    assert flushed == [3]
    for name in ("Order Completed", "Mail Sent"):
        event = of(events, name)
        assert (event["userId"], event["anonymousId"], event["properties"]) == ("7", "a-1", {"order_id": "7"})


def test_outside_of_a_request_there_is_nobody(events: list[dict[str, Any]]) -> None:
    asyncio.run(twenty_at_once())
    before = len(events)
    firsthand.track("Seen")
    firsthand.track("Seen", consent={"analytics": True})
    assert len(events) == before


def test_asgi_may_flush_at_the_end_of_each_request(
    events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the last part is sent: a host may freeze the process as soon as it has all of the response."""
    seen: list[Any] = []
    monkeypatch.setattr(firsthand, "flush", lambda seconds: seen.append((seconds, len(events))))
    app = asgi.FirsthandMiddleware(starlette_app(), flush_seconds=2, **OPTIONS)

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            seen.append(message["type"])
            await send(message)

        await app(scope, receive, sending)

    with TestClient(watched) as client:
        seen.clear()
        client.get("/", headers=cookies("a-1"))
        assert seen == ["http.response.start", (2, 2), "http.response.body", (2, 2)]


# ---- WSGI -----------------------------------------------------------------------------------------------------------


def wsgi_get(app: Any, url: str, who: str) -> str:
    transport = httpx.WSGITransport(app, raise_app_exceptions=True)
    with httpx.Client(transport=transport, base_url="http://shop.example") as client:
        return client.get(url, headers=cookies(who)).text


def test_wsgi_bodies_that_are_made_later_know_who_asked(
    events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    flushed: list[Any] = []
    monkeypatch.setattr(firsthand, "flush", lambda seconds: flushed.append((seconds, len(events))))

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            firsthand.track("First Piece")
            yield b"a"
            firsthand.track("Second Piece")
            yield b"b"

        def close(self) -> None:
            firsthand.track("Closed")
            closed.append(True)

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        firsthand.track("Called")
        return Body()

    assert wsgi_get(wsgi.FirsthandMiddleware(app, flush_seconds=1, **OPTIONS), "/x?q=1", "a-1") == "ab"
    assert [e["event"] for e in events] == ["Called", "First Piece", "Second Piece", "Closed"]
    assert {e["anonymousId"] for e in events} == {"a-1"}
    assert (closed, flushed) == ([True], [(1, 3), (1, 4)]), "before the last piece, and for what close() tracks"
    assert firsthand.track("After") is None


@pytest.mark.parametrize("make", [list, iter], ids=["list", "iterator"])
@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_wsgi_flushes_before_the_response_is_complete(make: Any, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(firsthand, "flush", seen.append)

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return make([b"piece"] * pieces)

    for piece in wsgi.FirsthandMiddleware(app, flush_seconds=1)({"REQUEST_METHOD": "GET"}, lambda *_: None):
        seen.append(piece)
    assert seen.count(b"piece") == pieces
    flushed = seen.index(1)
    assert flushed == 0 if make is list else flushed == max(0, pieces - 1)


def test_flask_views_streams_and_its_own_context(events: list[dict[str, Any]]) -> None:
    app = Flask("shop")
    Firsthand(app, user_id=lambda: request.args.get("user"), **OPTIONS)

    @app.get("/order/<int:number>")
    def order(number: int) -> str:
        firsthand.track("Order Completed", {"number": number})
        return "ok"

    @app.get("/stream")
    def stream() -> Response:
        def pieces() -> Iterator[str]:
            firsthand.track("Streamed")
            yield "ok"

        return Response(stream_with_context(pieces()))

    assert wsgi_get(app, "/order/7?user=u-7", "a-1") == "ok"
    assert wsgi_get(app, "/stream", "a-2") == "ok"
    event = of(events, "Order Completed")
    assert (event["userId"], event["anonymousId"], event["properties"]) == ("u-7", "a-1", {"number": 7})
    assert of(events, "Streamed")["anonymousId"] == "a-2"


def test_flask_in_two_steps(events: list[dict[str, Any]]) -> None:
    extension, app = Firsthand(**OPTIONS), Flask("shop")
    extension.init_app(app)
    app.get("/")(lambda: str(firsthand.track("Seen")))
    wsgi_get(app, "/", "a-1")
    assert of(events, "Seen")["anonymousId"] == "a-1"


# ---- Django ---------------------------------------------------------------------------------------------------------


class User:
    pk = 7
    looked_at = 0

    @property
    def is_authenticated(self) -> bool:
        User.looked_at += 1
        return True


def with_user(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def middleware(request: HttpRequest) -> Any:
        request.user = User()  # type: ignore[assignment]
        return get_response(request)

    return middleware


def view(_request: HttpRequest) -> HttpResponse:
    firsthand.track("Seen")
    return HttpResponse("ok")


def quiet(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


async def async_view(_request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    firsthand.track("Seen Asynchronously")
    return HttpResponse("ok")


def streamed(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"ok"]))


urlpatterns = [path("", view), path("quiet", quiet), path("async", async_view), path("streamed", streamed)]


@pytest.fixture(scope="module")
def django_ready() -> None:
    if not django_settings.configured:
        django_settings.configure(
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["shop.example"],
            SECRET_KEY="of the test",
            MIDDLEWARE=[f"{__name__}.with_user", "firsthand.integrations.django.FirsthandMiddleware"],
            FIRSTHAND=OPTIONS,
        )
        django.setup()


def test_django_knows_who_is_signed_in_and_asks_only_if_a_view_tracks(
    django_ready: None, events: list[dict[str, Any]]
) -> None:
    app = WSGIHandler()
    User.looked_at = 0
    assert wsgi_get(app, "/quiet", "a-1") == wsgi_get(app, "/streamed", "a-1") == "ok"
    assert User.looked_at == 0
    assert wsgi_get(app, "/?q=1", "a-1") == "ok"
    assert User.looked_at == 1
    event = of(events, "Seen")
    assert (event["userId"], event["anonymousId"]) == ("7", "a-1")
    assert event["context"]["page"]["path"] == "/"


def test_django_flushes_when_the_view_has_answered(
    django_ready: None, events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Any] = []
    monkeypatch.setattr(firsthand, "flush", lambda seconds: flushed.append((seconds, len(events))))
    monkeypatch.setattr(django_settings, "FIRSTHAND", {**OPTIONS, "flush_seconds": 3})
    assert wsgi_get(WSGIHandler(), "/", "a-1") == "ok"
    transport = httpx.ASGITransport(ASGIHandler())  # type: ignore[arg-type]

    async def get() -> None:
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            await client.get("/async", headers=cookies("a-1"))

    asyncio.run(get())
    assert flushed == [(3, 1), (3, 2)]


def test_django_under_asgi(django_ready: None, events: list[dict[str, Any]]) -> None:
    async def get() -> str:
        transport = httpx.ASGITransport(ASGIHandler())  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            first, second = await asyncio.gather(
                client.get("/async", headers=cookies("a-1")), client.get("/", headers=cookies("a-2"))
            )
            return first.text + second.text

    assert asyncio.run(get()) == "okok"
    assert of(events, "Seen Asynchronously")["anonymousId"] == "a-1"
    assert of(events, "Seen")["anonymousId"] == "a-2"


# ---- logging and OpenTelemetry --------------------------------------------------------------------------------------


def test_records_that_say_so_are_events(events: list[dict[str, Any]]) -> None:
    logger = logging.getLogger("shop.orders")
    handler = EventHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with firsthand.context(user_id="u", consent={"analytics": True}):
            logger.info("Order Completed", extra={"track": {"total": 9.9}})
            logger.info("Only for the log %s", "with a value")
            logger.info("Bad", extra={"track": 7})
        logger.info("Nobody", extra={"track": {}})
    finally:
        logger.removeHandler(handler)
    assert [(e["event"], e["properties"]) for e in events] == [("Order Completed", {"total": 9.9})]


def test_the_current_span_is_in_the_context(events: list[dict[str, Any]]) -> None:
    assert trace_entries() == {}
    span = NonRecordingSpan(SpanContext(0xA1, 0xB2, is_remote=False, trace_flags=TraceFlags(1)))
    with trace.use_span(span), firsthand.context(user_id="u", consent={"analytics": True}, **trace_entries()):
        firsthand.track("Traced")
        wsgi_get(wsgi.FirsthandMiddleware(_tracking, **OPTIONS), "/", "a-1")
    expected = {"traceId": f"{0xA1:032x}", "spanId": f"{0xB2:016x}"}
    assert of(events, "Traced")["context"]["trace"] == expected
    assert of(events, "In the Middleware")["context"]["trace"] == expected


def _tracking(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    firsthand.track("In the Middleware")
    return []


def test_a_scope_goes_along_where_contextvars_go_and_nowhere_else(events: list[dict[str, Any]]) -> None:
    with firsthand.context(user_id="u", consent={"analytics": True}):
        copied = contextvars.copy_context()
        plain = threading.Thread(target=firsthand.track, args=("Plain Thread",))
        taken = threading.Thread(target=copied.run, args=(firsthand.track, "Taken Along"))
        for thread in (plain, taken):
            thread.start()
            thread.join()
    assert [e["event"] for e in events] == ["Taken Along"]
