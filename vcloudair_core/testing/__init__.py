"""A pytest plugin for this project and for everybody who builds on it: simulated clouds as fixtures.

``vca_simulator``         a simulated cloud inside the process, new for each test
``vca_simulator_server``  the same behind a real TLS socket, for whole programs; one per module, reset for each test
``vca_clock``             the time of ``vca_simulator`` and of its clients: sleeping takes none
``vca_app``               an App with every installed plugin, whose clients talk to ``vca_simulator`` by ``vca_clock``
``vca_client``            a client of ``vca_app``
``vca_request_log``           the requests that ``vca_simulator`` got

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

_HOMES = {"Conformance": "conformance", "Example": "examples", "LinkedClock": "linked_clock"}
"""Modules of the names that are loaded at first use. pytest looks at every name of ``dir()``, so they are not in it."""

_MARKER = "vca_simulator(**config): how the fixture vca_simulator is set up (see SimulatorConfig)"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def pytest_configure(config: pytest.Config) -> None:
    """Make our marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def vca_simulator(request: pytest.FixtureRequest) -> Simulator:
    """A simulated cloud inside the process, new for each test."""
    marker = request.node.get_closest_marker("vca_simulator")
    return make_simulator(**(marker.kwargs if marker else {}))


@pytest.fixture(scope="module")
def _vca_simulator_server() -> Iterator[SimulatorServer]:
    from vcloudair_core.simulator import SimulatorServer

    with SimulatorServer(simulator=make_simulator()) as server:
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
def vca_request_log(vca_simulator: Simulator) -> RequestView:
    """The requests that ``vca_simulator`` got."""
    return RequestView(vca_simulator)
