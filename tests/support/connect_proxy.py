"""A CONNECT proxy that connects all host names to the port of a simulator.

Clients verify TLS for the name that they use, as in production. The proxy does not resolve names.
"""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from types import TracebackType


class ConnectProxy:
    """A proxy as a context manager. ``url`` is the value of HTTPS_PROXY.

    ``asked`` lists the ``host:port`` of each tunnel.
    """

    def __init__(self, target_port: int) -> None:
        self.asked: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = self.rfile.readline().split()
                while self.rfile.readline().strip():
                    pass
                if len(words) < 2 or words[0] != b"CONNECT":
                    self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
                    return
                proxy.asked.append(words[1].decode())
                with socket.create_connection(("127.0.0.1", target_port)) as upstream:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _shovel(self.connection, upstream)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ConnectProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _shovel(left: socket.socket, right: socket.socket) -> None:
    other = {left: right, right: left}
    with contextlib.suppress(OSError):
        while True:
            for ready in select.select([left, right], [], [], 30)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                other[ready].sendall(data)
