"""A simulated cloud with a stopped clock and a request log, for repeatable runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.faults.fault_kinds import DAMAGED, NO_RESPONSE
from vcloudair_core.testing import LinkedClock, simulator_settings
from vcloudair_core.transport.messages import Request, Response

BEGAN = 1_700_000_000.0
LONGEST_S = 8 * 3600.0
MOST_CALLS = 3000
CANARY_KEY = "c4n4ry-key-of-a-tunnel"
CANARY_TOKEN = "c4n4ry-token-of-a-user"
_TOKENS = re.compile(r"authorization|token|cookie", re.IGNORECASE)
_NSXT = ("/edgeGateways/urn:vcloud:gateway:", "/vdcGroups/urn:vcloud:vdcGroup:", "/loadBalancer/")
_OBJECTS = (
    "/orgVdcNetworks/",
    *("/services/truststore/", "/ssl/certificateLibrary"),
    *("/services/ipset/", "/applicationPortProfiles"),
)
_CARRIED_OUT = frozenset({*NO_RESPONSE, *DAMAGED})


class HungError(BaseException):
    """Raised if an operation does not end. No code catches this exception."""


class Time(LinkedClock):
    """The clock of the client, whose sleeps also advance the clock of the cloud.

    Raises HungError if the client waits too long. ``wrong_s`` is the error of the client's wall clock in seconds.
    """

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self.wrong_s = 0.0
        self._passed_s = 0.0

    def now(self) -> float:
        """Return the monotonic time of the client, which server faults do not change."""
        return BEGAN + self._passed_s

    def wall(self) -> float:
        return self.now() + self.wrong_s

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._passed_s += seconds

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if sum(self.slept) > LONGEST_S:
            raise HungError(f"waited for {sum(self.slept):.0f} s")


class Eye:
    """A transport that records hosts and tokens, and limits the number of requests."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._transport = world.simulator.transport()
        self.hosts: set[str] = set()
        self.calls = 0
        self.at_call: Callable[[int], None] | None = None

    def send(self, request: Request) -> Response:
        self.hosts.add(urlsplit(request.url).netloc)
        if self.at_call is not None:
            self.at_call(self.calls)
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise HungError(f"sent {self.calls} requests")
        response = self._transport.send(request)
        for name, value in response.headers.pairs():
            if _TOKENS.search(name) and len(value) > 8:
                self._world.secrets.add(value.split(";")[0].rpartition("=")[2] or value)
        return response

    def close(self) -> None:
        self._transport.close()


@lru_cache(maxsize=1)
def _plugins() -> PluginManager:
    manager = PluginManager()
    manager.load_entry_points()
    return manager


class World:
    """A simulated cloud, and the clients that use it one after another."""

    def __init__(self, folder: Path, config: Mapping[str, Any], routes: Sequence[SimulatorRoutes] = ()) -> None:
        self.folder = folder
        self.simulator = Simulator(
            SimulatorConfig(**{"profile": "vcd", "standing_clock": BEGAN, "nsxt_task_s": 0.3, **config}), routes=routes
        )
        self.secrets = {"demo-password", CANARY_KEY, CANARY_TOKEN}
        self.clock = Time(self.simulator)
        self.eye = Eye(self)
        self.app = App(plugins=_plugins(), clock=self.clock, environ={"VCA_CONFIG_FILE": ""})
        self.is_decided = False
        """True after the user has decided to start possibly started actions again."""
        self.signed_in_at = 0
        """Number of requests that a sign-in without a fault sends."""

    def client(self, **settings: Any) -> AbstractContextManager[Client]:
        """Return a client that is signed in and sends one request at a time."""
        chosen = {
            **simulator_settings(self.simulator),
            "parallel_calls": 1,
            "firewall_lint": "off",
            "state_dir": str(self.folder),
            **settings,
        }
        return self.app.client(transport=self.eye, **{name: value for name, value in chosen.items() if value != ""})

    def signed_in(self, client: Client) -> None:
        """Sign in, and count the requests of the sign-in."""
        client.session.login()
        self.signed_in_at = self.eye.calls

    def carried_out(self) -> list[str]:
        """Return the paths of executed writes in order, whatever the responses were.

        Paths of an edge section are the same for all wire formats.
        """
        return [
            one.path.removeprefix("/hybridity/api/gateways").removeprefix("/network/edges")
            for one in self.simulator.request_log.entries()
            if is_write(one.method, one.path)
            and ((200 <= one.status < 300 and one.note in ("", *_CARRIED_OUT, "clock")) or one.note in NO_RESPONSE)
        ]


def is_write(method: str, path: str) -> bool:
    """Return True if a request is a change. Sign-ins and POST queries do not count."""
    is_other = any(part in path for part in (*_NSXT, *_OBJECTS))
    return method == "PUT" or (method == "POST" and "/action/" in path) or (method != "GET" and is_other)
