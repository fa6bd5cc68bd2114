"""What stands between this process and a stored event, looked at in order: settings, name, connection, key, clock,
spool.

`CHECKS` is the list; a check is a function of the settings that returns a Finding. Nothing is sent but one GET of the
source's settings, which a collector answers for a known write key.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Callable, NamedTuple
from urllib.parse import quote, urlsplit

from firsthand.settings import Settings
from firsthand.transport import Transport

_SKEW_SECONDS = 5.0  # beyond it the collector corrects event times


class Finding(NamedTuple):
    """`detail` says what was seen and, if not `ok`, what to do."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """All findings; a check that cannot be made is a finding too."""
    findings = []
    for check in CHECKS:
        try:
            findings.append(check(settings))
        except (OSError, http.client.HTTPException, ValueError) as error:
            words = getattr(error, "strerror", None) or type(error).__name__
            findings.append(Finding(check.__name__, False, f"{words}; see docs/python.md"))
    return findings


def configuration(settings: Settings) -> Finding:
    off = [name for name, bad in (("enabled=false", not settings.enabled), ("dry_run=true", settings.dry_run)) if bad]
    if off:
        return Finding("configuration", False, f"{', '.join(off)}: nothing is sent")
    return Finding("configuration", True, f"key {settings.write_key[:6]}…, {settings.endpoint}")


def name(settings: Settings) -> Finding:
    host = settings.proxy or settings.endpoint
    parts = urlsplit(host)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return Finding("name", False, f"{parts.hostname} cannot be resolved: check the spelling and the DNS")
    through = " (the proxy)" if settings.proxy else ""
    return Finding("name", True, f"{parts.hostname}{through} is {found[0][4][0]}")


def key(settings: Settings) -> Finding:
    """Connection, TLS and write key in one exchange; the clock is compared in passing."""
    status, date = _ask(settings)
    if status == 200:
        return Finding("key", True, f"the collector knows it{_skew(date)}")
    if status in (401, 403, 404):
        return Finding("key", False, f"the collector answered {status}: unknown or paused; see `firsthand source list`")
    return Finding("key", False, f"status {status}: is the endpoint a Firsthand collector?")


def spool(settings: Settings) -> Finding:
    if not settings.spool_dir:
        return Finding("spool", True, "none: events are in memory only, and lost if the process is killed")
    from firsthand.spool import segment

    os.makedirs(settings.spool_dir, 0o700, exist_ok=True)  # noqa: PTH103 - as the spool does it
    segment.create(settings.spool_dir, f"doctor-{os.getpid()}").close()
    left = [e.stat().st_size for e in os.scandir(settings.spool_dir) if e.name.endswith(segment.SUFFIX)]
    free = shutil.disk_usage(settings.spool_dir).free
    if free < settings.spool_bytes - sum(left):
        return Finding("spool", False, f"{free} bytes are free, spool_bytes is {settings.spool_bytes}: lower it")
    return Finding("spool", True, f"can be written; {len(left)} files with {sum(left)} bytes in it")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (configuration, name, key, spool)


def _ask(settings: Settings) -> tuple[int, str | None]:
    transport = Transport(settings)
    connection = transport.connect()
    with contextlib.closing(connection):
        base = urlsplit(settings.endpoint)
        path = f"{base.path.rstrip('/')}/v1/sources/{quote(settings.write_key, safe='')}/settings"
        whole = settings.proxy and base.scheme == "http"
        connection.request("GET", f"http://{base.netloc}{path}" if whole else path, headers=transport.headers())
        answer = connection.getresponse()
        answer.read(1)
        return answer.status, answer.getheader("Date")


def _skew(date: str | None) -> str:
    if date is None:
        return ""
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return ""
    skew = (datetime.fromtimestamp(time.time(), timezone.utc) - theirs).total_seconds()
    return f"; this clock is {skew:+.0f} s off, event times will be corrected" if abs(skew) > _SKEW_SECONDS else ""
