"""The simulator behind a socket: a Starlette app on uvicorn, in a thread."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from vcloudair_core.http import Headers, Request
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.core import Simulator
from vcloudair_core.simulator.faults import SocketFaultError
from vcloudair_core.simulator.tls import write_certificates

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class _Protocol(H11Protocol):
    """Gives the application its connection, so that a fault can really break it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def make_app(simulator: Simulator) -> Starlette:
    """The application; every path goes to :meth:`Simulator.handle`."""

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
        made = WebResponse(response.body, response.status)
        made.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers.pairs()
            if name.lower() != "content-length"
        ]
        if response.status not in (204, 304):
            made.raw_headers.append((b"content-length", str(len(response.body)).encode()))
        return made

    async def _break(request: WebRequest, fault: SocketFaultError) -> WebResponse:
        connection = request.scope["state"]["connection"]
        if fault.kind == "hang":
            await asyncio.sleep(3600)
        if fault.kind in ("half_body", "wrong_length") and fault.response is not None:
            body = fault.response.body
            head = f"HTTP/1.1 {fault.response.status} OK\r\nContent-Type: {fault.response.headers.get('Content-Type', 'text/plain')}\r\nContent-Length: {len(body) + 10}\r\n\r\n"
            connection.write(head.encode() + body[: max(1, len(body) // 2)])
            connection.close()
        else:
            connection.abort()
        return WebResponse(b"", 500)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


class SimulatorServer:
    """A simulator on a port of this machine. Use as a context manager, or ``start()`` and ``stop()``."""

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = True,
        simulator: Simulator | None = None,
    ) -> None:
        self.simulator = simulator or Simulator(config)
        self._host, self._tls = host, tls
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port = int(self._socket.getsockname()[1])
        self._folder: Path | None = None
        self.ca_path = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        shown = "localhost" if self._host in ("127.0.0.1", "0.0.0.0", "::1", "::") else self._host  # noqa: S104
        return f"{'https' if self._tls else 'http'}://{shown}:{self.port}"

    def env(self) -> dict[str, str]:
        """The VCA_* variables that lead every tool here."""
        return self.simulator.env(self.url, self.ca_path)

    def start(self) -> None:
        """Returns when it answers."""
        options: dict[str, Any] = {}
        if self._tls:
            self._folder = Path(tempfile.mkdtemp(prefix="vca-sim-"))
            names = ["localhost", "127.0.0.1", "::1", *self.simulator.config.host_names]
            if self._host not in names:
                names.append(self._host)
            ca_file, leaf_file = write_certificates(self._folder, names)
            self.ca_path = str(ca_file)
            options = {"ssl_certfile": str(leaf_file), "ssl_keyfile": str(leaf_file)}
        config = uvicorn.Config(
            make_app(self.simulator),
            log_level="critical",
            http=_Protocol,
            lifespan="off",
            ws="none",
            access_log=False,
            timeout_graceful_shutdown=2,
            server_header=False,
            **options,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(self._server,), daemon=True, name="vca-simulator")
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Ends the thread and takes the certificates away."""
        if self._server is not None and self._thread is not None:
            # Clients keep connections open for the next request; what is idle is closed here, so that nothing lingers.
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
            await server.serve(sockets=[self._socket])
            await asyncio.sleep(0)  # let what was closed be closed

        asyncio.run(serve())

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
