"""Helpers for tests of power actions, snapshots and metadata."""

from __future__ import annotations

from lxml import etree

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import VApp, Vm
from vcloudair_core.transport.messages import Response

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
TASK_S = 1.0


def writing_caller(version: str = "5.6", vms: int = 3) -> Caller:
    """Return a signed-in client of a cloud with a stopped clock."""
    return signed_in(Simulator(SimulatorConfig(profile="vcd", vms=vms, standing_clock=1.7e9)), version=version)


def first_vm(caller: Caller) -> Vm:
    """Return the first VM."""
    return next(iter(caller.simulator.world.vms.values()))


def first_vapp(caller: Caller) -> VApp:
    """Return the first vApp."""
    return next(iter(caller.simulator.world.vapps.values()))


def vm_path(caller: Caller) -> str:
    """Return the path of the first VM."""
    return f"/api/vApp/vm-{first_vm(caller).vm_id}"


def vapp_path(caller: Caller) -> str:
    """Return the path of the first vApp."""
    return f"/api/vApp/vapp-{first_vapp(caller).vapp_id}"


def finish_task(caller: Caller, response: Response) -> str:
    """Wait for the end of the task in a response, and return the task's status."""
    assert response.status == 202, response.text
    href = str(etree.fromstring(response.body).get("href"))
    assert etree.fromstring(response.body).get("status") == "queued"
    assert caller.xml(href).get("status") in ("queued", "running")
    assert caller.xml(href).get("status") == "running"
    caller.simulator.clock.advance(TASK_S)
    return str(caller.xml(href).get("status"))


def error_of(response: Response) -> tuple[int, str, str]:
    """Return status, minor code and message of an Error document."""
    root = etree.fromstring(response.body)
    return response.status, str(root.get("minorErrorCode")), str(root.get("message"))


def link_rels(caller: Caller, path: str) -> set[str]:
    """Return the ``rel`` of each link at the top level of a document."""
    return {str(node.get("rel")) for node in caller.xml(path).iterchildren(f"{VCLOUD}Link")}
