"""Send requests to the control plane of a running simulator."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.transport.messages import Headers, Request, Response, origin_of

if TYPE_CHECKING:
    from vcloudair_core.cli.invocation import Invocation
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport


def call_simulator(run: Invocation, method: str, path: str, body: bytes = b"") -> bytes:
    """Send a request to a running simulator, and return the response body.

    The URL of the context selects the simulator. ``path`` is the part of the URL path after ``/_sim``.

    Raises: ConfigurationError if the URL is not the URL of a simulator, or if the simulator rejects the request;
    TransportError if no response arrives.
    """
    settings = run.settings()
    if not settings.url:
        raise ConfigurationError(
            "The URL of the simulator is not set.",
            hint="Set --url or VCA_URL, or load the file that `vca sim serve --env-file` wrote.",
        )
    url = f"{origin_of(str(settings.url))}/_sim{path}"
    with closing(transport_for(settings)) as transport:
        response = transport.send(Request(method, url, Headers({"Content-Type": "application/json"}), body))
    if response.status >= 300:
        raise ConfigurationError(f"{method} {url} failed. {_reason(response)}", hint=_hint(response))
    return response.body


def transport_for(settings: Settings) -> Transport:
    """Return a transport for requests to a simulator, with the TLS settings of vca."""
    from vcloudair_core.transport.requests_transport import RequestsTransport

    return RequestsTransport(settings)


def _reason(response: Response) -> str:
    try:
        return str(json.loads(response.body)["error"]).rstrip(".") + "."
    except (ValueError, KeyError, TypeError):
        return f"The server responded with status {response.status}."


def _hint(response: Response) -> str:
    return "" if response.status == 400 else "Check that the URL is the address of a simulator (`vca sim serve`)."
