"""Simulated servers that delay, hide or lose DR actions and their responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VR, VCDA = "vr", "vcda"
ACTION = "action/failover"
ACTIONS = {VR: ACTION, VCDA: "/failover"}
"""A part of the paths that start a failover, by provider."""


def fault(kind: str, provider: str = VR, **order: Any) -> Mapping[str, Any]:
    """Return a fault that applies to every POST that starts a failover."""
    return {"method": "POST", "path": ACTIONS[provider], "count": 0, "kind": kind, **order}


@dataclass(frozen=True)
class Mode:
    """A simulated behavior of the DR API ``provider``.

    ``settle_s`` is the time in seconds after which all accepted actions are executed and visible. ``timeout_s`` is the
    response timeout of the client. ``window_s`` is the time in seconds for which a POST has no response. If ``vapp`` is
    true, the VMs are in one vApp, which one request starts. Otherwise, each VM has a vApp of its own.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    settle_s: float = 1.0
    timeout_s: float = 10.0
    window_s: float = 0.1
    provider: str = VR
    vapp: bool = False

    @property
    def action(self) -> str:
        """A part of the paths that start a failover."""
        return ACTIONS[self.provider]


LOST = fault("reset_after")
NO_LISTS = {"kind": "status", "status": 403, "code": "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "count": 0, "method": "GET"}
WORDS = ("inProgress=FailoverInProgress", "testInProgress=running", "complete=Completed-2")

MODES = (
    Mode("prompt"),
    Mode("slow answer", faults=(fault("latency", seconds=1.5),), settle_s=3, window_s=1.5),
    Mode("no answer, carried out later", faults=(fault("late", seconds=2.0),), settle_s=3, timeout_s=1, window_s=1),
    Mode("answer lost", faults=(LOST,)),
    Mode("carried out, no answer", faults=(fault("hang_after"),), timeout_s=1, window_s=1),
    Mode("half an answer", faults=(fault("half_body"),)),
    Mode("starts later", {"dr_start_delay_s": 2.0, "dr_status": 202}, settle_s=3),
    Mode("starts later, answer lost", {"dr_start_delay_s": 2.0}, (LOST,), settle_s=3),
    Mode("visible later, answer lost", {"dr_visible_after_s": 2.0}, (LOST,), settle_s=3),
    Mode("visible later, link hidden", {"dr_visible_after_s": 2.0, "dr_task_link": "hidden"}, settle_s=3),
    Mode("gateway 503 after forwarding", faults=(fault("gateway"),)),
    Mode("gateway 503 without Retry-After", faults=(fault("gateway", retry_after="none"),)),
    Mode("gateway 504, carried out later", faults=(fault("gateway", status=504, seconds=1.5),), settle_s=3),
    Mode("other words, answer lost", {"state_words": WORDS[:2], "links": "all"}, (LOST,)),
    Mode("other words, starts later", {"state_words": WORDS[:2], "links": "none", "dr_start_delay_s": 1.0}, settle_s=2),
    Mode("no task list, answer lost", faults=(LOST, {**NO_LISTS, "path": "/api/tasksList"})),
    Mode("tasks cannot be read", {"task_gone_after": 1}, (LOST,)),
    Mode("clock 5 min behind, answer lost", {"clock_skew_s": -300.0}, (LOST,)),
    Mode("clock 5 min ahead, starts later", {"clock_skew_s": 300.0, "dr_start_delay_s": 1.0}, (LOST,), settle_s=2),
    Mode("refuses by 409, answer lost", {"state_error_via": "http-409"}, (LOST,)),
    Mode("busy while in progress", {"state_error_via": "busy", "dr_visible_after_s": 1.0}, (LOST,), settle_s=2),
    Mode("429 at first", faults=(fault("throttle", count=4),), settle_s=1),
    Mode("BUSY_ENTITY at first", faults=(fault("busy", count=4),), settle_s=1),
)
"""Simulator options of all modes. By default, an action takes 0.5 seconds."""

NAMED = {mode.name: mode for mode in MODES}
