"""References between rules, firewall groups and port profiles.

Source: protocol/nsxt.md §3, §4, §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.nsxt.edges import context_urns, edges_of_owner, effective_owner, provider_of
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError
from vcloudair_core.simulator.state.entities import SimulatedEdge

GROUP, PROFILE = "urn:vcloud:firewallGroup:", "urn:vcloud:applicationPortProfile:"
INTERNAL_GROUP = f"{GROUP}internal"
"""Group of all internal traffic of a VDC group.

Only rules of a distributed firewall can contain it. Source: protocol/nsxt.md §8.
"""


@dataclass(frozen=True)
class RuleScope:
    """The owners of the firewall groups and port profiles that rules can use.

    Attributes:
        owner: URN of the effective owner of firewall groups.
        provider: Name of the NSX-T manager of profiles.
        contexts: URNs of the VDCs and the VDC group that own profiles.
        has_internal: True if rules can contain the group of all internal traffic.
    """

    owner: str
    provider: str
    contexts: frozenset[str]
    has_internal: bool = False


def scope_of_edge(world: Any, edge: SimulatedEdge) -> RuleScope:
    """Return the scope of the rules of an edge gateway."""
    return RuleScope(effective_owner(edge), provider_of(world, edge), frozenset(context_urns(world, edge)))


def scope_of_group(world: Any, group: Any) -> RuleScope:
    """Return the scope of the rules of a VDC group's distributed firewall."""
    owner = f"urn:vcloud:vdcGroup:{group.group_id}"
    vdcs = {f"urn:vcloud:vdc:{vdc_id}" for vdc_id in group.vdc_ids}
    return RuleScope(owner, world.vdcs[group.vdc_ids[0]].network_provider, frozenset({owner, *vdcs}), has_internal=True)


def resolve_groups(world: Any, scope: RuleScope, references: Sequence[Any] | None) -> list[dict[str, str]] | None:
    """Return references to firewall groups, with the current names of the groups.

    Return None for an empty list, which means any address. Raises RefusedBodyError for a group with a different owner.
    """
    made = []
    for reference in references or ():
        urn = str(reference.get("id"))
        if urn == INTERNAL_GROUP and scope.has_internal:
            made.append({"name": "internal", "id": urn})
            continue
        group = world.firewall_groups.get(urn.removeprefix(GROUP))
        if group is None or group.owner != scope.owner:
            raise RefusedBodyError(f"Firewall group '{urn}' does not exist, or belongs to another owner.")
        made.append({"name": group.name, "id": urn})
    return made or None


def resolve_profiles(world: Any, scope: RuleScope, references: Sequence[Any] | None) -> list[dict[str, str]] | None:
    """Return references to port profiles, with the current names of the profiles.

    Return None for an empty list, which means any service. Raises RefusedBodyError for a profile that belongs to a
    different NSX-T manager, VDC or VDC group. Source: protocol/nsxt.md §1.3.
    """
    made = [resolve_profile(world, scope, reference) for reference in references or ()]
    return made or None


def resolve_profile(world: Any, scope: RuleScope, reference: Any) -> dict[str, str]:
    """Return a reference to one port profile. See :func:`resolve_profiles`."""
    urn = str(reference.get("id"))
    profile = world.port_profiles.get(urn.removeprefix(PROFILE))
    if profile is None:
        raise RefusedBodyError(f"Application port profile '{urn}' does not exist.")
    if profile.provider != scope.provider or (profile.scope == "TENANT" and profile.context not in scope.contexts):
        raise RefusedBodyError(f"Application port profile '{profile.name}' is not in the same network provider scope.")
    return {"name": profile.name, "id": urn}


def network_of(world: Any, urn: str) -> Any:
    """Return the network with the URN ``urn``, or None."""
    return world.networks.get(urn.rpartition(":")[2])


def users_of(world: Any, urn: str) -> list[str]:
    """Return the names of the edge gateways and VDC groups that use an object.

    The search includes the rules of all services. Source: protocol/nsxt.md §3, §13.4.
    """
    holders = [(edge.name, edge.services) for edge in world.edges.values()]
    holders += [(group.name, group.distributed_firewall) for group in world.vdc_groups.values()]
    return [name for name, state in holders if urn in _ids(state)]


def _ids(value: Any) -> Iterator[str]:
    """Yield the value of each ``id`` key in nested JSON data."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for item in value.values():
            yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)


def networks_of_owner(world: Any, owner: str) -> list[Any]:
    """Return the networks that the edge gateways of an effective owner route."""
    return [network for edge in edges_of_owner(world, owner) for network in world.networks_of(edge)]
