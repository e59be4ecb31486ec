"""Tests of persistence and member groups of pools on NSX-T edge gateways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.load_balancer.nsxt.test_store import KIND, MEMBERS, POOL, Cloud
from vcloudair_core.errors import SpecError

GROUP_POOL: dict[str, Any] = {"name": "web", "monitor": "http", "member_group": "web servers", "default_port": 8080}


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud()
    made.client.ensure("ans.ip_set", [{"name": "web servers", "addresses": ["192.168.10.21"]}])
    made.calls()
    return made


def ensure(cloud: Cloud, **pool: Any) -> Any:
    return cloud.client.ensure("ans.lb_pool", [{"name": "web", **pool}])


@pytest.mark.parametrize(
    ("spec", "profile"),
    [
        ({"persistence": "client-ip"}, {"type": "CLIENT_IP"}),
        ({"persistence": "http-cookie", "persistence_value": "SID"}, {"type": "HTTP_COOKIE", "value": "SID"}),
    ],
)
def test_persistence_converges(cloud: Cloud, spec: dict[str, Any], profile: dict[str, Any]) -> None:
    assert cloud.client.ensure("ans.lb_pool", [{**POOL, **spec}]).changed
    assert cloud.raw("pools")[0]["persistenceProfile"] == profile
    assert not ensure(cloud, **spec).changed
    exported = cloud.client.read(KIND)
    assert {name: exported["pools"][0][name] for name in spec} == spec
    assert not cloud.client.ensure(KIND, exported, state="exact", check=True).changed
    assert ensure(cloud, clear=["persistence"]).changed
    assert not cloud.raw("pools")[0].get("persistenceProfile")


def test_an_unchanged_profile_keeps_its_name(cloud: Cloud) -> None:
    """The server names profiles that it does not manage."""
    cloud.client.ensure("ans.lb_pool", [{**POOL, "persistence": "client-ip"}])
    named = {"name": "System-Persistence-Client-IP", "type": "CLIENT_IP"}
    cloud.raw("pools")[0]["persistenceProfile"] = named
    ensure(cloud, persistence="client-ip", algorithm="leastconn")
    assert cloud.raw("pools")[0]["persistenceProfile"] == named


def test_a_type_without_value_removes_the_value(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [{**POOL, "persistence": "http-cookie", "persistence_value": "SID"}])
    assert ensure(cloud, persistence="client-ip").changed
    assert cloud.raw("pools")[0]["persistenceProfile"] == {"type": "CLIENT_IP"}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("kind", ["custom-http-header", "app-cookie", "tls"])
def test_premium_persistence_is_refused_with_the_standard_set(cloud: Cloud, kind: str, check: bool) -> None:
    spec = {**POOL, "persistence": kind, **({} if kind == "tls" else {"persistence_value": "SID"})}
    with pytest.raises(SpecError, match="needs the feature set PREMIUM") as error:
        cloud.client.ensure(KIND, {"pools": [spec]}, check=check)
    assert error.value.field == "pools[0].persistence"
    assert not [call for call in cloud.calls() if not call.startswith("GET")]
    cloud.edge.services["loadBalancer"]["featureSet"] = "PREMIUM"
    assert cloud.client.ensure(KIND, {"pools": [spec]}, check=check).changed


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"persistence": "http-cookie"}, "persistence_value"),
        ({"persistence": "client-ip", "persistence_value": "SID"}, "persistence_value"),
        ({"persistence_value": "SID"}, "persistence_value"),
        ({"persistence": "cookie"}, "persistence"),
        ({"member_group": "web servers"}, "member_group"),
    ],
)
def test_invalid_options_are_refused(cloud: Cloud, spec: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as error:
        cloud.client.ensure("ans.lb_pool", [{**POOL, **spec}])
    assert error.value.field == field
    assert not [call for call in cloud.calls() if not call.startswith("GET")]


def test_member_groups_converge(cloud: Cloud) -> None:
    assert cloud.client.ensure("ans.lb_pool", [GROUP_POOL]).changed
    [pool] = cloud.raw("pools")
    assert (pool["memberGroupRef"]["name"], pool["members"], pool["defaultPort"]) == ("web servers", [], 8080)
    assert not cloud.client.ensure("ans.lb_pool", [GROUP_POOL]).changed
    assert not ensure(cloud, member_group=pool["memberGroupRef"]["id"]).changed
    exported = cloud.client.read(KIND)
    assert exported["pools"][0]["member_group"] == "web servers"
    assert not cloud.client.ensure(KIND, exported, state="exact", check=True).changed


def test_members_and_groups_replace_each_other(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [POOL])
    assert ensure(cloud, member_group="web servers").changed
    assert (cloud.raw("pools")[0]["members"], not cloud.raw("pools")[0]["memberGroupRef"]) == ([], False)
    assert ensure(cloud, members=MEMBERS[:1]).changed
    [pool] = cloud.raw("pools")
    assert (len(pool["members"]), pool.get("memberGroupRef")) == (1, None)


def test_a_new_default_port_does_not_move_members(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [POOL])
    for member in cloud.raw("pools")[0]["members"]:
        member.pop("port")
    assert ensure(cloud, default_port=9000).changed
    assert [member["port"] for member in cloud.raw("pools")[0]["members"]] == [80, 80]


def test_an_unknown_group_is_refused(cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="no IP set or security group named 'web server'; did you mean") as error:
        cloud.client.ensure(KIND, {"pools": [{**GROUP_POOL, "member_group": "web server"}]})
    assert error.value.field == "pools[0].member_group"


def test_groups_are_read_once_and_only_if_needed(cloud: Cloud) -> None:
    def lists() -> int:
        log = cloud.simulator.request_log
        count = sum("firewallGroups/summaries" in entry.path for entry in log.entries())
        log.clear()
        return count

    cloud.client.ensure("ans.lb_pool", [GROUP_POOL, {**GROUP_POOL, "name": "other"}])
    assert lists() == 1
    cloud.client.read(KIND)
    assert lists() == 0


def test_a_group_of_a_pool_is_not_deleted(cloud: Cloud) -> None:
    cloud.client.ensure("ans.lb_pool", [GROUP_POOL])
    with pytest.raises(Exception, match=cloud.edge.name):
        cloud.client.ensure("ans.ip_set", [{"name": "web servers"}], state="absent")
    assert cloud.client.read("ans.ip_set")
