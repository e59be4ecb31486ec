"""Read the services of NSX-T edge gateways for an inventory file.

Pre-shared keys and certificates are never recorded. Source: protocol/nsxt.md §3 to §7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.cli.recording.reader import filled
from vcloudair_core.errors import ApiError
from vcloudair_core.services.ans.edge.model import DISTRIBUTED_ONLY
from vcloudair_core.services.ans.firewall.nsxt.rule_codec import INLINE_SINCE
from vcloudair_core.services.ans.ipsec.nsxt.keys import visible_key
from vcloudair_core.services.ans.nat.nsxt.codec import V2_SINCE
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.services.ans.nsxt.owner import ObjectOwner
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_GROUPS, _PROFILES = "/1.0.0/firewallGroups", "/1.0.0/applicationPortProfiles"
_GROUP_FIELDS = ("name", "description", "typeValue", "ipAddresses", "members", "vmCriteria")
_PROFILE_FIELDS = ("name", "description", "applicationPorts")
_OF_SERVER = {
    "id", "version", "status", "loggingId", "systemRule", "ruleType", "internalPort", "tunnelType", "tunnelInterfaces",
    "connectivityStatus", "preSharedKey", "securityType",
}  # fmt: skip
"""Keys of rules and tunnels that the server sets, or that are not recorded."""
_SCOPES = ("TENANT", "PROVIDER", "SYSTEM")
"""Scopes of port profiles.

