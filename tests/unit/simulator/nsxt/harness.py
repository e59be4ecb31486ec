"""A client of a simulated cloud with NSX-T edge gateways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import caller_for, sign_in
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

INVENTORY = """
orgs:
  - name: org1
    users:
      - {name: demo, password: demo-password}
      - {name: auditor, password: demo-password, role: Auditor}
    vdcs:
      - name: classic
        edges: [{name: old-edge}]
      - name: modern
        edges: [{name: gw1, backend: nsxt}]
        networks:
          - {name: lan, edge: gw1}
          - {name: service, edge: gw1, gateway: 192.168.20.1, connection_type: NON_DISTRIBUTED}
          - {name: alone, gateway: 192.168.30.1}
      - name: distributed
        edges: [{name: routed-only, backend: nsxt, deployment_mode: DISTRIBUTED_ONLY}]
      - name: left
        edges: [{name: left-edge, backend: nsxt}]
        vms: [{name: web1, network: lan}]
      - name: right
        edges: [{name: right-edge, backend: nsxt}]
      - name: elsewhere
        network_provider: nsx2
        edges: [{name: far-edge, backend: nsxt}]
    vdc_groups:
      - {name: pair, vdcs: [left, right], edges: [left-edge, right-edge]}
  - name: org2
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: theirs
        edges: [{name: their-edge, backend: nsxt}]
"""


@dataclass
class Harness:
    """A signed-in client of a simulated cloud.

    The clock of the simulator stands still until :meth:`settle` moves it.
    """

    caller: Caller

    def edge(self, name: str = "gw1") -> SimulatedEdge:
        return next(edge for edge in self.caller.simulator.world.edges.values() if edge.name == name)

    def urn(self, name: str = "gw1") -> str:
        return f"urn:vcloud:gateway:{self.edge(name).edge_id}"

    def group_urn(self, name: str = "pair") -> str:
        groups = self.caller.simulator.world.vdc_groups.values()
        return next(f"urn:vcloud:vdcGroup:{group.group_id}" for group in groups if group.name == name)

    def vdc_urn(self, name: str = "modern") -> str:
        vdcs = self.caller.simulator.world.vdcs.values()
        return next(f"urn:vcloud:vdc:{vdc.vdc_id}" for vdc in vdcs if vdc.name == name)

    def network_urn(self, name: str) -> str:
        networks = self.caller.simulator.world.networks.values()
        return next(f"urn:vcloud:network:{network.network_id}" for network in networks if network.name == name)

    def path(self, rest: str, edge: str = "gw1", version: str = "1.0.0") -> str:
        return f"/cloudapi/{version}/edgeGateways/{self.urn(edge)}/{rest}"

    def settle(self, seconds: float = 60.0) -> None:
        self.caller.simulator.clock.advance(seconds)

    def read(self, path: str) -> Any:
        response = self.caller.get(path)
        assert response.status == 200, response.text
        return json.loads(response.body)

    def send(self, method: str, path: str, body: Any = None) -> Response:
        """Send a request with a JSON body."""
        text = "" if body is None else json.dumps(body)
        return self.caller.send(method, path, text, Content_Type="application/json")

    def task(self, response: Response) -> Any:
        """Return the Task element of an accepted write."""
        assert response.status == 202, response.text
        assert response.body == b""
        path = response.headers["Location"].removeprefix(self.caller.root)
        root = etree.fromstring(self.caller.get(path, Accept=self._xml()).body)
        assert isinstance(root, etree._Element)
        return root

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """Send a write, wait for its task, and return the Task element.

        Assert that the task succeeds.
        """
        response = self.send(method, path, body)
        assert response.status == 202, response.text
        self.settle()
        task = self.task(response)
        assert task.get("status") == "success", etree.tostring(task)
        return task

    def owner_id(self, task: Any) -> str:
        """Return the URN of the owner of a task."""
        return str(task.find("{*}Owner").get("id"))

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> str:
        """Send a request that must fail, and return the text of the error."""
        response = self.send(method, path, body)
        assert response.status == status, (response.status, response.text)
        error = json.loads(response.body)
        assert error["stackTrace"] is None
        return f"{error['minorErrorCode']}: {error['message']}"

    def _xml(self) -> str:
        return self.caller.headers["Accept"].replace("application/json", "application/*+xml")


def harness(folder: Path, version: str = "39.1", user: str = "demo@org1", **options: Any) -> Harness:
    """Return a client of a cloud with :data:`INVENTORY`."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    caller = caller_for(version, inventory_file=str(file), standing_clock=1_700_000_000.0, **options)
    caller.headers["Authorization"] = f"Bearer {sign_in(caller, user)}"
    return Harness(caller)
