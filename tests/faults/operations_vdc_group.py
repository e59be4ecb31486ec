"""Operations on the distributed firewall of a VDC group, whose writes are tasks."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.world import World
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.firewall.dfw_rules import dfw_of, switch
from vcloudair_core.simulator.nsxt.outside_edits import edit_group

INVENTORY = Path(__file__).parent.parent / "data" / "vdc_group.yml"
RULE = {"name": "new", "source": "198.51.100.0/24", "destination": "203.0.113.10", "action": "deny"}
_GIVEN_BY_SERVER = frozenset({"id", "version"})


def group_of(world: World) -> VdcGroup:
    """Return the VDC group of a cloud."""
    [group] = world.simulator.world.vdc_groups.values()
    return group


def prepare(world: World) -> None:
    """Activate the distributed firewall, and create two rules as another user."""
    group = group_of(world)
    switch(world.simulator.world, group, is_on=True)
    for number in (1, 2):
        edit_group(world.simulator, group, "add", {"name": f"old {number}", "enabled": True, "actionValue": "DROP"})


def firewall(world: World) -> Parts:
    """Return the rules without fields set by the server, and the policy."""
    state = dfw_of(world.simulator.world, group_of(world))
    return {
        "rules": [
            {name: value for name, value in rule.items() if name not in _GIVEN_BY_SERVER}
            for rule in copy.deepcopy(state["user"])
        ],
        "policy": state["policy"]["enabled"],
    }


def _ensured(kind: str, specs: Any, state: str = "present") -> Operation:
    def run(world: World) -> Ending:
        with world.client(vdc_group="dc-group") as client:
            world.signed_in(client)
            client.ensure(kind, specs, state=state)
            return Ending()

    return Operation(run, firewall, prepare=prepare, config={"inventory_file": str(INVENTORY)})


OPERATIONS = {
    "NSX-T distributed firewall: a rule": _ensured("ans.distributed_firewall_rule", RULE),
    "NSX-T distributed firewall: a rule changed": _ensured(
        "ans.distributed_firewall_rule", {"name": "old 1", "action": "reject"}
    ),
    "NSX-T distributed firewall: a rule deleted": _ensured(
        "ans.distributed_firewall_rule", {"name": "old 2"}, "absent"
    ),
    "NSX-T distributed firewall: exact": _ensured(
        "ans.distributed_firewall", {"enabled": False, "rules": [{"name": "old 2"}, RULE]}, "exact"
    ),
}
