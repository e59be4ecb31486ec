"""Tests of every simulator fault at every step of every sign-in."""

from __future__ import annotations

import pytest

from tests.support.tiers import sampled_pairs
from tests.unit.session.test_session_with_simulator import LOGINS, session_at, settings_for
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.faults.fault_rules import KINDS

HARMLESS = {"busy", "throttle", "reset", "reset_after", "hang"}
"""Temporary faults, after which the sign-in is retried."""


@pytest.mark.parametrize(
    ("kind", "step"), sampled_pairs([kind for kind in KINDS if kind not in ("latency", "edit")], range(7), 2)
)
@pytest.mark.parametrize("flavor", sorted(LOGINS))
def test_every_fault_at_every_step_succeeds_or_is_a_library_error(flavor: str, kind: str, step: int) -> None:
    simulator = Simulator(SimulatorConfig(profile="all"))
    simulator.faults.add(kind, skip=step, location="https://evil.example.org/x")
    session = session_at(simulator, settings_for(simulator, flavor))
    try:
        session.call("GET", "/api/session")
    except VcloudAirError as exc:
        assert kind not in HARMLESS
        assert str(exc)
        assert "demo-password" not in f"{exc}{exc.as_dict()}"
