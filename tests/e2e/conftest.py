"""Fixtures for program tests: a simulated cloud with TLS, and the collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ansible import environment, install_collection
from tests.support.shared import make_once
from vcloudair_core.simulator import SimulatorServer


@pytest.fixture
def env(vca_simulator_server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """Return the environment variables that a user exports."""
    return environment(vca_simulator_server.env(), tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and install the collection, and return its collections folder."""
    return make_once(tmp_path_factory, "installed-collection", install_collection) / "collections"
