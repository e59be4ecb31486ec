"""A simulated cloud behind TLS for whole programs, and the environment that leads them to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ansible import environment
from vcloudair_core.simulator import SimulatorServer


@pytest.fixture
def env(vca_simulator_server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """What a user exports, and nothing else of ours."""
    return environment(vca_simulator_server.env(), tmp_path)
