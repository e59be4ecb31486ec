"""Tests of runs that are resumed: VMs of a vApp that one request starts."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.recovery import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.run.resumed_state import resumed_state

PLAN = RecoveryPlan("payroll", (Group("g", (PlannedVm("shop"),)),))
VAPP = "https://vcda.test/vapp-replications/C4VAPP-1"


IDS = {"a": "C4-1909c491-3c52-4c6a-8c1a-2f6d1b7f0a22", "b": "C4-2909c491-3c52-4c6a-8c1a-2f6d1b7f0a22"}


def vm(name: str) -> dict[str, Any]:
    """Return the VM of an event ``run_started``."""
    href = f"https://vcda.test/vm-replications/{IDS[name]}"
    return {"id": IDS[name], "name": name, "href": href, "vapp_href": VAPP, "planned": "shop"}


def starting(name: str, *together: str, operation_id: str = "op-1") -> dict[str, Any]:
    """Return an event ``vm_starting``."""
    return {
        "event": "vm_starting", "id": IDS[name], "attempt": 1, "intent_at": 5.0, "is_server_time": True,
        "state": "recovery NOT_STARTED", "vms_before": [], "operation_id": operation_id,
        **({"together": [IDS[other] for other in together]} if together else {}),
    }  # fmt: skip


def resumed(*events: dict[str, Any]) -> dict[str, Any]:
    """Return the operations of a resumed run by the name of the VM."""
    groups = [{"name": "g", "vms": [vm("a"), vm("b")]}]
    head = {"event": "run_started", "action": "failover", "groups": groups}
    return {operation.reference.name: operation for operation in resumed_state(PLAN, [head, *events]).operations}


def test_a_vm_without_its_event_is_in_doubt_like_the_rest_of_its_vapp() -> None:
    operations = resumed(starting("a", "a", "b"))
    assert [operation.may_have_started for operation in operations.values()] == [True, True]
    assert operations["b"].operation_id == "op-1"
    assert operations["b"].intent_at == 5.0
    assert operations["b"].reference.vapp_href == VAPP


@pytest.mark.parametrize(
    "events",
    [
        (starting("a"),),
        (starting("a", "a", "b"), {"event": "vm_not_started", "id": IDS["a"], "reason": "refused"}),
        (starting("a", "a", "b"), {"event": "vm_finished", "id": IDS["a"], "verdict": "succeeded"}),
    ],
)
def test_a_vm_is_not_in_doubt_without_an_open_request(events: tuple[dict[str, Any], ...]) -> None:
    assert not resumed(*events)["b"].may_have_started


def test_a_vm_with_its_event_keeps_its_state() -> None:
    operations = resumed(starting("a", "a", "b"), starting("b", "a", "b"))
    assert operations["b"].state_before == "recovery NOT_STARTED"
    assert operations["b"].vms_before == frozenset()
