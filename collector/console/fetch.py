"""Fetching a page for the install verifier, carefully: a server that fetches what it is told is a way into a network.

Only addresses of origins that the source itself allows, only http and https, no redirect to another origin, five
seconds, one megabyte, no cookies. What came is looked at and never shown.
"""

import http.client
import urllib.error
import urllib.request
from typing import IO, Final
from urllib.parse import urljoin, urlsplit

from collector.console.verify import Fetched

SECONDS: Final = 5.0
MOST_BYTES: Final = 1024 * 1024
AGENT: Final = "Firsthand-install-verifier"


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        old, new = urlsplit(req.full_url), urlsplit(urljoin(req.full_url, newurl))
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise urllib.error.URLError("redirect")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_opener: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}), _SameOrigin)


def fetch(url: str, origins: tuple[str, ...]) -> Fetched:
    """The page, or why it did not come. Never raises for what the other side does."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return Fetched(url, problem="verify.why.address")
    if f"{parts.scheme}://{parts.netloc}".lower() not in origins:
        return Fetched(url, problem="verify.why.origin")
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": "text/html"})  # noqa: S310 - http(s) only
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            return _read(answer.geturl(), answer.status, answer.headers, answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        return Fetched(url, error.code)
    except urllib.error.URLError as error:
        return Fetched(url, problem="verify.why.redirect" if error.reason == "redirect" else "verify.why.unreachable")
    except (OSError, http.client.HTTPException, ValueError):
        return Fetched(url, problem="verify.why.unreachable")


def _read(url: str, status: int, headers: http.client.HTTPMessage, body: bytes) -> Fetched:
    policies = tuple(p for value in headers.get_all("content-security-policy") or [] for p in value.split(","))
    return Fetched(url, status, policies, body.decode(headers.get_content_charset() or "utf-8", "replace"))
