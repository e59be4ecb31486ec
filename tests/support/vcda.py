"""A client of the simulated VMware Cloud Director Availability."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Headers, Request, Response

SITE, PEER = "https://vcda.simulator.invalid", "https://vcda-peer.simulator.invalid"
CREDENTIALS = {"type": "vcdCredentials", "vcdUser": "demo@org1", "vcdPassword": "demo-password"}
EXTENSION = {"type": "credentials", "site": "site1", "vcdUsername": "demo@org1", "vcdPassword": "demo-password"}
RECOVERY = {"type": "vcloud", "powerOn": True}


@dataclass
class VcdaCaller:
    """A client of a simulator whose clock advances only when a test advances it."""

    simulator: Simulator
    root: str = SITE
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": "application/json"})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Send a request. ``_`` in header names becomes ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = {} if body is None else {"Content-Type": "application/json"}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(method, self.root + path, Headers({**self.headers, **content_type, **named}), data)
        return self.simulator.transport().send(request)

    def read(self, path: str) -> Any:
        """Return a JSON document. Assert that the request succeeds."""
        response = self.send("GET", path)
        assert response.status == 200, response.text
        return json.loads(response.body)

    def code(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Return the status and the code of a request that must fail."""
        response = self.send(method, path, body, **headers)
        error = json.loads(response.body)
        assert set(error) == {"code", "msg", "args", "stacktrace"}
        return response.status, error["code"]

    def sign_in(self, body: Any = None) -> VcdaCaller:
        """Sign in with the default credentials, and return this client."""
        response = self.send("POST", "/sessions", body or CREDENTIALS)
        assert response.status == 200, response.text
        self.headers["X-VCAV-Auth"] = response.headers["X-VCAV-Auth"]
        return self

    def extend(self) -> VcdaCaller:
        """Extend the session to the other site, and return this client."""
        response = self.send("POST", "/sessions/extend", EXTENSION)
        assert response.status == 200, response.text
        return self

    def vm(self, number: int = 0, query: str = "") -> Any:
        """Return a VM replication by its position in the list. ``query`` selects the site."""
        return self.read(f"/vm-replications{query}")["items"][number]

    def path(self, number: int = 0) -> str:
        """Return the API path of a VM replication by its position."""
        return f"/vm-replications/{list(self.simulator.world.vm_replications)[number]}"

    def start(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Start an operation, and return its task."""
        response = self.send(method, path, body, **headers)
        assert response.status == 202, response.text
        return json.loads(response.body)

    def finish(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Start an operation, wait until it ends, and return its task."""
        task = self.start(method, path, body, **headers)
        self.simulator.clock.advance(60)
        return self.read(f"/tasks/{task['id']}?site={task['site']}")

    def succeed(self, method: str, path: str, body: Any = None) -> Any:
        """Carry out an operation, and return its task. Assert that it succeeds."""
        task = self.finish(method, path, body)
        assert (task["state"], task["error"]) == ("SUCCEEDED", None), task
        return task

    def vms(self, name: str) -> list[Any]:
        """Return the VMs of the cloud that have a name."""
        return [vm for vm in self.simulator.world.vms.values() if vm.name == name]


def vcda(**options: Any) -> VcdaCaller:
    """Return a client of a cloud with three replications in two vApps, not signed in."""
    config = SimulatorConfig(**{"profile": "vcd", "vcda_replications": 3, "standing_clock": 1_700_000_000.0, **options})
    return VcdaCaller(Simulator(config))


def state_of(replication: Any) -> str:
    """Return the recovery state of a replication."""
    return str(replication["destinationState"]["recoveryInfo"]["recoveryState"])
