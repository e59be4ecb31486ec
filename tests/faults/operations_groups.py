"""Operations on IP sets and application profiles of both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from vcloudair_core.client import Client
from vcloudair_core.simulator.edge.firewall_section import factory
from vcloudair_core.simulator.edge_services.entities import GroupingObject

_NSXT = {"edges": 0, "nsxt_edges": 1}
_SERVICES = [{"protocol": "tcp", "port": [8443]}]


def _classic_edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare_ip_set(world: World) -> None:
    """Add an IP set as another user, a rule that uses it, and a rule that does not."""
    edge = _classic_edge(world)
    item = GroupingObject("ipset-1", "ipset", edge.vdc_id, "old", is_inherited=True, values={"value": "10.0.0.1"})
    world.simulator.world.grouping_objects[item.object_id] = item
    any_side: dict[str, Any] = {"exclude": False, "ipAddress": [], "groupingObjectId": [], "vnicGroupId": []}
    firewall = factory(edge, 3600)
    used = {**any_side, "ipAddress": ["10.0.0.9"], "groupingObjectId": [f"{edge.vdc_id}:ipset-1"]}
    for number, source in enumerate((used, any_side)):
        firewall["user"].append(
            {
                "ruleId": 200000 + number,
                "ruleTag": 100 + number,
                "name": f"rule {number}",
                "ruleType": "user",
                "enabled": True,
                "loggingEnabled": False,
                "action": "accept",
                "source": source,
                "destination": dict(any_side),
                "application": {"applicationId": [], "service": []},
            }
        )
    edge.firewall = firewall


def in_vdc(world: World) -> Parts:
    """Return the IP sets of the VDC, and the IP sets in the sources of firewall rules."""
    rules = _classic_edge(world).firewall.get("user", ())
    return {
        "ip_sets": [(item.name, item.values) for item in world.simulator.world.grouping_objects.values()],
        "firewall": [(rule["name"], rule.get("source", {}).get("groupingObjectId", [])) for rule in rules],
    }


def profiles(world: World) -> Parts:
    """Return the application port profiles of the org."""
    listed = world.simulator.world.port_profiles.values()
    return {"profiles": sorted(profile.name for profile in listed if profile.scope == "TENANT")}


def _doing(act: Callable[[Client], Any], edge_of: Callable[[World], Any]) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=edge_of(world).name) as client:
            world.signed_in(client)
            return Ending(act(client))

    return run


def _add(client: Client) -> None:
    client.ensure("ans.ip_set", {"name": "new", "addresses": ["198.51.100.0/24"]})


def _delete(client: Client) -> None:
    client.ensure("ans.ip_set", {"name": "old", "force": True}, state="absent")


def _add_profile(client: Client) -> None:
    client.ensure("ans.application_profile", {"name": "new", "services": _SERVICES})


OPERATIONS = {
    "IP set: added": Operation(_doing(_add, _classic_edge), in_vdc, prepare=prepare_ip_set),
    "IP set: removed from rules": Operation(_doing(_delete, _classic_edge), in_vdc, prepare=prepare_ip_set),
    "NSX-T application profile: added": Operation(_doing(_add_profile, nsxt_edge), profiles, config=_NSXT),
}
