"""Is a port free? Asked before listening, because the server shares its port (SO_REUSEPORT) without complaint.

Two collectors on one port would each get a part of the events, which looks like losing the other part.
"""

import socket
import time

from collector.settings import SettingsError


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on `port` of `host`."""
    with _socket(host) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """A port of `host` that nobody listens on at the moment."""
    with _socket(host) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def need(host: str, port: int, patience: float = 0.0) -> None:
    """Raises SettingsError if `port` is still in use after `patience` seconds (a predecessor may be draining)."""
    deadline = time.monotonic() + patience
    while not is_free(host, port):
        if time.monotonic() >= deadline:
            raise SettingsError(f"port {port} of {host} is in use; choose another with --port, or end what uses it")
        time.sleep(0.05)


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
