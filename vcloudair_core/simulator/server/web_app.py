"""Starlette app that passes requests to a simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from vcloudair_core.simulator.faults.socket_faults import SocketFaultError, wire_bytes
from vcloudair_core.transport.messages import Headers, Request, Response

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class FaultyProtocol(H11Protocol):
    """An HTTP protocol that gives the app access to the connection.

    The app needs this access for faults that break the connection.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def make_app(simulator: Any, handle: Callable[[Request], Response]) -> Starlette:
    """Return a Starlette app that passes every request to ``handle``.

    The option ``latency_ms`` of the simulator delays every response.
    """

    async def answer(request: WebRequest) -> WebResponse:
        body = await request.body()
        url = f"{request.url.scheme}://{request.headers.get('host', '')}{request.scope['raw_path'].decode()}"
        if request.scope["query_string"]:
            url += "?" + request.scope["query_string"].decode()
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw])
        if simulator.config.latency_ms:
            await asyncio.sleep(simulator.config.latency_ms / 1000)
        try:
            response = await run_in_threadpool(handle, Request(request.method, url, headers, body))
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
