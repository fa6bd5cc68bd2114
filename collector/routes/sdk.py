"""The web SDK and its banner, served by the collector: each under a name for now and a versioned name for ever.

The build's manifest says version and SRI hashes, so that a page can pin what it runs.
"""

from pathlib import Path

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
PARTS = {"firsthand.core", "errors", "vitals", "debug"}


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
            return _script(directory, name, {"cache-control": "public, max-age=300"})

        return Route(SCRIPTS[name], serve)

    async def versioned(request: Request) -> Response:
        manifest, name = _manifest(directory), request.path_params["name"]
        if name not in SCRIPTS.keys() | PARTS or manifest is None or request.path_params["version"] != manifest.version:
            return PlainTextResponse("this collector serves another version; see /sdk/manifest.json\n", 404)
        return _script(directory, name, {"cache-control": "public, max-age=31536000, immutable"})

    async def manifest_file(request: Request) -> Response:
        path = directory / "manifest.json"
        return FileResponse(path, headers=OPEN) if path.exists() else _missing()

    return [
        *map(current, SCRIPTS),
        Route("/sdk/manifest.json", manifest_file),
        Route("/sdk/{version}/{name}.js", versioned),
    ]


def _script(directory: Path, name: str, headers: dict[str, str]) -> Response:
    path = directory / f"{name}.js"
    return FileResponse(path, headers=headers | OPEN, media_type=JS) if path.exists() else _missing()


def _missing() -> Response:
    return PlainTextResponse("the web SDK is not built; run: make build\n", 404)


def _manifest(directory: Path) -> Manifest | None:
    try:
        return msgspec.json.decode((directory / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None
