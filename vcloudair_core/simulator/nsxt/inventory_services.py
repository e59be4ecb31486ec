"""Read the services of NSX-T edge gateways from an inventory file.

The file contains rules in the JSON format of requests. References can have names in place of IDs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.nsxt.edges import effective_owner, is_nsxt
from vcloudair_core.simulator.nsxt.entities import FirewallGroup
from vcloudair_core.simulator.nsxt.firewall import edge_rules
from vcloudair_core.simulator.nsxt.firewall.group_values import parse_group
from vcloudair_core.simulator.nsxt.firewall.profile_values import new_profile
from vcloudair_core.simulator.nsxt.firewall.references import GROUP, PROFILE, networks_of_owner, scope_of_edge
from vcloudair_core.simulator.nsxt.firewall.rule_fields import V1, V2
from vcloudair_core.simulator.nsxt.ipsec.connection_properties import read_properties
from vcloudair_core.simulator.nsxt.ipsec.tunnel_routes import add_tunnel
from vcloudair_core.simulator.nsxt.ipsec.tunnels import read_tunnel
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError
from vcloudair_core.simulator.nsxt.nat.rule_routes import add_rule
from vcloudair_core.simulator.nsxt.nat.rules import read_rule
from vcloudair_core.simulator.releases import ALL_MODERN
from vcloudair_core.simulator.state.entities import PROVIDER_ORG, SimulatedEdge

KEY = "simulated-key"
"""Pre-shared key of tunnels for which the inventory file has no key."""


_RULE_LISTS = {"systemRules": "system", "userDefinedRules": "user", "defaultRules": "default"}
"""Kind of the rules in each list of the firewall section.

