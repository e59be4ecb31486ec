"""Apps and clients whose cloud is a simulator in the process, and the requests that it got."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.simulator import Simulator
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.util.clock import Clock

_READS = ("GET ", "HEAD ")
_SESSIONS = ("/sessions", "/session", "/vcloudsession", "/iam/login")


class RequestView:
    """The requests that a simulator got, for assertions of tests."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    @property
    def writes(self) -> list[str]:
        """The exchanges that change something, sign-in and sign-out aside: ``"PUT /path"``, in order."""
        return [call for call in self.calls if not call.startswith(_READS) and not call.endswith(_SESSIONS)]

    @property
    def calls(self) -> list[str]:
        """Each exchange as ``"METHOD /path"``, in order."""
        return [f"{entry.method} {entry.path}" for entry in self._simulator.request_log.entries()]

    def count(self, method: str = "", path: str = "") -> int:
        """Return the number of requests with this method and this text in their path; empty matches all."""
        calls = (call.split(" ", 1) for call in self.calls)
        return sum(1 for verb, where in calls if method in ("", verb) and path in where)

    def clear(self) -> None:
        """Forget all requests so far."""
        self._simulator.request_log.clear()


def simulator_settings(simulator: Simulator) -> dict[str, Any]:
    """The settings that lead a client to a simulator in the process; the session is kept in memory only."""
    from vcloudair_core.settings.settings import OPTIONS

    exported = simulator.env()
    variables = {option.env_names[0]: option.name for option in OPTIONS if option.name != "ca_path"}
    values = {name: exported[variable] for variable, name in variables.items() if variable in exported}
    return {**values, "session_cache": False}


def _leading_to(simulator: Simulator) -> object:
    from vcloudair_core.plugin.hooks import hookimpl

    class IntoSimulator:
        """The plugin whose transport answers from inside the process."""

        @hookimpl
        def vca_transport(self) -> Transport:
            return simulator.transport()

    return IntoSimulator()


def simulated_app(simulator: Simulator, clock: Clock | None = None) -> App:
    """An App with every installed plugin, whose clients talk to a simulator in the process, and wait by ``clock``."""
    from vcloudair_core.app import App

    app = App(clock=clock)
    app.plugins.register(_leading_to(simulator), "vca_simulator")
    return app


@contextmanager
def simulated(**config: Any) -> Iterator[tuple[App, Client, Simulator]]:
    """App, client and simulator for programs that are no pytest tests; ``config`` as in SimulatorConfig."""
    simulator = make_simulator(**config)
    app = simulated_app(simulator)
    with app.client(**simulator_settings(simulator)) as client:
        yield app, client, simulator


def make_simulator(**config: Any) -> Simulator:
    """Return a simulator in the process with the routes of every installed plugin; ``config`` as in SimulatorConfig."""
    from vcloudair_core.app import App
    from vcloudair_core.simulator import Simulator, SimulatorConfig

    return Simulator(SimulatorConfig(**config), routes=App().plugins.simulator_routes().values())
