"""Pytest fixtures for simulated clouds, and conformance tests for plugins.

``vca_simulator``         an in-process simulated cloud, new for each test
``vca_simulator_server``  a simulated cloud behind a TLS socket, for programs; one per test module, reset for each test
``vca_clock``             the clock of ``vca_simulator`` and its clients, whose ``sleep()`` returns immediately
``vca_app``               an App with all installed plugins, whose clients use ``vca_simulator`` and ``vca_clock``
``vca_client``            a client of ``vca_app``
``vca_request_log``       the requests that ``vca_simulator`` received

``@pytest.mark.vca_simulator(profile="vcd", edges=2)`` configures ``vca_simulator``. For the arguments, see
:class:`vcloudair_core.simulator.SimulatorConfig`.

:class:`Conformance` has the tests that every plugin should pass. To run the tests, subclass this class with an
:class:`Example` of each resource kind.

pytest imports this module in every run in which the package is installed, so the module imports as little as possible.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from vcloudair_core.testing.simulated_cloud import (
    RequestView,
    make_simulator,
    simulated,
    simulated_app,
    simulator_settings,
)

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.simulator import Simulator, SimulatorServer
    from vcloudair_core.testing.conformance import Conformance
    from vcloudair_core.testing.examples import Example
    from vcloudair_core.testing.linked_clock import LinkedClock

__all__ = [
    "Conformance",
    "Example",
    "LinkedClock",
    "RequestView",
    "simulated",
    "simulated_app",
    "simulator_settings",
]

_LAZY = {"Conformance": "conformance", "Example": "examples", "LinkedClock": "linked_clock"}
"""Modules by name, imported at first use.

``dir()`` does not list these names, because pytest inspects every listed name.
"""

_MARKER = "vca_simulator(**config): configure the fixture vca_simulator (see SimulatorConfig)"


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker ``vca_simulator``."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def vca_simulator(request: pytest.FixtureRequest) -> Simulator:
    """Return an in-process simulated cloud, new for each test."""
    marker = request.node.get_closest_marker("vca_simulator")
    return make_simulator(**(marker.kwargs if marker else {}))


@pytest.fixture(scope="module")
def _vca_simulator_server() -> Iterator[SimulatorServer]:
    from vcloudair_core.simulator import SimulatorServer

    with SimulatorServer(simulator=make_simulator()) as server:
        yield server


@pytest.fixture
def vca_simulator_server(_vca_simulator_server: SimulatorServer) -> SimulatorServer:
    """Return a simulated cloud behind a TLS socket.

    ``.url`` is the address of the cloud. ``.env()`` returns the environment for ``subprocess.run``. ``.simulator`` is
    the simulator.
    """
    _vca_simulator_server.simulator.reset()
    return _vca_simulator_server


@pytest.fixture
def vca_clock(vca_simulator: Simulator) -> LinkedClock:
    """Return the clock of ``vca_simulator`` and its clients.

    ``.advance(3600)`` moves the clock forward by an hour. ``.slept`` lists the waits in seconds.
    """
    from vcloudair_core.testing.linked_clock import LinkedClock

    return LinkedClock(vca_simulator)


@pytest.fixture
def vca_app(vca_simulator: Simulator, vca_clock: LinkedClock) -> App:
    """Return an App with all installed plugins, whose clients use ``vca_simulator``."""
    return simulated_app(vca_simulator, vca_clock)


@pytest.fixture
def vca_client(vca_app: App, vca_simulator: Simulator) -> Iterator[Client]:
    """Return a client of ``vca_simulator`` with all installed plugins."""
    with vca_app.client(**simulator_settings(vca_simulator)) as client:
        yield client


@pytest.fixture
def vca_request_log(vca_simulator: Simulator) -> RequestView:
    """Return the requests that ``vca_simulator`` received."""
    return RequestView(vca_simulator)
