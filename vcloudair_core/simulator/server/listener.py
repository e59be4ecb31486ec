"""A listener of a simulator: a socket, a certificate, and uvicorn in a thread."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette

from vcloudair_core.simulator.server.certificates import write_certificates
from vcloudair_core.simulator.server.web_app import FaultyProtocol

KEEP_ALIVE_S = 60
"""Seconds after which an idle connection is closed.

The value is longer than the interval at which clients poll tasks, such as the five seconds of vcd-cli.
"""
_THREADS = 400


class Listener:
    """A port of this host on which an app accepts requests.

    Args:
        app: The app.
        host: Address to listen on.
        port: Port to listen on. 0 selects a free port.
        tls: True for HTTPS with a generated CA, False for HTTP.
        names: Additional host names in the certificate.
        certificate: Kind of the certificate. See :func:`write_certificates`.

    Raises:
        OSError: The listener cannot use the address.
    """

    def __init__(
        self, app: Starlette, *, host: str, port: int, tls: bool, names: Sequence[str], certificate: str
    ) -> None:
        self._app, self._host, self._tls = app, host, tls
        self._names, self._certificate = names, certificate
        # asyncio disables Nagle's algorithm only if the socket has an explicit protocol. Otherwise every response of
        # more than one packet waits 40 ms for an acknowledgment.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.port = int(self._socket.getsockname()[1])
        self._folder: Path | None = None
        self.ca_path = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Return the base URL of the listener."""
        if self._host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104
            shown = "localhost"
        elif ":" in self._host:
            # localhost does not always resolve to an IPv6 address.
            shown = "[::1]" if ipaddress.ip_address(self._host).is_unspecified else f"[{self._host}]"
        else:
            shown = self._host
        return f"{'https' if self._tls else 'http'}://{shown}:{self.port}"

    def start(self) -> None:
        """Start the listener, and return when it accepts requests.

        Raises RuntimeError if the listener does not start, and ValueError for an unknown kind of certificate.
        """
        options: dict[str, Any] = {
            "log_level": "critical",
            "http": FaultyProtocol,
            "lifespan": "off",
            "ws": "none",
            "access_log": False,
            "timeout_graceful_shutdown": 2,
            "timeout_keep_alive": KEEP_ALIVE_S,
            "server_header": False,
            "date_header": False,
        }
        if self._tls:
            try:
                options |= self._certificates()
            except ValueError:
                self.stop()
                raise
        self._server = uvicorn.Server(uvicorn.Config(self._app, **options))
        self._thread = threading.Thread(target=self._run, args=(self._server,), daemon=True, name="vca-simulator")
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the simulator did not start within 10 seconds")
            time.sleep(0.005)

    def _certificates(self) -> dict[str, str]:
        """Create a CA and a certificate, and return the TLS options of uvicorn.

        The files are deleted when the listener stops.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="vca-sim-"))
        names = ["localhost", "127.0.0.1", "::1", *self._names]
        if self._host not in names:
            names.append(self._host)
        ca_file, leaf_file = write_certificates(self._folder, names, kind=self._certificate)
        self.ca_path = str(ca_file)
        return {"ssl_certfile": str(leaf_file), "ssl_keyfile": str(leaf_file)}

    def stop(self) -> None:
        """Stop the listener, close all connections and delete the certificates.

        If the listener has already stopped, nothing happens.
        """
        if self._server is not None and self._thread is not None and self._thread.is_alive():
            # Clients keep connections open, and uvicorn would wait for these connections until its timeout.
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._close_connections)
            self._server.should_exit = True
            self._thread.join(timeout=10)
        self._socket.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _close_connections(self) -> None:
        for protocol in list(self._server.server_state.connections if self._server is not None else ()):
            protocol.transport.abort()

    def _run(self, server: uvicorn.Server) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            # A delayed request occupies a thread, so other requests need more threads.
            to_thread.current_default_thread_limiter().total_tokens = _THREADS
            await server.serve(sockets=[self._socket])
            await asyncio.sleep(0)  # This lets the event loop close the aborted connections.

        asyncio.run(serve())
