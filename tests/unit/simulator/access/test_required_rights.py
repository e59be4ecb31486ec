"""Tests of the rights that routes require, and of responses without these rights.

Source: protocol/vm-writes.md §5.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from tests.support.roles import PASSWORD, USERS, roles_config
from tests.support.simulated import Caller, first_edge, signed_in
from tests.support.vm_writes import error_of, link_rels, vm_path
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.access.required_rights import required_right
from vcloudair_core.simulator.responses import empty

FORBIDDEN = "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


@pytest.fixture
def callers(tmp_path: Path) -> dict[str, Caller]:
    """Return a session of each user, by user name."""
    simulator = Simulator(roles_config(tmp_path))
    return {name: signed_in(simulator, f"{name}@acme", PASSWORD, "33.0") for name in USERS}


def paths(caller: Caller) -> dict[str, tuple[str, str]]:
    """Map each right to the method and path of a request that requires the right."""
    edge = f"/network/edges/{first_edge(caller.simulator).edge_id}"
    replication = next(iter(caller.simulator.world.replications))
    return {
        "power": ("POST", f"{vm_path(caller)}/power/action/reset"),
        "edit": ("DELETE", f"{vm_path(caller)}/metadata/none"),
        "view-firewall": ("GET", f"{edge}/firewall/config"),
        "configure-firewall": ("DELETE", f"{edge}/firewall/config"),
        "view-nat": ("GET", f"{edge}/nat/config"),
        "edges": ("GET", "/api/query?type=edgeGateway"),
        "users": ("GET", "/api/query?type=user"),
        "manage-replication": ("DELETE", f"/api/vr/replications/{replication}"),
        "metrics": ("GET", f"{vm_path(caller)}/metrics/current"),
    }


NETWORK = {"view-firewall", "configure-firewall", "view-nat", "edges", "metrics"}
ALLOWED = {
    "admin": NETWORK | {"power", "edit", "users", "manage-replication"},
    "network": NETWORK,
    "auditor": {"view-firewall", "view-nat", "edges", "users", "metrics"},
    "user": {"power", "edit", "metrics"},
    "console": set(),
    "nat": {"view-nat", "edges"},
}


@pytest.mark.parametrize("name", USERS)
def test_a_role_may_do_what_its_rights_say(callers: dict[str, Caller], name: str) -> None:
    caller = callers[name]
    refused = set()
    for call, (method, path) in paths(caller).items():
        response = caller.send(method, path)
        text = response.text
        if response.status == 403 and ("rights [" in text or "Access is forbidden" in text):
            refused.add(call)
    assert refused == set(paths(caller)) - ALLOWED[name]


def test_a_refusal_names_the_request_the_right_and_the_object(callers: dict[str, Caller]) -> None:
    """Source: protocol/nsxt.md §1.3."""
    caller = callers["auditor"]
    response = caller.send("POST", f"{vm_path(caller)}/power/action/reset")
    request_id = response.headers["X-VMWARE-VCLOUD-REQUEST-ID"]
    assert error_of(response) == (
        403,
        FORBIDDEN,
        f"[ {request_id} ] Either you need some or all of the following rights [VAPP_POWER_OPS] to perform operations "
        f"[VAPP_POWER_OPS] for {vm_path(caller).rpartition('/')[2]} or the target entity is invalid.",
    )
    assert not next(iter(caller.simulator.world.vms.values())).is_busy


def test_older_versions_say_only_that_access_is_forbidden(tmp_path: Path) -> None:
    caller = signed_in(Simulator(roles_config(tmp_path)), "auditor@acme", PASSWORD, "5.6")
    response = caller.send("POST", f"{vm_path(caller)}/power/action/reset")
    assert error_of(response) == (403, FORBIDDEN, "Access is forbidden")


def test_nsx_refuses_in_either_form(callers: dict[str, Caller]) -> None:
    """Source: protocol/ans.md §6."""
    caller = callers["user"]
    path = f"/network/edges/{first_edge(caller.simulator).edge_id}/firewall/config"
    assert error_of(caller.get(path))[:2] == (403, FORBIDDEN)
    object.__setattr__(caller.simulator.config, "nsx_forbidden", "nsx")
    response = caller.get(path, Accept="application/xml")
    assert (response.status, etree.fromstring(response.body).tag) == (403, "error")
    body = json.loads(caller.get(path, Accept="application/json").body)
    assert body["details"] == "The user does not have the right ORG_VDC_GATEWAY_VIEW_FIREWALL."


def test_vcloud_air_refuses_with_json(tmp_path: Path) -> None:
    caller = signed_in(Simulator(roles_config(tmp_path, "vca")), "user@acme", PASSWORD, "5.7")
    edge = first_edge(caller.simulator).edge_id
    response = caller.get(f"/hybridity/api/gateways/{edge}/nat/config")
    assert (response.status, json.loads(response.body)["errorCode"]) == (403, 403)


def test_cloudapi_refuses_with_the_names_of_rights(tmp_path: Path) -> None:
    """Source: protocol/nsxt.md §1.3."""
    caller = signed_in(Simulator(roles_config(tmp_path)), "user@acme", PASSWORD, "37.0")
    response = caller.get("/cloudapi/1.0.0/serviceAccounts", Accept="application/json;version=37.0")
    body = json.loads(response.body)
    assert (response.status, body["minorErrorCode"]) == (403, FORBIDDEN)
    assert "following rights [SERVICE_ACCOUNT_MANAGE] to perform operations" in body["message"]


def test_links_lead_only_to_permitted_documents(callers: dict[str, Caller]) -> None:
    """Source: protocol/recorded-responses.md §5."""
    changes = {"power:powerOff", "undeploy", "snapshot:create", "edit"}
    path = vm_path(callers["admin"])
    assert changes <= link_rels(callers["user"], path)
    assert not changes & link_rels(callers["auditor"], path)


def test_the_session_and_the_query_service_show_roles(callers: dict[str, Caller]) -> None:
    for name, role in USERS.items():
        assert callers[name].xml("/api/session").get("roles") == role
    names = {node.get("name") for node in callers["admin"].xml("/api/query?type=role")}
    assert {"NAT only", "vApp User", "Organization Administrator"} <= names
    listed = {node.get("name") for node in callers["user"].xml("/api/query")}
    assert "vm" in listed
    assert not {"edgeGateway", "user", "role"} & listed


def test_admin_queries_are_refused(callers: dict[str, Caller]) -> None:
    """Source: protocol/query.md §6."""
    for caller in callers.values():
        assert error_of(caller.get("/api/query?type=adminVM"))[:2] == (403, FORBIDDEN)


@pytest.mark.parametrize(("right", "status"), [("", 204), ("ORG_EDIT", 403)])
def test_added_routes_require_only_the_right_that_they_name(tmp_path: Path, right: str, status: int) -> None:
    path = "/network/edges/{edge_id}/l2vpn/config"
    route = SimulatorRoute("GET", path, lambda context: empty(204), right=right)
    simulator = Simulator(roles_config(tmp_path), routes=[SimulatorRoutes("more", "", (route,))])
    caller = signed_in(simulator, "console@acme", PASSWORD)
    assert caller.get("/network/edges/1/l2vpn/config").status == status


def test_each_write_below_api_requires_a_right() -> None:
    """Check all writes except those of tasks and sessions, which belong to the user."""
    simulator = Simulator(config=None)
    open_writes = {
        (route.method, route.path.removeprefix("/api/compute"))
        for group in simulator.route_groups
        for route in group.routes
        if route.auth and route.method != "GET" and not required_right(route.method, route.path)
    }
    assert open_writes <= {
        ("DELETE", "/api/session"),
        ("POST", "/api/task/{task_id}/action/cancel"),
        ("DELETE", "/cloudapi/1.0.0/sessions"),
        ("DELETE", "/cloudapi/1.0.0/sessions/{session_id}"),
    }
