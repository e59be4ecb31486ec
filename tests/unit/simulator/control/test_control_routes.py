"""Tests of the control paths: request log, clock, reset, and initial state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated import ORIGIN, Caller, first_edge, signed_in
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Headers, Request, Response


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", edges=2, replications=1)))


def control(caller: Caller, method: str, path: str, value: Any = None) -> Response:
    body = b"" if value is None else json.dumps(value).encode()
    return caller.simulator.handle(Request(method, f"{ORIGIN}/_sim{path}", Headers(), body))


def test_request_log_contains_every_request_in_order(caller: Caller) -> None:
    caller.get("/api/org/?a=b")
    caller.get("/nowhere")
    caller.get("/api/vdc/not-an-id", x_vcloud_authorization="over")
    entries = caller.simulator.request_log.entries()
    assert [(entry.sequence, entry.method, entry.path, entry.query, entry.status, entry.user) for entry in entries] == [
        (1, "POST", "/api/sessions", "", 200, ""),
        (2, "GET", "/api/org/", "a=b", 200, "demo"),
        (3, "GET", "/nowhere", "", 404, ""),
        (4, "GET", "/api/vdc/not-an-id", "", 401, ""),
    ]
    assert len({entry.request_id for entry in entries}) == 4
    assert [entry.sequence for entry in caller.simulator.request_log.entries(method="POST")] == [1]
    assert [entry.sequence for entry in caller.simulator.request_log.entries(path="/api/org")] == [2]


def test_responses_have_the_headers_of_real_servers(caller: Caller) -> None:
    response = caller.get("/api/org/")
    assert response.request_id == caller.simulator.request_log.entries()[-1].request_id
    assert response.headers["X-VMWARE-VCLOUD-REQUEST-EXECUTION-TIME"].isdecimal()


def test_request_log_omits_control_plane_requests(caller: Caller) -> None:
    caller.get("/api/org/")
    entries = json.loads(control(caller, "GET", "/request-log").body)
    assert [entry["path"] for entry in entries] == ["/api/sessions", "/api/org/"]
    assert control(caller, "DELETE", "/request-log").status == 204
    assert json.loads(control(caller, "GET", "/request-log").body) == []


def test_reset_restores_the_initial_state(caller: Caller) -> None:
    simulator = caller.simulator
    before = json.loads(control(caller, "GET", "/state").body)
    first_edge(simulator).firewall["user"].append({"ruleId": 1})
    first_edge(simulator).name = "renamed"
    simulator.faults.add("status", count=0)
    simulator.clock.advance(10_000)
    simulator.tasks.start("org1", simulator.tasks.of("org1")[0].owner, "Testing", "testing")
    now = simulator.clock.now()
    assert control(caller, "POST", "/reset").status == 204
    assert json.loads(control(caller, "GET", "/state").body) == before
    assert first_edge(simulator).firewall["user"] == []
    assert simulator.clock.now() < now - 9_000
    assert [task.operation_name for task in simulator.tasks.of("org1")] == ["vappDeploy"]
    assert simulator.request_log.entries() == []
    # The reset also ended the session.
    assert caller.get("/api/org/").status == 401


def test_control_plane_sets_faults_clock_and_sessions(caller: Caller) -> None:
    assert control(caller, "POST", "/faults", {"kind": "status", "status": 503, "path": "/api/org"}).status == 204
    assert caller.get("/api/org/").status == 503
    control(caller, "POST", "/faults", {"kind": "status", "count": 0})
    assert control(caller, "DELETE", "/faults").status == 204
    assert caller.get("/api/org/").status == 200
    assert control(caller, "POST", "/clock", {"advance_s": 1900}).status == 204
    assert caller.get("/api/org/").status == 401
    again = signed_in(caller.simulator)
    assert control(caller, "POST", "/sessions/expire").status == 204
    assert again.get("/api/org/").status == 401


def test_control_plane_changes_replications(caller: Caller) -> None:
    changes = {"name": "replicated-0001", "trouble": "error", "lag_minutes": 90, "paused": True, "rpo_minutes": 60}
    (changed,) = json.loads(control(caller, "POST", "/replications", changes).body)
    assert changed["id"] == next(iter(caller.simulator.world.replications))
    assert {key: changed[key] for key in changes} == changes
    assert json.loads(control(caller, "GET", "/replications").body) == [changed]
    group = caller.xml(f"/api/vr/replications/{changed['id']}")
    fields = {child.tag.rpartition("}")[2]: child.text for child in group}
    assert (fields["Rpo"], fields["Paused"], fields["CurrentRpoViolation"]) == ("60", "true", "30")
    again = control(caller, "POST", "/replications", {"id": changed["id"][-36:], "lag_minutes": None, "new_name": "x"})
    assert [(item["name"], item["lag_minutes"], item["trouble"]) for item in json.loads(again.body)] == [
        ("x", None, "error")
    ]
    caller.send("POST", f"/api/vr/replications/{changed['id']}/action/failover", BODY, Content_Type=FAILOVER)
    caller.simulator.clock.advance(10)
    assert caller.xml("/api/query?type=task&filter=name==vrFailover")[-1].get("status") == "error"
    assert json.loads(control(caller, "GET", "/replications").body)[0]["recovery_state"] == "error"


BODY = '<FailoverParams xmlns="http://www.vmware.com/vr/v6.0"/>'
FAILOVER = "application/vnd.vmware.hcs.failoverParams+xml"


@pytest.mark.parametrize(
    ("path", "change", "message"),
    [
        ("/replications", {"trouble": "bad luck"}, "expected one of error, abort"),
        ("/replications", {"name": "nobody", "trouble": "error"}, "no replication matches"),
        ("/replications", {"lag_minutes": "x"}, "lag_minutes must be a whole number"),
        ("/replications", {"paused": 1}, "paused must be true or false"),
        ("/replications", {"rpo_minutes": True}, "rpo_minutes must be a whole number"),
        ("/replications", {"color": "red"}, "unknown field 'color'"),
        ("/vdcs", {"name": "nowhere", "is_failover_enabled": False}, "no VDC has the name"),
        ("/vdcs", {"is_failover_enabled": 0}, "is_failover_enabled must be true or false, not 0"),
        ("/vdcs", {"cpu_limit_mhz": True}, "cpu_limit_mhz must be a whole number, not True"),
        ("/vdcs", {"color": 1}, "unknown field 'color'"),
        ("/tasks", {"fail_next": "vrFailover"}, "must have the format"),
        ("/tasks", {"fail_first": {}}, "must have the format"),
    ],
)
def test_invalid_changes_are_rejected_and_change_nothing(
    caller: Caller, path: str, change: dict[str, Any], message: str
) -> None:
    before = json.loads(control(caller, "GET", "/replications").body)
    response = control(caller, "POST", path, change)
    assert response.status == 400
    assert message in json.loads(response.body)["error"]
    assert json.loads(control(caller, "GET", "/replications").body) == before


def test_control_plane_changes_a_vdc_and_the_next_task(caller: Caller) -> None:
    vdc_id = next(iter(caller.simulator.world.vdcs))
    change = {"name": "org1-vdc1", "is_test_failover_enabled": False, "memory_limit_mb": 4096}
    assert control(caller, "POST", "/vdcs", change).status == 204
    assert caller.xml(f"/api/vdc/{vdc_id}/recoveryDetails")[2].text == "false"
    assert caller.xml("/api/query?type=orgVdc")[-1].get("memoryLimitMB") == "4096"
    assert control(caller, "POST", "/tasks", {"fail_next": {"vrFailover": "DISK_FULL"}}).status == 204
    replication = next(iter(caller.simulator.world.replications))
    path = f"/api/vr/replications/{replication}/action/failover"
    for code in ("DISK_FULL", None):
        caller.send("POST", path, BODY, Content_Type=FAILOVER)
        caller.simulator.clock.advance(10)
        last = caller.simulator.tasks.of("org1")[-1]
        assert caller.simulator.tasks.status(last) == ("error" if code else "success")
        shown = caller.xml(f"/api/task/{last.task_id}").find("{*}Error")
        assert (shown.get("minorErrorCode") if shown is not None else None) == code
    assert next(iter(caller.simulator.world.replications.values())).recovered_at


FIREWALL_RULE = {"name": "theirs", "action": "deny"}
NAT_RULE = {"action": "dnat", "vnic": "0", "originalAddress": "203.0.113.9", "translatedAddress": "10.0.0.9"}
SITE = {
    "name": "theirs",
    "localIp": "203.0.113.10",
    "peerId": "a",
    "peerIp": "198.51.100.9",
    "localSubnets": {"subnets": ["192.168.1.0/24"]},
    "peerSubnets": {"subnets": ["10.1.0.0/16"]},
    "psk": "their own",
}


@pytest.mark.parametrize(
    ("section", "added", "count"),
    [
        ("firewall", FIREWALL_RULE, lambda tree: len(tree["firewallRules"]["firewallRules"])),
        ("nat", NAT_RULE, lambda tree: len(tree["rules"]["natRulesDtos"])),
        ("ipsec", SITE, lambda tree: len(tree["sites"]["sites"])),
    ],
)
def test_edit_fault_changes_a_section_between_read_and_write(
    caller: Caller, section: str, added: dict[str, Any], count: Callable[[Any], int]
) -> None:
    edge = first_edge(caller.simulator)
    change = {"edge": edge.name, "section": section, "add": added}
    path = f"/network/edges/{edge.edge_id}/{section}/config"
    fault = {"kind": "edit", "method": "PUT", "path": f"/{section}/config", "edit": change}
    read = caller.json(path)
    assert control(caller, "POST", "/faults", fault).status == 204
    assert caller.json(path) == read
    assert caller.put_json(path, read).status == 409
    again = caller.json(path)
    assert count(again) == count(read) + 1
    assert again["version"] == read["version"] + 1
    assert caller.put_json(path, again).status == 204
    assert count(caller.json(path)) == count(read) + 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/faults", {"kind": "nothing"}),
        ("/faults", {"kind": "edit", "edit": "x"}),
        ("/faults", {"kind": "edit", "edit": {"section": "dhcp", "add": {}}}),
        ("/faults", {"kind": "edit", "edit": {"section": "nat", "add": []}}),
        ("/faults", {"kind": "edit", "edit": {"section": "nat", "add": {"action": "pat"}}}),
        ("/faults", {"kind": "edit", "edit": {"section": "firewall", "add": {"action": "accept"}, "edge": "nowhere"}}),
        ("/faults", {"kind": "status", "what": 1}),
        ("/tunnels", {"edge": "nowhere", "name": "branch"}),
        ("/faults", []),
        ("/clock", {}),
        ("/clock", {"advance_s": "soon"}),
    ],
)
def test_invalid_control_requests_return_400(caller: Caller, path: str, value: Any) -> None:
    response = control(caller, "POST", path, value)
    assert response.status == 400
    assert json.loads(response.body)["error"]


def test_unknown_control_path_returns_404(caller: Caller) -> None:
    assert control(caller, "POST", "/nothing").status == 404


def test_ids_depend_on_the_seed_only() -> None:
    ids = [set(Simulator(SimulatorConfig(seed=seed, edges=3)).world.edges) for seed in ("a", "a", "b")]
    assert ids[0] == ids[1]
    assert not ids[0] & ids[2]


def test_counts_create_objects(caller: Caller) -> None:
    state = json.loads(control(caller, "GET", "/state").body)
    assert (state["profile"], state["orgs"], state["vdcs"]) == ("vcd", ["org1"], ["org1-vdc1"])
    assert (len(state["edges"]), state["vms"], state["replications"]) == (2, 3, 1)


def test_unknown_profile_raises_value_error() -> None:
    with pytest.raises(ValueError, match="unknown profile 'x'; expected one of vchs"):
        Simulator(SimulatorConfig(profile="x"))


INVENTORY = """
orgs:
  - name: acme
    full_name: Acme Ltd
    users: [{name: ops, password: 12345}]
    vdcs:
      - name: gold
        edges:
          - name: web
            firewall: [{name: seeded, action: accept}]
          - {name: old, advanced: false}
        vms: [{name: one, vapp: shop, status: POWERED_OFF}]
        replications: [{name: from-home, rpo: 60}]
  - name: other
    users: [{name: ops, password: 12345}]
    vdcs: [{name: silver, edges: [{name: theirs}]}]
