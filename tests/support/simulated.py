"""An HTTP client for tests of the simulator."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from vcloudair_core.simulator import Simulator
from vcloudair_core.transport.messages import Headers, Request, Response

ORIGIN = "https://vcd.example.test"


def basic(user: str, password: str) -> dict[str, str]:
    """Return an Authorization header for basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@dataclass
class Caller:
    """A client of an in-process simulator.

    ``root`` is the root URL of vCloud Director in the profile of the simulator.
    """

    simulator: Simulator
    headers: dict[str, str] = field(default_factory=dict)
    root: str = ORIGIN

    def send(self, method: str, target: str, body: bytes | str = b"", **headers: str) -> Response:
        """Send a request and return its response.

        ``target`` is a URL or a path below ``root``. ``_`` in header names becomes ``-``.
        """
        url = target if target.startswith("http") else self.root + target
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = body.encode() if isinstance(body, str) else body
        return self.simulator.handle(Request(method, url, Headers(given), sent))

    def get(self, target: str, **headers: str) -> Response:
        return self.send("GET", target, **headers)

    def xml(self, target: str, **headers: str) -> Any:
        """Return the root element of a document. Assert that the document can be parsed."""
        response = self.get(target, **headers)
        assert response.status == 200, f"{target}: {response.status} {response.text}"
        return etree.fromstring(response.body)

    def json(self, target: str) -> Any:
        """Return a JSON document. Assert that the document can be parsed."""
        response = self.get(target, Accept="application/json")
        assert response.status == 200, f"{target}: {response.status} {response.text}"
        return json.loads(response.body)

    def put_json(self, target: str, value: Any) -> Response:
        return self.send("PUT", target, json.dumps(value), Content_Type="application/json", Accept="application/json")


def signed_in(
    simulator: Simulator, user: str = "demo@org1", password: str = "demo-password", version: str = "5.6"
) -> Caller:
    """Return a client that is signed in to the simulated vCloud Director."""
    prefix = "/api/compute" if simulator.config.profile == "vca" else ""
    accept = {"Accept": f"application/*+xml;version={version}"}
    caller = Caller(simulator, accept, ORIGIN + prefix)
    answer = caller.send("POST", "/api/sessions", **basic(user, password))
    assert answer.status == 200, answer.text
    caller.headers["x-vcloud-authorization"] = answer.headers["x-vcloud-authorization"]
    return caller


def first_edge(simulator: Simulator) -> Any:
    """Return the first edge gateway."""
    return next(iter(simulator.world.edges.values()))
