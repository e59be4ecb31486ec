"""Tests of the transport that selects another transport by origin."""

from __future__ import annotations

import pytest

from vcloudair_core.app import App, _default_transport
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.transport.requests_transport import RequestsTransport
from vcloudair_core.transport.routing import RoutingTransport


class Named:
    """A transport that returns its name."""

    def __init__(self, name: str) -> None:
        self.name, self.is_closed = name, False

    def send(self, request: Request) -> Response:
        return Response(200, body=self.name.encode())

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://vcda.example.com/tasks", "vcda"),
        ("https://VCDA.example.com:443/tasks", "vcda"),
        ("https://vcda.example.com:8046/tasks", "default"),
        ("https://vcd.example.com/api", "default"),
    ],
)
def test_the_origin_selects_the_transport(url: str, name: str) -> None:
    default, vcda = Named("default"), Named("vcda")
    routing = RoutingTransport(default, {"https://vcda.example.com:443": vcda})
    assert routing.send(Request("GET", url)).body.decode() == name
    routing.close()
    assert default.is_closed and vcda.is_closed


@pytest.mark.parametrize(("ca_path", "kind"), [("/ca.pem", RoutingTransport), (None, RequestsTransport)])
def test_vcda_has_a_transport_of_its_own_only_for_its_own_ca(ca_path: str | None, kind: type) -> None:
    app = App(environ={})
    settings = app.settings(
        {
            "url": "https://a.example.com",
            "username": "ops",
            "password": "x",
            "org": "acme",
            "session_cache": False,
            "vcda_url": "vcda.example.com",
            "vcda_ca_path": ca_path,
        }
    )
    with app.client(settings) as client:
        assert type(client.session.transport) is kind


def test_each_ca_path_of_vcda_applies_to_one_origin() -> None:
    settings = App(environ={}).settings(
        {
            "url": "https://a.example.com",
            "vcda_url": "vcda.example.com",
            "vcda_ca_path": "/vcda.pem",
            "vcda_peer_vcd_url": "https://b.example.com/api",
            "vcda_peer_vcd_ca_path": "/peer.pem",
        }
    )
    transport = _default_transport(settings)
    assert isinstance(transport, RoutingTransport)
    assert set(transport._others) == {"https://vcda.example.com:443", "https://b.example.com:443"}
