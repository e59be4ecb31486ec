"""Tests of the load balancer of NSX-T edge gateways with the simulator."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import ConflictError, SpecError, VcloudAirError
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings

KIND = "ans.load_balancer"
MEMBERS = [
    {"ip_address": "192.168.10.21", "port": 80, "weight": 3},
    {"name": "ignored", "ip_address": "192.168.10.22", "port": 80, "condition": "disabled"},
]
POOL: dict[str, Any] = {"name": "web", "monitor": "http", "members": MEMBERS}


class Cloud:
    """A client of a cloud with one NSX-T edge gateway."""

    def __init__(self) -> None:
        self.simulator = Simulator(SimulatorConfig(profile="vcd", release="10.5", edges=0, nsxt_edges=1, nsxt_task_s=0))
        self.edge: Any = next(iter(self.simulator.world.edges.values()))
        settings = {**simulator_settings(self.simulator), "edge": self.edge.name, "lock": False}
        self.client: Client = simulated_app(self.simulator).client(**settings)

    def server(self, **changes: Any) -> dict[str, Any]:
        """Return a virtual server at the address of the edge gateway."""
        address = self.edge.external_address
        return {"name": "site", "ip_address": address, "protocol": "http", "port": 80, "pool": "web", **changes}

    def raw(self, kind: str) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = self.edge.services["loadBalancer"][kind]
        return objects

    def calls(self) -> list[str]:
        """Return the calls for the load balancer since the last use of this method."""
        log = self.simulator.request_log
        lines = [f"{entry.method} {entry.path}" for entry in log.entries() if "oadBalancer" in entry.path]
        log.clear()
        return lines


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_pools_and_servers_converge(cloud: Cloud) -> None:
    spec = {"enabled": True, "pools": [POOL], "virtual_servers": [cloud.server()]}
    predicted = cloud.client.ensure(KIND, spec, check=True)
    assert predicted.plan.summary() == "2 to create"
    assert cloud.client.ensure(KIND, spec).changed
    assert not cloud.client.ensure(KIND, spec).changed
    [pool], [service] = cloud.raw("pools"), cloud.raw("virtualServices")
    assert (pool["algorithm"], pool["healthMonitors"]) == ("ROUND_ROBIN", [{"type": "HTTP"}])
    assert [member["enabled"] for member in pool["members"]] == [True, False]
    assert service["loadBalancerPoolRef"]["id"] == pool["id"]
    exported = cloud.client.read(KIND)
    assert exported["virtual_servers"][0]["service_engine_group"] == "shared-engines"
    assert not cloud.client.ensure(KIND, exported, state="exact", check=True).changed


def test_requests_are_counted(cloud: Cloud) -> None:
    cloud.client.read(KIND)
    assert len(cloud.calls()) == 3
    cloud.client.ensure(KIND, {"pools": [POOL], "virtual_servers": [cloud.server()]})
    calls = cloud.calls()
    assert [call.partition(" ")[0] for call in calls] == ["GET"] * 3 + ["POST", "GET", "GET", "POST"] + ["GET"] * 5
    cloud.client.ensure("ans.lb_pool", [{"name": "web", "algorithm": "leastconn"}])
    assert [call.partition(" ")[0] for call in cloud.calls()] == ["GET"] * 5 + ["PUT"] + ["GET"] * 5


def test_changes_keep_other_keys(cloud: Cloud) -> None:
    cloud.client.ensure(KIND, {"pools": [POOL], "virtual_servers": [cloud.server()]})
    cloud.raw("pools")[0]["gracefulTimeoutPeriod"] = 5
    cloud.raw("virtualServices")[0]["servicePorts"].append({"portStart": 8080})
    cloud.client.ensure("ans.lb_pool", [{"name": "web", "members": MEMBERS[:1]}])
    cloud.client.ensure("ans.lb_virtual_server", [cloud.server(port=81, protocol="udp", description="new")])
    assert (cloud.raw("pools")[0]["gracefulTimeoutPeriod"], len(cloud.raw("pools")[0]["members"])) == (5, 1)
    ports = cloud.raw("virtualServices")[0]["servicePorts"]
    assert [port["portStart"] for port in ports] == [81, 8080]
    assert ports[0]["tcpUdpProfile"] == {"type": "UDP_FAST_PATH"}
    assert cloud.client.read(KIND)["virtual_servers"][0]["protocol"] == "udp"


def test_certificates_are_named(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [POOL])
    server = cloud.server(protocol="https", port=443, certificate="vpn-gateway")
    assert cloud.client.ensure("ans.lb_virtual_server", [server]).changed
    assert cloud.client.read(KIND)["virtual_servers"][0]["certificate"] == "vpn-gateway"
    assert not cloud.client.ensure("ans.lb_virtual_server", [server]).changed
    with pytest.raises(SpecError, match="no certificate named 'vpn'"):
        cloud.client.ensure("ans.lb_virtual_server", [{**server, "certificate": "vpn"}])


def test_objects_in_use_are_not_deleted(cloud: Cloud) -> None:
    cloud.client.ensure(KIND, {"pools": [POOL], "virtual_servers": [cloud.server()]})
    with pytest.raises(ConflictError, match="in use by virtual server 'site'"):
        cloud.client.ensure("ans.lb_pool", [{"name": "web"}], state="absent")
    both = {"pools": [{"name": "web"}], "virtual_servers": [{"name": "site"}]}
    assert cloud.client.ensure(KIND, both, state="absent").plan.summary() == "2 to delete"
    assert (cloud.raw("pools"), cloud.raw("virtualServices")) == ([], [])


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"monitors": [{"name": "x", "type": "tcp"}]}, "monitors[0].name"),
        ({"application_profiles": [{"name": "x", "type": "tcp"}]}, "application_profiles[0].name"),
        ({"log_level": "debug"}, "log_level"),
        ({"pools": [{"name": "x", "monitor": "health"}]}, "pools[0].monitor"),
        ({"pools": [{"name": "x", "algorithm": "uri"}]}, "pools[0].algorithm"),
        ({"pools": [{**POOL, "members": [{**MEMBERS[0], "condition": "drain"}]}]}, "pools[0].members"),
        ({"pools": [{**POOL, "members": [{**MEMBERS[0], "weight": 21}]}]}, "pools[0].members"),
        ({"pools": [{**POOL, "members": [{**MEMBERS[0], "monitor_port": 81}]}]}, "pools[0].members"),
        ({"virtual_servers": [{"name": "x", "connection_limit": 1}]}, "virtual_servers[0].connection_limit"),
        ({"enabled": False}, "enabled"),
    ],
)
def test_what_nsxt_lacks_is_refused(cloud: Cloud, spec: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecError) as caught:
        cloud.client.ensure(KIND, spec)
    assert path in [problem.path for problem in caught.value.problems]
    assert not any(not call.startswith("GET") for call in cloud.calls())


def test_a_server_needs_a_pool_and_a_certificate(cloud: Cloud) -> None:
    with pytest.raises(SpecError) as caught:
        cloud.client.ensure(KIND, {"virtual_servers": [cloud.server(pool=None, protocol="tls")]})
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["virtual_servers[0].pool", "virtual_servers[0].certificate"]


def test_an_unknown_service_engine_group_is_named(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [POOL])
    with pytest.raises(VcloudAirError, match="'mine' is not assigned. Assigned groups: 'shared-engines'"):
        cloud.client.ensure("ans.lb_virtual_server", [cloud.server(service_engine_group="mine")])


def test_status_and_addresses(cloud: Cloud) -> None:
    cloud.client.ensure(KIND, {"pools": [POOL], "virtual_servers": [cloud.server()]})
    section = cloud.client.edges.load_balancer_status()
    assert (section["virtual_servers"][0]["status"], section["pools"][0]["status"]) == ("up", "up")
    assert [member["status"] for member in section["pools"][0]["members"]] == ["up", "disabled"]
    used = cloud.client.edges.addresses()["addresses"]
    assert any("load_balancer" in row["used_by"] for row in used)


def test_a_disabled_load_balancer_has_no_objects(cloud: Cloud) -> None:
    cloud.edge.services["loadBalancer"] = {"enabled": False, "pools": [], "virtualServices": [], "count": 0}
    assert cloud.client.read(KIND)["pools"] == []
    assert len(cloud.calls()) == 1
