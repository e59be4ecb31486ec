"""HTTP server of the simulator: a Starlette app that uvicorn runs in a thread."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.core import Simulator
from vcloudair_core.simulator.faults.socket_faults import SocketFaultError, wire_bytes
from vcloudair_core.simulator.server.certificates import write_certificates
from vcloudair_core.transport.messages import Headers, Request

KEEP_ALIVE_S = 60
"""Seconds after which an idle connection is closed.

The value is longer than the interval at which clients poll tasks, such as the five seconds of vcd-cli.
"""
_THREADS = 400
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class _Protocol(H11Protocol):
    """An HTTP protocol that gives the app access to the connection.

    The app needs this access for faults that break the connection.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def make_app(simulator: Simulator) -> Starlette:
    """Return a Starlette app that passes every request to :meth:`Simulator.handle`."""

    async def answer(request: WebRequest) -> WebResponse:
        body = await request.body()
        url = f"{request.url.scheme}://{request.headers.get('host', '')}{request.scope['raw_path'].decode()}"
        if request.scope["query_string"]:
            url += "?" + request.scope["query_string"].decode()
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw])
        if simulator.config.latency_ms:
            await asyncio.sleep(simulator.config.latency_ms / 1000)
        try:
            response = await run_in_threadpool(simulator.handle, Request(request.method, url, headers, body))
        except SocketFaultError as exc:
            return await _break(request, exc)
        web_response = WebResponse(response.body, response.status)
        web_response.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers.pairs()
            if name.lower() != "content-length"
        ]
        if response.status not in (204, 304):
            web_response.raw_headers.append((b"content-length", str(len(response.body)).encode()))
        return web_response

    async def _break(request: WebRequest, fault: SocketFaultError) -> WebResponse:
        connection = request.scope["state"]["connection"]
        if fault.kind in ("hang", "hang_after", "late"):
            # The server can stop only after the wait, so the wait ends when the client disconnects.
            while not await request.is_disconnected():
                await asyncio.sleep(0.05)
        if fault.response is not None:
            sent = wire_bytes(fault.kind, fault.response)
            if fault.kind == "drip":
                await _drip(request, connection, sent, fault.seconds)
            connection.write(b"" if fault.kind == "drip" else sent)
            connection.close()
        else:
            connection.abort()
        return WebResponse(b"", 500)

    async def _drip(request: WebRequest, connection: Any, sent: bytes, seconds: float) -> None:
        """Send the status and headers immediately, then the body byte by byte.

        Sending stops when the client disconnects.
        """
        head = sent.index(b"\r\n\r\n") + 4
        connection.write(sent[:head])
        for position in range(head, len(sent)):
            if await request.is_disconnected():
                return
            connection.write(sent[position : position + 1])
            await asyncio.sleep(seconds)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


class SimulatorServer:
    """A simulator that listens on a port of this host.

    Use the server as a context manager, or call :meth:`start` and :meth:`stop`.

    Args:
        config: Options of a new simulator.
        host: Address to listen on.
        port: Port to listen on. 0 selects a free port.
        tls: True for HTTPS with a generated CA, False for HTTP.
        simulator: An existing simulator. ``config`` and ``routes`` are then ignored.
        routes: Routes from plugins or tests, in addition to the built-in routes.

    Raises:
        OSError: The server cannot listen on the address.
    """

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = True,
        simulator: Simulator | None = None,
        routes: Iterable[SimulatorRoutes] = (),
    ) -> None:
        self.simulator = simulator or Simulator(config, routes=routes)
        self._host, self._tls = host, tls
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
        """Return the base URL of the server."""
        if self._host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104
            shown = "localhost"
        elif ":" in self._host:
            # localhost does not always resolve to an IPv6 address.
            shown = "[::1]" if ipaddress.ip_address(self._host).is_unspecified else f"[{self._host}]"
        else:
            shown = self._host
        return f"{'https' if self._tls else 'http'}://{shown}:{self.port}"

    def env(self) -> dict[str, str]:
        """Return the VCA_* variables that connect clients to this server."""
        return self.simulator.env(self.url, self.ca_path)

    def start(self) -> None:
        """Start the server, and return when it accepts requests.

        Raises RuntimeError if the server does not start, and ValueError for an unknown kind of certificate.
        """
        options: dict[str, Any] = {
            "log_level": "critical",
            "http": _Protocol,
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
        self._server = uvicorn.Server(uvicorn.Config(make_app(self.simulator), **options))
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

        The files are deleted when the server stops.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="vca-sim-"))
        names = ["localhost", "127.0.0.1", "::1", *self.simulator.config.host_names]
        if self._host not in names:
            names.append(self._host)
        ca_file, leaf_file = write_certificates(self._folder, names, kind=self.simulator.config.certificate)
        self.ca_path = str(ca_file)
        return {"ssl_certfile": str(leaf_file), "ssl_keyfile": str(leaf_file)}

    def stop(self) -> None:
        """Stop the server, close all connections and delete the certificates.

        If the server has already stopped, nothing happens.
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

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
