"""A pytest plugin for this project and for everybody who builds on it: simulated clouds as fixtures.

``vca_simulator``         a simulated cloud inside the process, new for each test
``vca_simulator_server``  the same behind a real TLS socket, for whole programs; one per module, reset for each test
``vca_clock``             the time of ``vca_simulator`` and of its clients: sleeping takes none
``vca_app``               an App with every installed plugin, whose clients talk to ``vca_simulator`` by ``vca_clock``
``vca_client``            a client of ``vca_app``
``vca_journal``           what was asked of ``vca_simulator``

``@pytest.mark.vca_simulator(profile="vcd", edges=2)`` sets up ``vca_simulator`` in another way; the arguments are those
of :class:`vcloudair_core.simulator.SimulatorConfig`.

:class:`Conformance` has the tests that every plugin should pass. Subclass it with an :class:`Example` of each resource
kind.

pytest imports this module in every run of every project that has the package installed: nothing is imported here that
is not needed for that.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.simulator import Simulator, SimulatorServer
    from vcloudair_core.testing.conformance import Conformance
    from vcloudair_core.testing.examples import Example
    from vcloudair_core.testing.linked_clock import LinkedClock
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.util.clock import Clock

__all__ = [
    "Conformance",
    "Example",
    "LinkedClock",
    "RequestView",
    "simulated",
    "simulated_app",
    "simulator_settings",
]

_HOMES = {"Conformance": "conformance", "Example": "examples", "LinkedClock": "linked_clock"}
"""Modules of the names that are loaded at first use. pytest looks at every name of ``dir()``, so they are not in it."""

_READS = ("GET ", "HEAD ")
_SESSIONS = ("/sessions", "/session", "/vcloudsession", "/iam/login")
_MARKER = "vca_simulator(**config): how the fixture vca_simulator is set up (see SimulatorConfig)"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def pytest_configure(config: pytest.Config) -> None:
    """Make our marker known."""
    config.addinivalue_line("markers", _MARKER)


class RequestView:
    """What was asked of a simulator, in the words in which tests ask for it."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    @property
    def writes(self) -> list[str]:
        """The exchanges that change something, sign-in and sign-out aside: ``"PUT /path"``, in order."""
        return [call for call in self.calls if not call.startswith(_READS) and not call.endswith(_SESSIONS)]

    @property
    def calls(self) -> list[str]:
        """Each exchange as ``"METHOD /path"``, in order."""
        return [f"{entry.method} {entry.path}" for entry in self._simulator.journal.entries()]

    def count(self, method: str = "", path: str = "") -> int:
        """How many exchanges had this method and this text in their path; empty matches all."""
        wanted = (call.split(" ", 1) for call in self.calls)
        return sum(1 for verb, where in wanted if method in ("", verb) and path in where)

    def clear(self) -> None:
        """Forget what was asked so far."""
        self._simulator.journal.clear()


def simulator_settings(simulator: Simulator) -> dict[str, Any]:
    """The settings that lead a client to a simulator in the process; the session is kept in memory only."""
    from vcloudair_core.settings.settings import OPTIONS

    exported = simulator.env()
    variables = {option.env_names[0]: option.name for option in OPTIONS if option.name != "ca_path"}
    found = {name: exported[variable] for variable, name in variables.items() if variable in exported}
    return {**found, "session_cache": False}


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
    simulator = _make_simulator(**config)
    app = simulated_app(simulator)
    with app.client(**simulator_settings(simulator)) as client:
        yield app, client, simulator


def _make_simulator(**config: Any) -> Simulator:
    from vcloudair_core.app import App
    from vcloudair_core.simulator import Simulator, SimulatorConfig

    return Simulator(SimulatorConfig(**config), areas=App().plugins.simulator_areas().values())


@pytest.fixture
def vca_simulator(request: pytest.FixtureRequest) -> Simulator:
    """A simulated cloud inside the process, new for each test."""
    marker = request.node.get_closest_marker("vca_simulator")
    return _make_simulator(**(marker.kwargs if marker else {}))


@pytest.fixture(scope="module")
def _vca_simulator_server() -> Iterator[SimulatorServer]:
    from vcloudair_core.simulator import SimulatorServer

    with SimulatorServer(simulator=_make_simulator()) as server:
        yield server


@pytest.fixture
def vca_simulator_server(_vca_simulator_server: SimulatorServer) -> SimulatorServer:
    """A simulated cloud behind a TLS socket: ``.url``, ``.env()`` for ``subprocess.run``, ``.simulator``."""
    _vca_simulator_server.simulator.reset()
    return _vca_simulator_server


@pytest.fixture
def vca_clock(vca_simulator: Simulator) -> LinkedClock:
    """The time of ``vca_simulator`` and its clients: ``.advance(3600)`` makes both older, ``.slept`` tells of waits."""
    from vcloudair_core.testing.linked_clock import LinkedClock

    return LinkedClock(vca_simulator)


@pytest.fixture
def vca_app(vca_simulator: Simulator, vca_clock: LinkedClock) -> App:
    """An App with every installed plugin, whose clients talk to ``vca_simulator``. Register plugin objects with it."""
    return simulated_app(vca_simulator, vca_clock)


@pytest.fixture
def vca_client(vca_app: App, vca_simulator: Simulator) -> Iterator[Client]:
    """A client of ``vca_simulator`` with every installed plugin."""
    with vca_app.client(**simulator_settings(vca_simulator)) as client:
        yield client


@pytest.fixture
def vca_journal(vca_simulator: Simulator) -> RequestView:
    """What was asked of ``vca_simulator``."""
    return RequestView(vca_simulator)