Among profiles with equal names, the profile of the first scope is recorded.
"""
_RULE_LISTS = ("systemRules", "userDefinedRules", "defaultRules")
_SIDES = ("sourceFirewallGroups", "destinationFirewallGroups")


class _UnknownObjectError(Exception):
    """A rule refers to an object that an inventory file cannot describe."""


@dataclass
class _Objects:
    """The firewall groups and port profiles that rules can use, by URN.

    ``used`` contains the URNs of the profiles that at least one rule uses.
    """

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class NsxtServiceReader:
    """Read the services of NSX-T edge gateways, with groups and port profiles.

    ``warn`` is called with a message about each object that cannot be read or recorded.
    """

    def __init__(self, session: Session, warn: Callable[[str], None]) -> None:
        self._session, self._warn = session, warn
        self._api = CloudApi(session)
        self._recorded: set[str] = set()
        self._interfaces: set[str] | None = None

    def read(self, edges: Iterable[Edge]) -> dict[str, dict[str, Any]]:
        """Return the inventory fields of each edge gateway. The keys are edge UUIDs.

        Firewall groups and port profiles belong to an owner, such as a VDC group. They are included only in the fields
        of the owner's first edge gateway. ``edges`` must have the order of the inventory file.
        """
        trees: dict[str, dict[str, Any]] = {}
        objects: dict[str, _Objects] = {}
        listed = list(edges)
        for edge in listed:
            mode = edge.deployment_mode
            trees[edge.edge_id] = {"backend": "nsxt", **({"deployment_mode": mode} if mode == DISTRIBUTED_ONLY else {})}
            if mode != DISTRIBUTED_ONLY:
                owner = ObjectOwner.of_edge(edge)
                if owner.owner_id not in objects:
                    objects[owner.owner_id] = _Objects(profiles=self._read_profiles(owner))
                known = objects[owner.owner_id]
                known.groups |= self._read_groups(owner)
                trees[edge.edge_id] |= filled(sections=self._sections(edge, known))
        for edge in listed:
            if edge.deployment_mode != DISTRIBUTED_ONLY:
                trees[edge.edge_id] |= self._owned(edge, objects[edge.owner_id])
        return trees

    @property
    def service_interfaces(self) -> set[str]:
        """Names of the networks that are connected as service interfaces."""
        if self._interfaces is None:
            networks = self._listed("networks", lambda: self._api.pages("/1.0.0/orgVdcNetworks"))
            self._interfaces = {
                str(network["name"])
                for network in networks
                if (network.get("connection") or {}).get("connectionType") == "NON_DISTRIBUTED"
            }
        return self._interfaces

    # -- objects -------------------------------------------------------------------------------------------------

    def _owned(self, edge: Edge, known: _Objects) -> dict[str, Any]:
        """Return the groups and profiles of the VDC or VDC group that owns an edge.

        Groups and profiles that are already recorded are left out.
        """
        owner = ObjectOwner.of_edge(edge)
        made: dict[str, Any] = {}
        if f"groups {owner.group_owner_id}" not in self._recorded:
            own = [group for group in known.groups.values() if group["_owner"] == owner.group_owner_id]
            made["firewall_groups"] = [_chosen(group, _GROUP_FIELDS) for group in sorted(own, key=_by_name)]
        if f"profiles {owner.owner_id}" not in self._recorded:
            made["port_profiles"] = _own_profiles(known)
        self._recorded |= {f"groups {owner.group_owner_id}", f"profiles {owner.owner_id}"}
        return filled(**made)

    def _read_groups(self, owner: ObjectOwner) -> dict[str, dict[str, Any]]:
        def read() -> list[dict[str, Any]]:
            summaries = self._api.pages(f"{_GROUPS}/summaries", filter_text=f"_context=={owner.group_owner_id}")
            return [self._api.get(f"{_GROUPS}/{quote(str(group['id']), safe=':')}") for group in summaries]

        groups = self._listed(f"firewall groups of {owner.name}", read)
        return {
            str(group["id"]): {**group, "members": _names(group.get("members")), "_owner": owner.group_owner_id}
            for group in groups
        }

    def _read_profiles(self, owner: ObjectOwner) -> dict[str, dict[str, Any]]:
        profiles = self._listed(
            f"application port profiles of {owner.name}",
            lambda: self._api.pages(_PROFILES, filter_text=f"_context=={owner.owner_id}"),
        )
        return {str(profile["id"]): profile for profile in profiles}

    # -- sections ------------------------------------------------------------------------------------------------

    def _sections(self, edge: Edge, known: _Objects) -> dict[str, Any]:
        sections: dict[str, Any] = {}
        for name, read in (("firewall", self._firewall), ("nat", self._nat), ("ipsec", self._tunnels)):
            try:
                sections[name] = read(edge, known)
            except ApiError as exc:
                self._warn(f"The section {name} of edge gateway {edge.name!r} is left out. {exc}")
        return sections

    def _firewall(self, edge: Edge, known: _Objects) -> dict[str, Any]:
        is_inline = is_at_least(self._api.version, INLINE_SINCE)
        version = "2.0.0" if is_inline else "1.0.0"
        rules = self._api.get(gateway_path(edge.edge_id, "firewall/rules", version))
        section = {name: self._rules(edge, rules.get(name) or (), known) for name in _RULE_LISTS}
        state = self._api.get(gateway_path(edge.edge_id, "firewall/state", version)) if is_inline else {}
        return {**({"active": False} if state.get("active") is False else {}), **filled(**section)}

    def _nat(self, edge: Edge, known: _Objects) -> dict[str, Any]:
        version = "2.0.0" if is_at_least(self._api.version, V2_SINCE) else "1.0.0"
        rules = self._api.cursor_pages(gateway_path(edge.edge_id, "nat/rules", version))
        return {"values": self._rules(edge, [rule for rule in rules if not rule.get("systemRule")], known)}

    def _rules(self, edge: Edge, rules: Iterable[Mapping[str, Any]], known: _Objects) -> list[dict[str, Any]]:
        recorded = []
        for rule in rules:
            try:
                recorded.append(self._rule(rule, known))
            except _UnknownObjectError as exc:
                self._warn(
                    f"The rule {rule.get('name')!r} of edge gateway {edge.name!r} is left out. Inventory files cannot "
                    f"describe {exc}."
                )
        return recorded

    def _rule(self, rule: Mapping[str, Any], known: _Objects) -> dict[str, Any]:
        """Return a rule with the current names of the objects that it refers to."""
        made = _plain(rule)
        for side in _SIDES:
            if side in made:
                made[side] = [_named(reference, known.groups) for reference in made[side]]
        for key in ("applicationPortProfiles", "applicationPortProfile"):
            references = made.get(key)
            if references:
                listed = references if isinstance(references, list) else [references]
                names = [_named(reference, known.profiles) for reference in listed]
                known.used |= {str(reference["id"]) for reference in listed}
                made[key] = names if isinstance(references, list) else names[0]
        if "appliedTo" in made:
            name = made["appliedTo"].get("name")
            if name not in self.service_interfaces:
                raise _UnknownObjectError(f"the interface {name!r}")
            made["appliedTo"] = {"name": name}
        return made

    def _tunnels(self, edge: Edge, known: _Objects) -> dict[str, Any]:
        """Return the tunnels that use pre-shared keys. The keys are left out."""
        base = gateway_path(edge.edge_id, "ipsec/tunnels")
        tunnels = []
        for summary in self._api.cursor_pages(base):
            path = f"{base}/{quote(str(summary['id']), safe='')}"
            tunnel = self._api.get(path)
            key = visible_key(tunnel.get("preSharedKey"))
            self._session.learn(*([key] if key is not None else []))
            if tunnel.get("authenticationMode") == "CERTIFICATE":
                self._warn(
                    f"The IPsec tunnel {tunnel.get('name')!r} of edge gateway {edge.name!r} is left out. Inventory "
                    "files cannot describe certificates."
                )
                continue
            made = _plain(tunnel)
            if tunnel.get("securityType") == "CUSTOM":
                made["connectionProperties"] = _without_null(self._api.get(f"{path}/connectionProperties"))
            tunnels.append(made)
        return {"values": tunnels}

    def _listed(self, what: str, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        try:
            return read()
        except ApiError as exc:
            self._warn(f"The {what} are left out. {exc}")
            return []


def _own_profiles(known: _Objects) -> list[dict[str, Any]]:
    """Return the profiles that the simulator does not have, one for each name.

    The simulator has only some of the profiles of the scope SYSTEM. Other profiles of this scope are recorded if a rule
    uses them.
    """
    from vcloudair_core.simulator.nsxt.firewall.system_profiles import SYSTEM_NAMES

    chosen: dict[str, dict[str, Any]] = {}
    for scope in _SCOPES:
        for urn, profile in known.profiles.items():
            is_own = scope != "SYSTEM" or (urn in known.used and profile["name"] not in SYSTEM_NAMES)
            if profile.get("scope") == scope and is_own:
                chosen.setdefault(profile["name"], _chosen(profile, _PROFILE_FIELDS))
    return sorted(chosen.values(), key=_by_name)


def _by_name(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["name"]), str(item.get("typeValue"))


def _named(reference: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return a reference that contains the current name of the object and no ID."""
    target = known.get(str(reference.get("id")))
    if target is None:
        raise _UnknownObjectError(f"the object {reference.get('name')!r}")
    return {"name": target["name"]}


def _names(references: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return [{"name": reference["name"]} for reference in references or ()]


def _chosen(item: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return filled(**{name: _without_null(item.get(name)) for name in names})


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule or tunnel in the format of a request body, without null values."""
    return {name: _without_null(value) for name, value in body.items() if name not in _OF_SERVER and value is not None}


def _without_null(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_null(item) for name, item in value.items() if item is not None}
    return value
