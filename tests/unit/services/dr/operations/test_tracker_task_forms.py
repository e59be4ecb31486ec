"""Check that actions succeed with every form of task and replication documents.

The forms are options of the simulator. The actions are a test and a failover.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.tiers import sampled
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings

FORMS: list[dict[str, Any]] = [
    *[{"progress_mode": mode} for mode in ("true", "zero-to-success", "100-while-running", "absent", "stuck")],
    {"queued_owner": "present", "queued_progress": "0"},
    {"start_missing": True, "end_missing": True, "no_details": True, "cancel_link": "always"},
    {"waiting_status": "preRunning", "running_status": "postRunning"},
    *[{"task_links": links, "task_port_443": "both"} for links in ("href", "both", "location")],
    {"task_links": "both", "task_port_443": "location"},
    {"href_port_443": True},
    {"task_gone_after": 2},
    {"task_gone_after": 1, "task_gone_status": 404},
    {"dr_status": 202},
    {"id_form": "bare-uuid"},
    {"list_page_size": 2, "list_reference_name": "absent"},
    *[{"ns_style": style} for style in ("vr-default", "vcloud-prefixed")],
    *[{"word_case": case} for case in ("upper", "lower", "spaced")],
    {"absent_states": ("TestRecoveryState", "RecoveryState", "ReplicationState")},
    *[{"links": links} for links in ("none", "all")],
    {"group_tasks": True},
    {"group_lags": 3},
    {"group_ahead": True},
    {"recovery_done_word": "ok"},
    {"content_type_strict": True},
    {"placeholders": "visible"},
    {"limit_per_user": 2},
    {"state_error_via": "http-409", "error_code_in": "minorErrorCode", "unknown_replication": 404},
    {"dr_task_s": 0.0},
]


@pytest.mark.parametrize("form", sampled(FORMS, 3), ids=str)
def test_a_test_and_a_failover_succeed(form: dict[str, Any]) -> None:
    simulator = Simulator(SimulatorConfig(**{"profile": "vcd", "replications": 4, "dr_task_s": 30.0, **form}))
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        live: Any = client.session
        live.clock = live._pipeline.clock = LinkedClock(simulator)
        for action in ("test", "cleanup", "failover"):
            results = client.dr.act(action, options=OperationOptions())
            problems = [(result.verdict, result.reason) for result in results if result.verdict != "succeeded"]
            assert problems == []
    assert all(group.recovered_at for group in simulator.world.replications.values())
    posts = [entry for entry in simulator.request_log.entries(method="POST") if "/action/" in entry.path]
    assert sum(entry.status < 300 for entry in posts) == 12  # each once, not counting refused requests
