"""A proxy on a socket of this machine, that remembers what passed by."""

import base64
import contextlib
import socket
import threading
import time

LOGIN = b"Proxy-Authorization: Basic " + base64.b64encode(b"ada:p@ss")


class Proxy:
    """An HTTP proxy (RFC 9110 §7.6, §9.3.6) that wants a login. `address` has it.

    `heads`: what it was asked; `seen`: every byte that went up after that.

    `answer`: what it says to CONNECT instead of connecting, a byte every `drip` seconds.
    """

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.seen = b""
        self.answer, self.drip = b"", 0.0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.address = f"http://ada:p%40ss@{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._serve, args=(self._server.accept()[0],), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError), one:  # whoever goes away first
            head = b""
            while b"\r\n\r\n" not in head:
                head += one.recv(65536)
            self.heads.append(head)
            verb, target, _ = head.split(b"\r\n")[0].split(b" ")
            if self.answer:
                for byte in self.answer:
                    one.sendall(bytes([byte]))
                    time.sleep(self.drip)
            elif LOGIN not in head:
                one.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            else:
                self._connect(one, verb, target, head)

    def _connect(self, one: socket.socket, verb: bytes, target: bytes, head: bytes) -> None:
        host, _, port = target.removeprefix(b"http://").split(b"/")[0].partition(b":")
        with socket.create_connection((host.decode(), int(port))) as other:
            if verb == b"CONNECT":
                one.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
            else:
                path = b"/" + target.removeprefix(b"http://").split(b"/", 1)[1]
                other.sendall(head.replace(target, path, 1))
            threading.Thread(target=self._pump, args=(other, one, False), daemon=True).start()
            self._pump(one, other, True)

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.seen += data if up else b""
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
