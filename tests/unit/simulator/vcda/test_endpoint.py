"""Tests of versions, sites, faults and errors of the VCDA endpoint.

Source: protocol/vcda.md §1, §2, §6.
"""

from __future__ import annotations

import json

import pytest

from tests.support.simulated import Caller
from tests.support.vcda import PEER, RECOVERY, VcdaCaller, vcda
from vcloudair_core.errors import TransportError
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.mark.parametrize(
    ("accept", "option", "version"),
    [
        ("application/json", "newest", "4.7"),
        ("*/*", "406", "4.7"),
        ("application/vnd.vmware.h4-v4.5+json;charset=UTF-8", "406", "4.5"),
        ("application/vnd.vmware.h4-v3+json", "406", "3"),
        ("application/vnd.vmware.h4-v9.9+json", "newest", "4.7"),
        ("application/vnd.vmware.h4-v9.9+json", "406", ""),
        ("text/html", "newest", ""),
    ],
)
def test_accept_header_selects_the_version(accept: str, option: str, version: str) -> None:
    caller = vcda(vcda_accept_versions=option).sign_in()
    response = caller.send("GET", "/sites", Accept=accept)
    assert response.status == (200 if version else 406)
    if version:
        assert response.headers["Content-Type"] == f"application/vnd.vmware.h4-v{version}+json;charset=UTF-8"


def test_requests_need_a_session() -> None:
    for path in ("/sites", "/vm-replications", "/tasks", "/diagnostics/about"):
        assert vcda().code("GET", path) == (401, "NotAuthenticated")


def test_unknown_paths_and_methods() -> None:
    caller = vcda().sign_in()
    assert caller.code("GET", "/api/sessions") == (404, "NotFound")
    assert caller.code("PUT", "/sites") == (405, "MethodNotAllowed")
    assert caller.simulator.unknown_paths.as_list()[0]["path"] == "/api/sessions"


def test_site_parameter() -> None:
    caller = vcda().sign_in()
    assert caller.code("GET", "/vm-replications?site=site9") == (404, "SiteNotFound")
    assert caller.code("GET", "/vm-replications?site=site1") == (401, "RemoteAuthenticationFailure")
    caller.extend()
    assert caller.read("/vm-replications?site=site1")["items"] == []


def test_extension_can_be_unneeded() -> None:
    caller = vcda(vcda_extend_needed=False).sign_in()
    assert caller.read("/vm-replications?site=site1")["total"] == 0


@pytest.mark.parametrize(("code", "status"), [("GeneralServerFailure", 500), ("RemoteAuthenticationFailure", 401)])
def test_site_can_be_down(code: str, status: int) -> None:
    caller = vcda(vcda_peer_error=code).sign_in().extend()
    caller.simulator.configure(vcda_site_down="site1")
    assert caller.code("GET", "/vm-replications?site=site1") == (status, code)
    assert caller.code("POST", f"{caller.path()}/migrate", RECOVERY) == (status, code)
    assert [site["state"] for site in caller.read("/sites")] == ["OK", "DOWN"]
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)
    with pytest.raises(TransportError):
        VcdaCaller(caller.simulator, PEER).send("GET", "/sites")


def test_cloud_without_replications_has_no_endpoint() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    assert simulator.vcda == {}
    assert "VCA_VCDA_URL" not in simulator.env()
    assert vcda().simulator.env()["VCA_VCDA_URL"] == "https://vcda.simulator.invalid"


def test_vcloud_director_has_no_paths_of_the_endpoint() -> None:
    caller = vcda().sign_in()
    assert Caller(caller.simulator, caller.headers).get("/vm-replications").status == 404


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("status", 503, "INTERNAL_SERVER_ERROR"), ("busy", 400, "BUSY_ENTITY"), ("unauthorized", 401, "NotAuthenticated")],
)
def test_faults_have_the_format_of_the_endpoint(kind: str, status: int, code: str) -> None:
    caller = vcda().sign_in()
    caller.simulator.faults.add(kind, path="/vm-replications", status=503)
    assert caller.code("GET", "/vm-replications") == (status, code)
    assert caller.read("/vm-replications")["total"] == 3


def test_lost_answer_leaves_the_operation_running() -> None:
    caller = vcda().sign_in()
    caller.simulator.faults.add("reset_after", method="POST")
    with pytest.raises(TransportError):
        caller.send("POST", f"{caller.path()}/failover-test", RECOVERY, operationID="op-1")
    assert [task["state"] for task in caller.read("/tasks?operationID=op-1")["items"]] == ["RUNNING"]
    assert caller.read("/tasks?operationID=op-2")["items"] == []


def test_late_request_is_carried_out_later() -> None:
    caller = vcda().sign_in()
    caller.simulator.faults.add("late", method="POST", seconds=30)
    with pytest.raises(TransportError):
        caller.send("POST", f"{caller.path()}/failover-test", RECOVERY, operationID="op-1")
    assert caller.read("/tasks?operationID=op-1")["total"] == 0
    caller.simulator.clock.advance(31)
    assert caller.read("/tasks?operationID=op-1")["total"] == 1


def test_damaged_bodies() -> None:
    caller = vcda().sign_in()
    caller.simulator.faults.add("truncated", path="/sites")
    with pytest.raises(ValueError, match="Expecting|Unterminated|delimiter"):
        json.loads(caller.send("GET", "/sites").body)


def test_reset_ends_sessions_and_restores_replications() -> None:
    caller = vcda().sign_in()
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)
    caller.simulator.reset()
    assert caller.code("GET", "/sites") == (401, "NotAuthenticated")
    assert caller.sign_in().vm()["destinationState"]["recoveryInfo"]["recoveryState"] == "NOT_STARTED"
    assert caller.read("/tasks")["total"] == 0
