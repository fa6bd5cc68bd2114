"""The web SDK and its banner, served by the collector: each under a name for now and a versioned name for ever.

The build's manifest says version and SRI hashes, so that a page can pin what it runs. Scripts are compressed here, once
for each build, so that a visitor gets the small form whatever proxy stands in front; a hash is of what is inside.
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff"}  # fmt: skip
JS = "text/javascript; charset=utf-8"
# Script of the build → its name for now; `/sdk/<version>/<script>.js` for ever
SCRIPTS = {"firsthand": "/sdk.js", "banner": "/banner.js"}
# Under a versioned name only: a smaller script, and what the script loads when asked to
PARTS = {
    "firsthand.core",
    "errors",
    "vitals",
    "debug",
    "compress",
    "consent_cookie",
    "sessions",
    "client_hints",
    "linker",
    "scrub",
    "id_cookie",
}


class Manifest(msgspec.Struct):
    """What the build wrote beside the script."""

    version: str
    sri: str


def dist() -> Path:
    """Where the built SDK lies: in the package, or in a checkout beside it."""
    packaged = Path(__file__).parents[1] / "console" / "static" / "sdk"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "sdk-js" / "dist"


def sdk_routes(directory: Path) -> list[Route]:
    """Routes over a build directory; a build that is missing is said, not hidden."""

    def current(name: str) -> Route:
        async def serve(request: Request) -> Response:
            return _script(request, directory, name, {"cache-control": "public, max-age=300"})

        return Route(SCRIPTS[name], serve)

    async def versioned(request: Request) -> Response:
        manifest, name = _manifest(directory), request.path_params["name"]
        if name not in SCRIPTS.keys() | PARTS or manifest is None or request.path_params["version"] != manifest.version:
            return PlainTextResponse("this collector serves another version; see /sdk/manifest.json\n", 404)
        return _script(request, directory, name, {"cache-control": "public, max-age=31536000, immutable"})

    async def manifest_file(request: Request) -> Response:
        path = directory / "manifest.json"
        return FileResponse(path, headers=OPEN) if path.exists() else _missing()

    return [
        *map(current, SCRIPTS),
        Route("/sdk/manifest.json", manifest_file),
        Route("/sdk/{version}/{name}.js", versioned),
    ]


class _Built(NamedTuple):
    """A script as it lies on the disk, compressed, and its entity tag."""

    plain: bytes
    small: bytes
    tag: str


@lru_cache(16)
def _built(path: Path, modified_ns: int) -> _Built:
    content = path.read_bytes()
    return _Built(content, gzip.compress(content, 9, mtime=0), f'W/"{hashlib.sha256(content).hexdigest()[:16]}"')


def _script(request: Request, directory: Path, name: str, headers: dict[str, str]) -> Response:
    path = directory / f"{name}.js"
    try:
        built = _built(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return _missing()
    headers = headers | OPEN | {"vary": "accept-encoding", "etag": built.tag}
    if request.headers.get("if-none-match") == built.tag:
        return Response(None, 304, headers)
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(built.small, 200, headers | {"content-encoding": "gzip"}, JS)
    return Response(built.plain, 200, headers, JS)


def _takes_gzip(accepted: str) -> bool:
    """`Accept-Encoding` (RFC 9110 §12.5.3): gzip is named, and not with weight zero."""
    for one in accepted.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _missing() -> Response:
    return PlainTextResponse("the web SDK is not built; run: make build\n", 404)


def _manifest(directory: Path) -> Manifest | None:
    try:
        return msgspec.json.decode((directory / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None