"""


def test_inventory_file_creates_objects(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text(INVENTORY)
    simulator = Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file)))
    caller = signed_in(simulator, "ops@acme", "12345")
    edges = {str(node.get("name")) for node in caller.xml("/api/query?type=edgeGateway") if node.get("name")}
    assert edges == {"web", "old"}
    assert [rule["name"] for rule in first_edge(simulator).firewall["user"]] == ["seeded"]
    assert len({edge.number for edge in simulator.world.edges.values()}) == 3
    assert simulator.env()["VCA_ORG"] == "acme"
    theirs = next(edge for edge in simulator.world.edges.values() if edge.name == "theirs")
    assert caller.get(f"/network/edges/{theirs.edge_id}/firewall/config").status == 403
    assert [replication.rpo_minutes for replication in simulator.world.replications.values()] == [60]


def test_plugin_routes_have_state_and_seed_data() -> None:
    def count(context: Any) -> Response:
        context.state["calls"] += 1
        return Response(200, Headers({"Content-Type": "text/plain"}), f"{context.user.user} {context.state}".encode())

    def seed(world: Any, state: dict[str, Any]) -> None:
        state["calls"] = 40

    route = SimulatorRoute("GET", "/network/edges/{edge_id}/l2vpn/config", count)
    group = SimulatorRoutes("lb", "Load balancer", (route,), seed)
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd"), routes=[group]))
    path = "/network/edges/x/l2vpn/config"
    assert caller.get(path).text == "demo {'calls': 41}"
    assert caller.get(path, x_vcloud_authorization="none").status == 401
    caller.simulator.reset()
    assert signed_in(caller.simulator).get(path).text == "demo {'calls': 41}"
