"""Is the SDK installed right on a page? Pure: what the page said and what the collector knows, to findings.

Each finding is a check's name, an outcome (`good`, `bad`, `warn`, `unknown`) and what to fill into its text. Looked at:
the script tag and its write key, the page's content security policy (header and meta: CSP level 3), the banner, the
source's allowed origins, its state, and what came from it lately: refused for want of consent, or nothing at all. An
SDK that waits for consent sends nothing that could be refused: then notices that were shown and not agreed to tell.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

Outcome = Literal["good", "bad", "warn", "unknown"]
SDK_PATH: Final = re.compile(r"/(sdk\.js|sdk/[\w.+-]+/firsthand\.js|firsthand(\.min)?\.js)$")
WITHOUT_CONSENT: Final = ("no_consent", "withdrawn")
BANNER: Final = re.compile(r"/(sdk/[\w.+-]+/)?banner\.js$")
FALLBACK: Final = {"script-src-elem": ("script-src", "default-src"), "connect-src": ("default-src",)}


@dataclass(frozen=True)
class Fetched:
    """A page as it came. `problem`: why it did not come, as a key of the catalogue."""

    url: str
    status: int = 0
    policies: tuple[str, ...] = ()
    html: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Known:
    """What the collector knows of the source: its key, other keys and whose they are, today's counts by outcome.

    `shown` and `agreed`: notices that its site showed today, and yeses to anything.
    """

    source: str
    write_key: str
    state: str
    mode: str
    origins: tuple[str, ...]
    others: Mapping[str, str]
    counts: Mapping[str, int]
    collector: str
    shown: int = 0
    agreed: int = 0


@dataclass(frozen=True)
class Finding:
    check: str
    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    """Script tags and policies of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str]] = []
        self.policies: list[str] = []
        self.banner = False
        self.text: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.banner |= tag == "firsthand-banner"
        if tag == "script":
            self.banner |= BANNER.search(urlsplit(found.get("src", "")).path) is not None
            self.scripts.append(found)
            self._inside = "src" not in found
        elif tag == "meta" and found.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(found.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text.append(data)


def verify(page: Fetched, known: Known) -> list[Finding]:
    """What is right and what is wrong, the first cause first."""
    if page.problem:
        return [Finding("reach", "bad", {"why": page.problem}), *_seen(known)]
    if page.status >= 400:
        return [Finding("status", "bad", {"status": str(page.status)}), *_seen(known)]
    parsed = _Page()
    parsed.feed(page.html)
    policies = [*page.policies, *parsed.policies]
    return [
        Finding("status", "good", {"status": str(page.status)}),
        *_script(page, parsed, known),
        *_policies(page, policies, known),
        _origin(page, known),
        *_seen(known),
    ]


def _script(page: Fetched, parsed: _Page, known: Known) -> list[Finding]:
    tags = [s for s in parsed.scripts if SDK_PATH.search(urlsplit(s.get("src", "")).path)]
    keys = {s.get("data-write-key", "") for s in tags} | set(re.findall(r"\bfh_[a-z0-9]{24}\b", " ".join(parsed.text)))
    keys |= set(re.findall(r"\bfh_[a-z0-9]{24}\b", page.html))
    keys.discard("")
    found = [Finding("script", "good" if tags else "warn")]
    for tag in tags:
        where = urljoin(page.url, tag["src"])
        if _origin_of(where) != _origin_of(known.collector):
            found.append(
                Finding("elsewhere", "warn", {"where": _origin_of(where), "ours": _origin_of(known.collector)})
            )
    if known.write_key in keys:
        found.append(Finding("key", "good"))
    elif keys:
        other = next((known.others[k] for k in sorted(keys) if k in known.others), "")
        found.append(Finding("otherKey", "bad", {"source": other}) if other else Finding("wrongKey", "bad"))
    elif tags:
        found.append(Finding("noKey", "bad"))
    if parsed.banner:
        found.append(Finding("banner", "good"))
    elif tags and known.mode == "opt_in":
        found.append(Finding("noBanner", "warn" if known.counts.get("accepted") else "bad"))
    if known.state != "live":
        found.append(Finding("paused", "bad"))
    return found


def _policies(page: Fetched, policies: list[str], known: Known) -> list[Finding]:
    if not policies:
        return [Finding("csp", "good")]
    found, ours = [], known.collector.rstrip("/")
    for check, directive, path in (
        ("cspScript", "script-src-elem", "/sdk.js"),
        ("cspConnect", "connect-src", "/v1/batch"),
    ):
        if not all(allows(policy, directive, ours + path, page.url) for policy in policies):
            found.append(
                Finding(check, "bad", {"add": f"{directive.removesuffix('-elem')} {_origin_of(known.collector)}"})
            )
    return found or [Finding("csp", "good")]


def allows(policy: str, directive: str, url: str, page: str) -> bool:
    """Whether one policy lets `page` use `url` under this directive (CSP level 3 §6.7.2; nonces and hashes aside)."""
    directives: dict[str, list[str]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])
    for name in (directive, *FALLBACK[directive]):
        if name in directives:
            return any(_matches(source, url, page) for source in directives[name])
    return True


def _matches(source: str, url: str, page: str) -> bool:
    wanted, own = urlsplit(url), urlsplit(page)
    low = source.lower()
    if low == "'self'":
        return _origin_of(url) == _origin_of(page)
    if low.startswith("'"):
        return low.startswith(("'nonce-", "'strict-dynamic"))  # decided by the page's own tags: not held against it
    if low == "*":
        return wanted.scheme in ("http", "https") or wanted.scheme == own.scheme
    if re.fullmatch(r"[a-z][a-z0-9+.-]*:", low):
        return wanted.scheme == low[:-1] or (low == "http:" and wanted.scheme == "https")
    parts = urlsplit(low if "://" in low else f"//{low}")
    if parts.scheme and parts.scheme != wanted.scheme and not (parts.scheme == "http" and wanted.scheme == "https"):
        return False
    host, port = (parts.hostname or ""), parts.netloc.rpartition(":")[2] if ":" in parts.netloc else ""
    if host.startswith("*."):
        if not (wanted.hostname or "").endswith(host[1:]):
            return False
    elif host != wanted.hostname:
        return False
    default = {"https": 443, "http": 80}.get(wanted.scheme)
    return port == "*" or str(wanted.port or default) == (port or str(default))


def _origin(page: Fetched, known: Known) -> Finding:
    origin = _origin_of(page.url)
    if not known.origins or origin in known.origins:
        return Finding("origin", "good")
    return Finding("badOrigin", "bad", {"origin": origin})


def _seen(known: Known) -> Iterable[Finding]:
    accepted = known.counts.get("accepted", 0)
    refused = {reason: n for reason, n in known.counts.items() if reason != "accepted" and n}
    yield Finding("arrived", "good" if accepted else "unknown", {"n": f"{accepted:,}"})
    consent = sum(refused.get(reason, 0) for reason in WITHOUT_CONSENT)
    if consent:
        yield Finding("consent", "warn" if accepted else "bad", {"n": f"{consent:,}", "mode": known.mode})
    elif not accepted and known.shown and not known.agreed:
        yield Finding("held", "bad", {"n": f"{known.shown:,}"})
    others = {reason: n for reason, n in refused.items() if reason not in WITHOUT_CONSENT}
    if others:
        yield Finding("refused", "warn", {"n": f"{sum(others.values()):,}", "reasons": ", ".join(sorted(others))})


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"
