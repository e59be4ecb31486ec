"""Tests that the documents of VCDA have the documented fields and types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import vcda_schemas as schemas
from tests.support.vcda import RECOVERY, VcdaCaller, state_of, vcda


def check(caller: VcdaCaller) -> None:
    """Assert that all replications and tasks conform to their schemas."""
    for site in ("site1", "site2"):
        lists = {"/vm-replications": schemas.VM, "/vapp-replications": schemas.VAPP, "/tasks": schemas.TASK}
        for path, schema in lists.items():
            assert schemas.problems(caller.read(f"{path}?site={site}"), schemas.page(schema)) == []
    for kind, schema in (("vm", schemas.VM_NETWORK_SETTINGS), ("vapp", schemas.VAPP_NETWORK_SETTINGS)):
        shelf = caller.simulator.world.vm_replications if kind == "vm" else caller.simulator.world.vapp_replications
        for identifier in shelf:
            assert schemas.problems(caller.read(f"/{kind}-replications/{identifier}/network-settings"), schema) == []


def run(caller: VcdaCaller, *steps: tuple[str, str, Any]) -> None:
    """Carry out operations on the first replication.

    Check the documents during and after each operation.
    """
    for method, rest, body in steps:
        task = caller.start(method, caller.path() + rest, body)
        assert schemas.problems(task, schemas.TASK) == []
        check(caller)
        caller.simulator.clock.advance(5)
        check(caller)


TEST: tuple[str, str, Any] = ("POST", "/failover-test", RECOVERY)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], "NOT_STARTED"),
        ([TEST], "TEST"),
        ([TEST, ("DELETE", "/failover-test", None)], "NOT_STARTED"),
        ([("POST", "/failover", RECOVERY)], "COMPLETE"),
        ([("POST", "/failover", RECOVERY), ("POST", "/sync", None)], "COMPLETE"),
        ([("POST", "/pause", None), ("POST", "/resume", None), ("POST", "/sync", None)], "NOT_STARTED"),
        ([("PATCH", "", {"rpo": 15, "quiesced": True}), ("POST", "/sync", None)], "NOT_STARTED"),
    ],
)
def test_documents_conform_in_each_state(steps: list[tuple[str, str, Any]], state: str) -> None:
    caller = vcda().sign_in().extend()
    run(caller, *steps)
    assert state_of(caller.vm()) == state


def test_documents_conform_after_a_reversal() -> None:
    caller = vcda().sign_in().extend()
    run(caller, ("POST", "/migrate", RECOVERY), ("POST", "/reverse", None))
    assert caller.vm(query="?site=site1")["isReversed"] is True


def test_documents_of_troubled_replications_conform() -> None:
    caller = vcda().sign_in().extend()
    for replication in caller.simulator.world.vm_replications.values():
        replication.trouble = "error"
    vapp = next(iter(caller.simulator.world.vapp_replications))
    caller.finish("POST", f"/vapp-replications/{vapp}/failover", RECOVERY)
    check(caller)
    caller.simulator.world.vm_replications[caller.vm()["id"]].trouble = "warning"
    caller.succeed("POST", f"/vapp-replications/{vapp}/failover", RECOVERY)
    check(caller)


def test_other_documents_conform() -> None:
    caller = vcda().sign_in().extend()
    assert schemas.problems(caller.read("/sessions"), schemas.SESSION) == []
    assert schemas.problems(caller.read("/sites"), schemas.array(schemas.SITE)) == []
    assert schemas.problems(caller.read(f"{caller.path()}/instances"), schemas.array(schemas.INSTANCE)) == []
    error = json.loads(caller.send("GET", "/tasks/unknown").body)
    assert schemas.problems(error, schemas.ERROR) == []


def test_schemas_report_violations() -> None:
    document = vcda().sign_in().vm()
    document["destinationState"]["recoveryInfo"]["recoveryState"] = "DONE"
    del document["owner"]
    reasons = schemas.problems(document, schemas.VM)
    assert len(reasons) == 2
    assert any("recoveryState" in reason for reason in reasons)
