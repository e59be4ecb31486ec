"""Simulated servers of VCDA that delay, hide or lose actions and responses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.start_once.modes import VCDA, Mode, fault

_mode, _fault = partial(Mode, provider=VCDA), partial(fault, provider=VCDA)
LOST = _fault("reset_after")
NO_LISTS = {"kind": "status", "status": 403, "count": 0, "method": "GET", "path": "/tasks"}


def _search(kind: str) -> Mapping[str, Any]:
    return {"vcda_operation_id_search": kind}


VCDA_MODES = (
    _mode("vcda, prompt"),
    _mode("vcda, slow answer", faults=(_fault("latency", seconds=1.5),), settle_s=3, window_s=1.5),
    _mode(
        "vcda, no answer, carried out later",
        faults=(_fault("late", seconds=2.0),), settle_s=3, timeout_s=1, window_s=1,
    ),
    _mode("vcda, answer lost", faults=(LOST,)),
    _mode("vcda, answer lost, operation ID ignored", _search("ignored"), (LOST,)),
    _mode("vcda, answer lost, operation ID not found", _search("empty"), (LOST,)),
    _mode("vcda, carried out, no answer", faults=(_fault("hang_after"),), timeout_s=1, window_s=1),
    _mode("vcda, half an answer", faults=(_fault("half_body"),)),
    _mode("vcda, starts later", {"vcda_start_delay_s": 2.0}, settle_s=3),
    _mode("vcda, starts later, answer lost", {"vcda_start_delay_s": 2.0}, (LOST,), settle_s=3),
    _mode("vcda, visible later, answer lost", {"vcda_visible_after_s": 2.0}, (LOST,), settle_s=3),
    _mode(
        "vcda, visible later, operation ID not found",
        {"vcda_visible_after_s": 2.0, **_search("empty")}, (LOST,), settle_s=3,
    ),
    _mode("vcda, gateway 503 after forwarding", faults=(_fault("gateway"),)),
    _mode("vcda, gateway 504, carried out later", faults=(_fault("gateway", status=504, seconds=1.5),), settle_s=3),
    _mode("vcda, state lags, answer lost", {"vcda_state_lags": 3}, (LOST,)),
    _mode("vcda, null as text, answer lost", {"vcda_null_as_text": True}, (LOST,)),
    _mode("vcda, other workflow, answer lost", {"vcda_workflow_types": ("failover=recoverVm",)}, (LOST,)),
    _mode("vcda, no task list, answer lost", faults=(LOST, NO_LISTS)),
    _mode("vcda, tasks cannot be read", {"vcda_task_gone_after": 1}, (LOST,)),
    _mode("vcda, source site down, answer lost", {"vcda_site_down": "site1"}, (LOST,)),
    _mode("vcda, refuses by 409, answer lost", {"vcda_state_error_via": "http-409"}, (LOST,)),
    _mode("vcda, 429 at first", faults=(_fault("throttle", count=4),)),
    _mode("vcda, vApp, prompt", vapp=True),
    _mode(
        "vcda, vApp, no answer, carried out later",
        faults=(_fault("late", seconds=2.0),), settle_s=3, timeout_s=1, window_s=1, vapp=True,
    ),
    _mode("vcda, vApp, answer lost", faults=(LOST,), vapp=True),
    _mode("vcda, vApp, answer lost, operation ID ignored", _search("ignored"), (LOST,), vapp=True),
    _mode("vcda, vApp, answer lost, operation ID not found", _search("empty"), (LOST,), vapp=True),
    _mode("vcda, vApp, starts later, answer lost", {"vcda_start_delay_s": 2.0}, (LOST,), settle_s=3, vapp=True),
    _mode("vcda, vApp, visible later, answer lost", {"vcda_visible_after_s": 2.0}, (LOST,), settle_s=3, vapp=True),
    _mode("vcda, vApp, gateway 503 after forwarding", faults=(_fault("gateway"),), vapp=True),
    _mode("vcda, vApp, no task list, answer lost", faults=(LOST, NO_LISTS), vapp=True),
    _mode("vcda, vApp, tasks cannot be read", {"vcda_task_gone_after": 1}, (LOST,), vapp=True),
    _mode("vcda, vApp, refuses by 409, answer lost", {"vcda_state_error_via": "http-409"}, (LOST,), vapp=True),
    _mode("vcda, vApp, 429 at first", faults=(_fault("throttle", count=4),), vapp=True),
)  # fmt: skip
"""Simulator options of all modes of VCDA. By default, an action takes 0.5 seconds."""
