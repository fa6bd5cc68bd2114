"""What a client asks before it sends: remote settings of a source, and the form in which analytics-next wants them."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.context import Source
from collector.protocol import MAX_BATCH_MESSAGES, MAX_BODY_BYTES, MAX_MESSAGE_BYTES
from collector.state import State
from consent.model import Snapshot
from consent.routes.door import Caller, Door
from consent.routes.policy import note_shown, snapshot_for

PUBLIC = "public, max-age=300"
# A policy is for one visitor (place, signal, language), and what was published must be known at the next page
PRIVATE = "private, no-cache"


def settings_routes(state: Callable[[], State], door: Door) -> list[Route]:
    """`/v1/sources/{writeKey}/settings` and `/v1/projects/{writeKey}/settings`."""

    async def source_settings(request: Request) -> Response:
        source = state().sources.by_key.get(request.path_params["write_key"])
        if source is None:
            return _answer(request, None)
        policy = _policy(request, source)
        return _answer(request, _settings_of(source, policy), PRIVATE if policy else PUBLIC)

    def _policy(request: Request, source: Source) -> Snapshot | None:
        """The site's policy for this visitor; None until it publishes one."""
        site = state().consent.sites.get(source.site)
        if site is None or state().consent.ring is None:
            return None
        caller = Caller(source.id, source.site, source.kind == "server")
        found = snapshot_for(door, site, request, caller).snapshot
        if "ask" in request.query_params:  # our SDKs say so where no choice was made yet
            note_shown(door, site, found)
        return found

    async def project_settings(request: Request) -> Response:
        source = state().sources.by_key.get(request.path_params["write_key"])
        return _answer(request, _segment_settings_of(source, request) if source else None)

    return [
        Route("/v1/sources/{write_key}/settings", source_settings),
        Route("/v1/projects/{write_key}/settings", project_settings),
    ]


def _settings_of(source: Source, policy: Snapshot | None) -> dict[str, Any]:
    return {
        "source": source.id,
        "state": source.state,
        "autotrack": {"pageview": True, "clicks": True},
        "consent": policy or {"mode": source.mode},
        "limits": {"message": MAX_MESSAGE_BYTES, "batch": MAX_BATCH_MESSAGES, "body": MAX_BODY_BYTES},
        "queryParams": sorted(source.query_params),
    }


def _scheme(request: Request) -> str:
    """`https` if a proxy in front says that TLS ends there. Anybody may say so: only their own answer is another."""
    return "https" if request.headers.get("x-forwarded-proto") == "https" else request.url.scheme


def _segment_settings_of(source: Source, request: Request) -> dict[str, Any]:
    """analytics-next: where to send, and no telemetry to anybody else (`metrics.sampleRate` 0)."""
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": source.write_key,
                "apiHost": f"{request.url.netloc}/v1",
                "protocol": _scheme(request),
                "unbundledIntegrations": [],
            }
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "metrics": {"sampleRate": 0},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "remotePlugins": [],
    }


def _answer(request: Request, content: dict[str, Any] | None, cache: str = PUBLIC) -> Response:
    headers = {"cache-control": cache}
    origin = request.headers.get("origin")
    if origin:
        headers |= {"access-control-allow-origin": origin, "vary": "origin"}
    if content is None:
        body = msgspec.json.encode({"code": "unknown_source", "message": "this write key is unknown"})
        return Response(body, 404, headers | {"cache-control": "no-store"}, "application/json")
    body = msgspec.json.encode(content)
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers["etag"] = tag
    if request.headers.get("if-none-match") == tag:
        return Response(None, 304, headers)
    return Response(body, 200, headers, "application/json")
