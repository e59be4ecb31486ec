"""Create apps and clients of an in-process simulator, and inspect its request log."""

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
_SESSIONS = ("/sessions", "/sessions/current", "/session", "/vcloudsession", "/iam/login")


class RequestView:
    """The requests that a simulator received, for assertions in tests."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    @property
    def writes(self) -> list[str]:
        """Write requests except login and logout as ``"PUT /path"``, in order."""
        return [call for call in self.calls if not call.startswith(_READS) and not call.endswith(_SESSIONS)]

    @property
    def calls(self) -> list[str]:
        """All requests as ``"METHOD /path"``, in order."""
        return [f"{entry.method} {entry.path}" for entry in self._simulator.request_log.entries()]

    def count(self, method: str = "", path: str = "") -> int:
        """Return the number of requests with this method whose path contains ``path``.

        An empty argument matches all requests.
        """
        calls = (call.split(" ", 1) for call in self.calls)
        return sum(1 for verb, url_path in calls if method in ("", verb) and path in url_path)

    def clear(self) -> None:
        """Clear the request log."""
        self._simulator.request_log.clear()


def simulator_settings(simulator: Simulator) -> dict[str, Any]:
    """Return client settings for an in-process simulator.

    The session cache and the audit log are off.
    """
    from vcloudair_core.settings.settings import OPTIONS

    exported = simulator.env()
    variables = {option.env_names[0]: option.name for option in OPTIONS if option.name != "ca_path"}
    values = {name: exported[variable] for variable, name in variables.items() if variable in exported}
    return {**values, "session_cache": False, "audit_log": False}


def _transport_plugin(simulator: Simulator) -> object:
    from vcloudair_core.plugin.hooks import hookimpl

    class SimulatorTransportPlugin:
        """A plugin that replaces the transport with an in-process transport."""

        @hookimpl
        def vca_transport(self) -> Transport:
            return simulator.transport()

    return SimulatorTransportPlugin()


def simulated_app(simulator: Simulator, clock: Clock | None = None) -> App:
    """Return an App whose clients use an in-process simulator.

    The clients wait with ``clock``.
    """
    from vcloudair_core.app import App

    app = App(clock=clock)
    app.plugins.register(_transport_plugin(simulator), "vca_simulator")
    return app


@contextmanager
def simulated(**config: Any) -> Iterator[tuple[App, Client, Simulator]]:
    """Yield an app, a client and a simulator, for use without pytest.

    ``config`` are arguments of SimulatorConfig.
    """
    simulator = make_simulator(**config)
    app = simulated_app(simulator)
    with app.client(**simulator_settings(simulator)) as client:
        yield app, client, simulator


def make_simulator(**config: Any) -> Simulator:
    """Return a simulator with the routes of all installed plugins.

    ``config`` are arguments of SimulatorConfig.
    """
    from vcloudair_core.app import App
    from vcloudair_core.simulator import Simulator, SimulatorConfig

    return Simulator(SimulatorConfig(**config), routes=App().plugins.simulator_routes().values())