The default rule is the last rule of its list.
"""


@dataclass(frozen=True)
class InventoryContext:
    """A replacement for a request context when an inventory file is read.

    The class has the attributes that the parsers of request bodies use. The user is a provider administrator, who can
    turn on logging. The inventory file can use all fields of the newest API version.
    """

    simulator: Any
    user: Any
    version: str = ALL_MODERN[-1]
    request_id: str = "inventory"

    @property
    def world(self) -> Any:
        """Return the inventory of the simulated cloud."""
        return self.simulator.world


def fill_nsxt_services(world: Any, tree: Mapping[str, Any], config: SimulatorConfig) -> None:
    """Add the services in an inventory file to the NSX-T edge gateways of the world.

    The file and the world contain the edge gateways in the same order. Raises SpecError for a service that the API
    would reject.
    """
    trees = [edge for org in tree["orgs"] for vdc in org.get("vdcs", ()) for edge in vdc.get("edges", ())]
    # A recorded edge gateway has other uplink addresses than a simulated edge gateway.
    as_provider = replace(config, logging_right=True, external_address="any")
    clock = SimpleNamespace(now=lambda: 0.0)
    simulator = SimpleNamespace(world=world, config=as_provider, clock=clock)
    for edge, edge_tree in zip(world.edges.values(), trees, strict=True):
        if is_nsxt(edge):
            user = SimpleNamespace(org=world.vdcs[edge.vdc_id].org, home_org=PROVIDER_ORG)
            _fill(InventoryContext(simulator, user), edge, copy.deepcopy(dict(edge_tree)))


def _fill(context: InventoryContext, edge: SimulatedEdge, tree: dict[str, Any]) -> None:
    sections = tree.get("sections", {})
    contents: list[tuple[str, Callable[..., None], Any]] = [
        ("firewall_groups", _add_groups, tree.get("firewall_groups")),
        ("port_profiles", _add_profiles, tree.get("port_profiles")),
        ("firewall", _add_rules, {"userDefinedRules": tree.get("firewall", ())}),
        ("sections.firewall", _add_rules, sections.get("firewall")),
        ("sections.nat", _add_nat, sections.get("nat")),
        ("sections.ipsec", _add_tunnels, sections.get("ipsec")),
    ]
    for name, add, value in contents:
        if not value:
            continue
        try:
            add(context, edge, value)
        except (RefusedBodyError, ValueError, TypeError, AttributeError, KeyError) as exc:
            reason = f"the key {exc} is missing" if isinstance(exc, KeyError) else str(exc)
            raise SpecError(f"edge '{edge.name}': {name}", reason) from exc


def _add_groups(context: InventoryContext, edge: SimulatedEdge, groups: Sequence[dict[str, Any]]) -> None:
    world, owner = context.world, effective_owner(edge)
    networks = {network.name: f"urn:vcloud:network:{network.network_id}" for network in networks_of_owner(world, owner)}
    for body in groups:
        _resolve(body.get("members"), networks)
        group_id = world.new_id("firewall-group", f"{owner}/{body.get('name')}", world.firewall_groups)
        group = FirewallGroup(group_id, "", context.user.org, owner)
        world.firewall_groups[group_id] = parse_group(context, body, group, is_new=True)


def _add_profiles(context: InventoryContext, edge: SimulatedEdge, profiles: Sequence[dict[str, Any]]) -> None:
    world = context.world
    entity = effective_owner(edge) if edge.group_id else f"urn:vcloud:vdc:{edge.vdc_id}"
    org = {"id": f"urn:vcloud:org:{world.orgs[context.user.org].org_id}"}
    for body in profiles:
        profile_id = world.new_id("port-profile", f"{entity}/{body.get('name')}", world.port_profiles)
        made = new_profile(context, {"orgRef": org, "contextEntityId": entity, **body}, profile_id)
        world.port_profiles[profile_id] = made


def _add_rules(context: InventoryContext, edge: SimulatedEdge, section: Mapping[str, Any]) -> None:
    unknown = set(section) - {"active", *_RULE_LISTS}
    if unknown:
        raise ValueError(f"unknown key '{min(unknown)}'; expected one of {', '.join(('active', *_RULE_LISTS))}")
    state = edge_rules.firewall_of(context.world, edge)
    state["active"] = section.get("active", state["active"])
    for key, kind in _RULE_LISTS.items():
        rules = []
        for body in section.get(key) or ():
            _resolve_rule(context, edge, body)
            fields = V1 if {"enabled", "action"} & set(body) else V2
            rules.append(edge_rules.parse_new(context, edge, fields, body)[0])
        if kind == "default" and rules:
            rule_id = state[kind][0]["id"]
            state[kind] = [{**rules[-1], "id": rule_id}]
        else:
            state[kind] += [{**rule, "id": edge_rules.make_rule_id(context.world, edge)} for rule in rules]


def _add_nat(context: InventoryContext, edge: SimulatedEdge, section: Mapping[str, Any]) -> None:
    for body in section["values"]:
        profile = body.get("applicationPortProfile")
        _resolve([profile] if profile else (), dict(_profiles(context, edge)))
        _resolve_interface(context, edge, body)
        add_rule(context.world, edge, read_rule(context, edge, body, is_second="enabled" not in body))


def _add_tunnels(context: InventoryContext, edge: SimulatedEdge, section: Mapping[str, Any]) -> None:
    for body in section["values"]:
        if body.get("authenticationMode", "PSK") == "PSK":
            body.setdefault("preSharedKey", KEY)
        sent = body.pop("connectionProperties", None)
        tunnel = read_tunnel(context, edge, body, None, is_second="enabled" not in body)
        properties = read_properties(context, sent) if sent else None
        security = {} if properties is None else {"securityType": properties["securityType"]}
        add_tunnel(context.simulator, edge, {**tunnel, **security}, properties)


def _resolve_rule(context: InventoryContext, edge: SimulatedEdge, body: dict[str, Any]) -> None:
    owner = effective_owner(edge)
    groups = context.world.firewall_groups.values()
    by_name = {group.name: f"{GROUP}{group.group_id}" for group in groups if group.owner == owner}
    for side in ("source", "destination"):
        _resolve(body.get(f"{side}FirewallGroups"), by_name)
    _resolve(body.get("applicationPortProfiles"), dict(_profiles(context, edge)))
    _resolve_interface(context, edge, body)


def _resolve_interface(context: InventoryContext, edge: SimulatedEdge, body: Mapping[str, Any]) -> None:
    networks = networks_of_owner(context.world, effective_owner(edge))
    interface = body.get("appliedTo")
    by_name = {network.name: f"urn:vcloud:network:{network.network_id}" for network in networks}
    _resolve([interface] if interface else (), by_name)


def _profiles(context: InventoryContext, edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    """Yield the name and URN of each port profile for an edge gateway.

    Tenant profiles come last.
    """
    scope = scope_of_edge(context.world, edge)
    usable = [
        profile
        for profile in context.world.port_profiles.values()
        if profile.provider == scope.provider and (profile.scope != "TENANT" or profile.context in scope.contexts)
    ]
    for profile in sorted(usable, key=lambda profile: profile.scope == "TENANT"):
        yield profile.name, f"{PROFILE}{profile.profile_id}"


def _resolve(references: Sequence[dict[str, Any]] | None, by_name: Mapping[str, str]) -> None:
    """Add the ID to each reference that has only a name.

    Raises ValueError for an unknown name.
    """
    for reference in references or ():
        if "id" not in reference:
            name = reference["name"]
            if name not in by_name:
                raise ValueError(f"'{name}' is unknown; expected one of {', '.join(sorted(by_name))}")
            reference["id"] = by_name[name]
