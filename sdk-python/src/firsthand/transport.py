"""One kept-alive HTTP connection. Used by one thread at a time; never raises, never follows a redirect.

Every request has one deadline over all its parts. A timeout per `recv` is not enough: an answer that drips one byte
a second would hold the worker for hours. So the answer is read through a socket whose timeout is what is left.

Through a proxy, https goes in a CONNECT tunnel (RFC 9110 §9.3.6), so the proxy sees neither key nor event; http asks
for the whole address.

A server may close an idle connection just as we write to it. If a *reused* connection breaks before a byte of the
answer came, the request is sent once more on a new one; ids stay, so the collector sees a repeated batch as such. And
what lies between may forget an idle connection without a word, above all while a process is frozen: one that has not
been used for half a minute is not used again, or a whole `request_timeout` would be waited in vain.
"""

from __future__ import annotations

import gzip
import http.client
import io
import re
import socket
import ssl
import time
from base64 import b64encode
from typing import Any, Callable
from urllib.parse import unquote, urlsplit

from firsthand.protocol import ACCEPTED, BATCH_PATH, MAX_ANSWER_BYTES, VERSION, Answer
from firsthand.settings import Settings

# how a connection says that the other side has closed it
_CLOSED = (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError, ssl.SSLZeroReturnError)
# getaddrinfo() imports this codec at its first use. That would be an import by the worker, and a fork in the middle of
# it leaves the child with an import lock that nobody will ever release.
"localhost".encode("idna")

_IDLE_SECONDS = 30.0  # load balancers and address translation forget after a minute and more
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
_SMALL = 512  # bytes below which gzip costs more than it saves


def transport(settings: Settings, tls: ssl.SSLContext | None = None) -> Callable[[bytes], Answer]:
    """What sends batches under these settings: HTTP, or, with `dry_run`, nothing at all."""
    return (lambda _body: ACCEPTED) if settings.dry_run else Transport(settings, tls).send


class Transport:
    """POSTs bodies to `<endpoint>/v1/batch`. Raises OSError if `ca_file` cannot be read."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(settings.endpoint)
        self._settings = settings
        self._host, self._port = str(parts.hostname), parts.port
        self._path = parts.path.rstrip("/") + BATCH_PATH
        self._tls = None
        if parts.scheme == "https":
            self._tls = tls or ssl.create_default_context(cafile=settings.ca_file or None)
        self._proxy = _Proxy(settings.proxy) if settings.proxy else None
        if self._proxy is not None and self._tls is None:
            self._path = f"http://{parts.netloc}{self._path}"
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def send(self, body: bytes) -> Answer:
        """The answer to one batch. All that can go wrong on the way is status 0 with a `problem`."""
        headers = self.headers()
        if time.monotonic() - self._used_at > _IDLE_SECONDS:
            self.close()
        if self._settings.compress and len(body) >= _SMALL:
            # level 1: on JSON it saves nine tenths of the bytes that level 9 saves, at a fraction of its time
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        reused = self._connection is not None
        try:
            return self._exchange(body, headers)
        except _Stale as stale:
            if not reused:
                return Answer(0, problem=str(stale))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return self._failed(error)
        try:
            return self._exchange(body, headers)
        except (_Stale, OSError, http.client.HTTPException, ValueError) as error:
            return self._failed(error)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def headers(self) -> dict[str, str]:
        """What every request says, to the proxy too if it is asked for whole addresses."""
        mine = {
            "Authorization": f"Bearer {self._settings.write_key}",
            "Content-Type": "application/json",
            "User-Agent": f"firsthand-python/{VERSION}",
        }
        return {**mine, **self._proxy.headers} if self._proxy is not None and self._tls is None else mine

    def _failed(self, error: Exception) -> Answer:
        self.close()
        # the type and the system's own words; an HTTP error could quote bytes of the answer
        words = error.strerror if isinstance(error, OSError) and error.strerror else ""
        return Answer(0, problem=" ".join(filter(None, (type(error).__name__, words))))

    def _exchange(self, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connection or self.connect()
        deadline = time.monotonic() + self._settings.request_timeout
        connection.sock.settimeout(self._settings.request_timeout)
        connection.response_class = _within(deadline)  # type: ignore[assignment]
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
        except _CLOSED as error:
            self.close()
            raise _Stale(type(error).__name__) from error
        data = response.read(MAX_ANSWER_BYTES + 1)
        self._used_at = time.monotonic()
        if response.length:  # more was announced: cut off, or longer than any collector's answer
            self.close()
            return Answer(0, problem="the answer is cut off or too long")
        if response.will_close:
            self.close()
        return Answer(response.status, response.getheader("Retry-After"), data)

    def connect(self) -> http.client.HTTPConnection:
        """A new connection, kept for the next request. Raises OSError."""
        timeout = self._settings.connect_timeout
        proxy = self._proxy
        host, port = (proxy.host, proxy.port) if proxy is not None else (self._host, self._port)
        connection: http.client.HTTPConnection
        if self._tls is None:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls)
            if proxy is not None:
                connection.set_tunnel(self._host, self._port or 443, proxy.headers)
                # the proxy's own answer has a deadline, too
                until = time.monotonic() + self._settings.request_timeout
                connection.response_class = _within(until)  # type: ignore[assignment]
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            refused = _TUNNEL_REFUSED.match(str(error))
            if refused is None:
                raise
            raise ConnectionRefusedError(0, f"the proxy answered {refused[1]}") from None
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        return connection


class _Proxy:
    """Where the proxy is and what it wants to hear."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = str(parts.hostname), parts.port or 3128
        self.headers: dict[str, str] = {}
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Proxy-Authorization"] = "Basic " + b64encode(login.encode()).decode()


class _Stale(Exception):
    """The other side had closed the connection."""


def _within(deadline: float) -> Callable[..., http.client.HTTPResponse]:
    def response(sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Bounded(sock, deadline), *args, **kwargs)  # type: ignore[arg-type]

    return response


class _Bounded:
    """What HTTPResponse wants of a socket: a file to read the answer from."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))


class _Reader(io.RawIOBase):
    """The socket's own file, which keeps the socket open for as long as it is itself."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._sock, self._deadline = sock, deadline
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(left)
        return self._file.readinto(buffer) or 0

    def close(self) -> None:
        self._file.close()
        super().close()
