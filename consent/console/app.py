"""From pages to routes. Who may do what is asked here, once, before an endpoint of any page runs.

In this order: is anybody logged in · is the site theirs · has a role of theirs the permission · is a change meant, by
the session's token and by where the request came from. What fails is answered before the page's code sees anything.
"""

import asyncio
import hmac
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from consent.console import door, forms, headers, i18n, sessions
from consent.console.config import ConsoleConfig
from consent.console.house import House
from consent.console.i18n import Words
from consent.console.page import Endpoint, Page
from consent.console.pages import PAGES
from consent.console.visit import Refused, Visit
from consent.mistakes import Mistake
from consent.routes.door import Refused as Unread

log = logging.getLogger("firsthand.console")

HERE: Final = Path(__file__).parent
OWN_ADDRESS: Final = re.compile(r"^[\w.:\[\]-]+$")


class Console:
    """The console of one worker. `routes` go into its application; `close` ends its threads."""

    def __init__(
        self,
        config: ConsoleConfig,
        more: tuple[Page, ...] = (),
        folders: tuple[Path, ...] = (),
        address: Callable[[Request], str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`more` pages come after this package's own; `folders` are where theirs keep templates, words and files."""
        self.house = House(config, (*PAGES, *more), (HERE, *folders), clock)
        self._address = address or (lambda request: request.client.host if request.client else "")

    def close(self) -> None:
        self.house.close()

    def routes(self) -> list[BaseRoute]:
        """Everything under `/console`."""
        made: list[BaseRoute] = [Route("/console/static/{digest}/{name:path}", self._file, methods=["GET"])]
        endpoints: tuple[tuple[str, Endpoint, bool], ...] = door.ENDPOINTS
        if self.house.config.oidc is not None:
            from consent.console import oidc  # brings an HTTP client: only where it is used

            endpoints += oidc.ENDPOINTS
        for path, endpoint, public in endpoints:
            made.append(Route(path, self._endpoint(None, endpoint, public), methods=[endpoint.method]))
        for page in self.house.pages:
            base = f"/console/s/{{site}}/{page.name}" if page.of_site else f"/console/{page.name}"
            for endpoint in page.endpoints:
                made.append(
                    Route(base + endpoint.path, self._endpoint(page, endpoint, False), methods=[endpoint.method])
                )
        made.append(Route("/console/{rest:path}", self._endpoint(None, Endpoint(door.missing), False), methods=["GET"]))
        return made

    async def _file(self, request: Request) -> Response:
        found = self.house.static.get(request.path_params["name"])
        if found is None or request.path_params["digest"] != self.house.static.digest:
            return Response("no such file", 404, headers.COMMON, "text/plain")
        body, kind = found
        return Response(body, 200, headers.STATIC, kind)

    def _endpoint(self, page: Page | None, endpoint: Endpoint, public: bool) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            loop = asyncio.get_running_loop()
            try:
                form = await forms.read(request) if endpoint.method == "POST" else forms.Form([])
            except Unread as refused:
                return Response(refused.message, refused.status, headers.COMMON, "text/plain")
            request.state.address = self._address(request)
            visit = Visit(request, form, self.house, self._words(request), self.house.clock(), page)
            refusal = await loop.run_in_executor(self.house.threads, self._run, visit, endpoint, public)
            return endpoint.run(visit) if refusal is None else refusal

        return answer

    def _words(self, request: Request) -> Words:
        language = i18n.chosen(
            request.cookies.get("firsthand_language", ""), request.headers.get("accept-language", "")
        )
        return Words(language, self.house.catalogues[language])

    def _run(self, visit: Visit, endpoint: Endpoint, public: bool) -> Response | None:
        """In a thread: the checks and then the endpoint; None if it may run, but on the loop."""
        try:
            refusal = self._checked(visit, endpoint, public)
            return refusal if refusal is not None or endpoint.on_loop else endpoint.run(visit)
        except Refused as refused:
            return visit.render("error.html", refused.status, key=refused.key, status_code=refused.status, why="")
        except Mistake as error:  # they say what to do
            return visit.render("error.html", 422, key="error.422", status_code=422, why=visit.words.of(error))
        except Exception:
            log.exception("a page of the console failed: %s", visit.request.scope["path"])
            return visit.render("error.html", 500, key="error.500", status_code=500, why="")

    def _checked(self, visit: Visit, endpoint: Endpoint, public: bool) -> Response | None:
        """None if the endpoint may run, else what is answered instead."""
        token = sessions.read_cookie(visit.request, visit.house.config)
        if token:
            with visit.house.store.write() as connection:
                visit.who = sessions.find(connection, token, visit.house.config, visit.now)
        if not public and visit.who is None:
            return _to_the_door(visit)
        if endpoint.method == "POST":
            problem = _not_meant(visit)
            if problem:
                return visit.render("error.html", 403, key=problem, status_code=403, why="")
        return None if public else _refusal(visit, endpoint)


def _refusal(visit: Visit, endpoint: Endpoint) -> Response | None:
    """Why this person may not, as a page. A site that is not theirs is answered like one that does not exist."""
    page = visit.page
    if page is None:
        return None
    if page.of_site:
        visit.site = visit.path("site")
        if visit.site not in visit.sites():
            visit.site = ""
            return visit.render("error.html", 404, key="error.404", status_code=404, why="")
    elif not visit.user.everywhere:
        return visit.render("error.html", 403, key="error.everywhere", status_code=403, why="")
    if not visit.user.may(endpoint.permission or page.permission):
        return visit.render("error.html", 403, key="error.403", status_code=403, why="")
    return None


def _to_the_door(visit: Visit) -> Response:
    """The login page, and back here after it."""
    if visit.request.headers.get("hx-request"):  # a piece of a page was asked for: the whole page must go
        return Response(None, 401, {**headers.COMMON, "HX-Redirect": "/console/login"})
    if visit.request.method == "GET" and visit.request.headers.get("sec-fetch-site") == "cross-site":
        # Somebody followed a link from elsewhere, so the strict cookie stayed at home: once more, from here
        return visit.render("onward.html", address=visit.here)
    nowhere = visit.request.method != "GET" or visit.request.url.path.rstrip("/") == "/console"
    return visit.go("/console/login" + ("" if nowhere else f"?next={quote(visit.here, safe='')}"))


def _not_meant(visit: Visit) -> str:
    """Why a change is refused as forged, as a key; empty if it was meant (OWASP: token, and where it came from)."""
    request = visit.request
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return "error.origin"
    origin = request.headers.get("origin")
    if origin is not None:
        ours = {request.headers.get("host", ""), urlsplit(visit.house.config.public_url).netloc}
        if not OWN_ADDRESS.match(urlsplit(origin).netloc) or urlsplit(origin).netloc not in ours:
            return "error.origin"
    before = sessions.read_cookie(request, visit.house.config, sessions.BEFORE)
    expected = visit.who[1].csrf if visit.who is not None else before
    given = visit.form.raw("csrf")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        return "error.csrf"
    return ""
