"""A simulated cloud behind TLS for whole programs, the environment that leads them to it, and the built collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ansible import environment, install_collection
from tests.support.shared import make_once
from vcloudair_core.simulator import SimulatorServer


@pytest.fixture
def env(vca_simulator_server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """The variables that a user exports, and no others of this project."""
    return environment(vca_simulator_server.env(), tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with ours in it, built and installed: what users have, away from the checkout."""
    return make_once(tmp_path_factory, "installed-collection", install_collection) / "collections"
