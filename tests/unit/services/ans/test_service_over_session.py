"""Tests of the client with a fake transport: lookups, retries, plan policies."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.services.ans.fakes import EDGE_ID, FakeEdge, from_xml, section, to_xml, user_rule
from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.errors import PlanRejectedError, SpecError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.clock import FakeClock

BASE = "https://cloud.example.test"
SESSION = f'<Session xmlns="http://www.vmware.com/vcloud/v1.5" org="acme" user="ops" href="{BASE}/s"/>'.encode()
RECORDS = f"""<QueryResultRecords xmlns="http://www.vmware.com/vcloud/v1.5" total="1">
<EdgeGatewayRecord name="web-edge" href="{BASE}/api/admin/edgeGateway/{EDGE_ID}" vdc="{BASE}/api/vdc/v" isBusy="false"/>
</QueryResultRecords>""".encode()
CONFLICT = b'{"details": "stale version", "errorCode": 1, "moduleName": "vShield Edge"}'


class Cloud:
    """A transport for one edge. ``refusals`` are the responses to the next PUTs."""

    def __init__(self) -> None:
        self.edge = FakeEdge(section(user_rule(131080, "web in")))
        self.log: list[str] = []
        self.refusals: list[Response] = []

    def send(self, request: Request) -> Response:
        if request.path == "/api/versions":
            return Response(404)  # requested without the token, and not needed
        assert request.headers["x-vcloud-authorization"] == "a" * 32
        self.log.append(f"{request.method} {request.path}")
        if request.path == "/api/session":
            return Response(200, Headers({"Content-Type": "application/vnd.vmware.vcloud.session+xml"}), SESSION)
        if request.path == "/api/query":
            return Response(200, Headers({"Content-Type": "application/vnd.vmware.vcloud.query.records+xml"}), RECORDS)
        is_json = "json" in request.headers["Accept"]
        if request.method == "GET":
            media = "application/json" if is_json else "application/xml"
            body = json.dumps(self.edge.tree).encode() if is_json else to_xml(self.edge.tree)
            return Response(200, Headers({"Content-Type": media}), body)
        if self.refusals:
            return self.refusals.pop(0)
        self.edge.put(json.loads(request.body) if is_json else from_xml(request.body))
        return Response(204)

    def close(self) -> None:
        pass


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def client(cloud: Cloud, edge_api: str = "auto", plugin: object | None = None) -> Client:
    plugins = PluginManager(environ={})
    plugins.load_entry_points()
    if plugin is not None:
        plugins.register(plugin, "test_policy")
    return App(plugins=plugins, environ={}).client(
        url=BASE,
        token="a" * 32,
        api_version="36.3",
        edge_api=edge_api,
        edge="web-edge",
        transport=cloud,
        session_cache=False,
    )


def edge_calls(cloud: Cloud) -> list[str]:
    return [call.split()[0] for call in cloud.log if call.endswith("/firewall/config")]


@pytest.mark.parametrize("edge_api", ["auto", "hybridity", "network_json"])
def test_a_converged_firewall_costs_one_read(cloud: Cloud, edge_api: str) -> None:
    with client(cloud, edge_api) as opened:
        first = opened.ensure("ans.firewall_rule", {"name": "new", "protocol": "tcp", "dest_port": 443})
        assert first.changed
        assert edge_calls(cloud) == ["GET", "PUT", "GET"]
        assert cloud.log[1] == "GET /api/query"
        cloud.log.clear()
        assert not opened.ensure("ans.firewall_rule", {"name": "new", "protocol": "TCP", "dest_port": "443"}).changed
        assert [call.split()[0] for call in cloud.log] == edge_calls(cloud) == ["GET"]
        assert [rule["name"] for rule in opened.read("ans.firewall")["rules"]] == ["web in", "new"]


def test_invalid_input_sends_nothing(cloud: Cloud) -> None:
    with client(cloud) as opened:
        for specs in ({"name": "x", "source": []}, [{"name": "x"}, {"name": "x"}]):
            with pytest.raises(SpecError):
                opened.ensure("ans.firewall_rule", specs)
        with pytest.raises(SpecError, match=r"rules\[1\].source\[0\]"):
            opened.ensure("ans.firewall", {"rules": [{"name": "a"}, {"name": "b", "source": "10.0.0.300"}]})
    assert cloud.log == []


@pytest.mark.parametrize("check", [True, False])
def test_a_plan_policy_receives_the_plan_before_the_write(cloud: Cloud, check: bool) -> None:
    seen: list[Any] = []

    def vca_plan_ready(plan: Any, settings: Any) -> None:
        seen.append((plan.kind, plan.target, settings.edge, plan.summary()))
        raise PlanRejectedError("not on my watch")

    plugin = SimpleNamespace(vca_plan_ready=hookimpl(vca_plan_ready))
    with client(cloud, plugin=plugin) as opened, pytest.raises(PlanRejectedError, match="not on my watch"):
        opened.ensure("ans.firewall", {"default_action": "accept"}, check=check)
    assert seen == [("ans.firewall", "edge gateway web-edge", "web-edge", "1 to update")]
    assert edge_calls(cloud) == ["GET"]


def test_a_stale_version_is_read_again(cloud: Cloud) -> None:
    cloud.refusals = [Response(409, Headers({"Content-Type": "application/json"}), CONFLICT)]
    clock = FakeClock()
    with client(cloud) as opened:
        opened.session.clock = clock
        assert opened.ensure("ans.firewall_rule", {"name": "new"}).changed
    assert edge_calls(cloud) == ["GET", "PUT", "GET", "PUT", "GET"]
    assert clock.slept
