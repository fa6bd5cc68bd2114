"""Is a port free? Asked before listening, because the server shares its port (SO_REUSEPORT) without complaint.

Two collectors on one port would each get a part of the events, which looks like losing the other part.
"""

import errno
import socket
import time

from collector.settings import SettingsError


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on `port` of `host`. Raises SettingsError where we could not listen either."""
    try:
        _bound(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise SettingsError(f"cannot listen on port {port} of {host}: {error.strerror}") from None
    return True


def free_port(host: str) -> int:
    """A port of `host` that nobody listens on at the moment. Raises SettingsError if we cannot listen there."""
    try:
        return _bound(host, 0)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}: {error.strerror}") from None


def need(host: str, port: int, patience: float = 0.0) -> None:
    """Raises SettingsError if `port` is still in use after `patience` seconds (a predecessor may be draining)."""
    deadline = time.monotonic() + patience
    while not is_free(host, port):
        if time.monotonic() >= deadline:
            raise SettingsError(f"port {port} of {host} is in use; choose another with --port, or end what uses it")
        time.sleep(0.05)


def _bound(host: str, port: int) -> int:
    """The port that a socket got; it is closed again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        got: int = probe.getsockname()[1]
        return got
