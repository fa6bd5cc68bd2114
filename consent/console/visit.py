"""One request of one person: what an endpoint gets. It knows who asks, for which site, in which language."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.admin import Admin
from consent.console import headers, sessions
from consent.console.forms import Form
from consent.console.i18n import Words
from consent.console.page import GROUPS, Page
from consent.console.sessions import Session
from consent.console.users import User

if TYPE_CHECKING:
    from consent.console.house import House

THEMES: Final = ("auto", "light", "dark")


class Refused(Exception):
    """An endpoint will not: a status, and keys of the catalogue for what is wrong."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status, self.key = status, key


@dataclass
class Visit:
    """See the module text. `site` is empty on pages about the whole installation."""

    request: Request
    form: Form
    house: "House"
    words: Words
    now: float
    page: Page | None = None
    site: str = ""
    who: tuple[User, Session] | None = None
    _before: str = field(default="", init=False)

    @property
    def user(self) -> User:
        """The person who asks. Raises Refused if nobody is logged in."""
        if self.who is None:
            raise Refused(401, "error.401")
        return self.who[0]

    @property
    def session(self) -> Session:
        """The session of that person. Raises Refused like `user`."""
        if self.who is None:
            raise Refused(401, "error.401")
        return self.who[1]

    @property
    def admin(self) -> Admin:
        """The person as the functions of `consent.admin` want to know them."""
        return self.house.admin(self.user.login, self.now)

    def may(self, permission: str) -> bool:
        return self.who is not None and self.who[0].may(permission)

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default).strip()

    def path(self, name: str) -> str:
        """A part of the address that the endpoint's path names."""
        found: str = self.request.path_params[name]
        return found

    def at(self, page: str, rest: str = "", **query: str) -> str:
        """The address of a page, of this site where it is a site's."""
        asked = self.house.page(page)
        base = f"/console/s/{quote(self.site, safe='')}/{page}" if asked.of_site else f"/console/{page}"
        given = {k: v for k, v in query.items() if v}
        return base + rest + (f"?{urlencode(given)}" if given else "")

    def audit(self, connection: Connection, action: str, target: str, detail: Mapping[str, Any]) -> None:
        """Write down a change, in the transaction that makes it."""
        self.house.audit(connection, self.site, self.user.login, action, target, detail, self.now)

    # ---- answers ------------------------------------------------------------------------------------------------

    def csrf(self) -> str:
        """What a form must bring back: the session's token, or for nobody a new one that a cookie holds as well."""
        if self.who is not None:
            return self.who[1].csrf
        if not self._before:
            came = sessions.read_cookie(self.request, self.house.config, sessions.BEFORE)
            self._before = came if len(came) == 32 else secrets.token_urlsafe(24)
        return self._before

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page in the shell."""
        text = self.house.templates.get_template(template).render(
            t=self.words, visit=self, theme=self.theme, nav=self.navigation(), said=self._said(), **values
        )
        response = Response(text, status, dict(headers.COMMON), "text/html; charset=utf-8")
        if self._before and self.who is None:
            sessions.set_cookie(response, self.request, self.house.config, self._before, sessions.BEFORE)
        return response

    def go(self, address: str, said: str = "") -> Response:
        """See there; `said` is a key of the catalogue that is shown once."""
        if said:
            address += ("&" if "?" in address else "?") + urlencode({"said": said})
        return RedirectResponse(address, 303, headers.COMMON)

    @property
    def theme(self) -> str:
        asked = self.request.cookies.get("firsthand_theme", "auto")
        return asked if asked in THEMES else "auto"

    @property
    def here(self) -> str:
        """This page's own address, to come back to."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    def with_query(self, **changed: object) -> str:
        """This page's query with some values changed, for links to the next page."""
        kept = {k: v for k, v in self.request.query_params.items() if k != "said"}
        return urlencode(kept | {k: str(v) for k, v in changed.items()})

    def sites(self) -> list[str]:
        """The sites that this person was given."""
        return [s for s in self.house.sites() if self.who is not None and self.who[0].sees(s)]

    def navigation(self) -> list[tuple[str, list[Page]]]:
        """Groups of pages that this person may open, empty ones left out."""
        if self.who is None:
            return []
        user = self.who[0]
        open_ = [p for p in self.house.pages if user.may(p.permission) and (p.of_site or user.everywhere)]
        grouped = [(g, [p for p in open_ if p.group == g]) for g in GROUPS]
        return [(group, pages) for group, pages in grouped if pages]

    def _said(self) -> str:
        key = f"said.{self.query('said')}"
        return self.words(key) if self.words.has(key) else ""


def local(address: str, otherwise: str = "/console") -> str:
    """An address to go back to, if it is one of ours; whoever made the link does not send people elsewhere."""
    inside = address == "/console" or address.startswith(("/console/", "/console?"))
    return address if inside and "\\" not in address and "//" not in address and address.isprintable() else otherwise
