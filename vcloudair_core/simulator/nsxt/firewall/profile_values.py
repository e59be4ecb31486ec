"""Application port profiles: their JSON form and the objects that they belong to.

Source: protocol/nsxt.md §4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from vcloudair_core.simulator.access.visibility import can_see, can_see_org, is_provider_user
from vcloudair_core.simulator.documents.addresses import urn
from vcloudair_core.simulator.nsxt.edges import context_urns, is_nsxt, provider_of, provider_urn
from vcloudair_core.simulator.nsxt.entities import PortProfile
from vcloudair_core.simulator.nsxt.firewall.references import PROFILE
from vcloudair_core.simulator.nsxt.firewall.rule_fields import bad_port
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, JsonField, RefusedBodyError, checked

TENANT, PROVIDER, SYSTEM = "TENANT", "PROVIDER", "SYSTEM"
_CONTEXT = re.compile(r"_context==([^;,()]*)")
_ANY_PORT = ["any"]
"""Value of the ports of an ICMP entry, which servers accept and return.

Source: protocol/nsxt.md §4.
"""
_ENTRY = {
    "name": JsonField(str),
    "protocol": JsonField(str, choices=("TCP", "UDP", "ICMPv4", "ICMPv6"), is_required=True),
    "destinationPorts": JsonField(list),
}
FIELDS = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, length=255),
    "description": JsonField(str),
    "scope": JsonField(str, choices=(TENANT, PROVIDER, SYSTEM)),
    "applicationPorts": JsonField(list, items=_ENTRY, is_required=True),
    "orgRef": JsonField(dict, items=REFERENCE),
    "contextEntityId": JsonField(str),
    "usableForNAT": JsonField(bool),
    "networkProviderScope": JsonField(str),
    "status": JsonField(str),
}


@dataclass(frozen=True)
class ProfileContext:
    """The owners of port profiles, and the name of their NSX-T manager.

    ``urns`` contains the URNs of VDCs and VDC groups, or the URN of the NSX-T manager.
    """

    urns: frozenset[str]
    provider: str


def context_of_urn(context: Any, identifier: str) -> ProfileContext | None:
    """Return the profile context for the URN of an object, or None.

    The object is a VDC, VDC group, edge gateway or NSX-T manager. Return None if the user cannot see the object.
    """
    world, uuid = context.world, identifier.rpartition(":")[2]
    if ":nsxtmanager:" in identifier:
        names = {vdc.network_provider for vdc in world.vdcs.values()} - {""}
        name = next((name for name in sorted(names) if provider_urn(world, name) == identifier), None)
        return ProfileContext(frozenset({identifier}), name) if name else None
    if ":gateway:" in identifier:
        edge = world.edges.get(uuid)
        if edge is None or not is_nsxt(edge) or not can_see(context, edge):
            return None
        return ProfileContext(frozenset(context_urns(world, edge)), provider_of(world, edge))
    if ":vdcGroup:" in identifier:
        group = world.vdc_groups.get(uuid)
        vdcs = [world.vdcs[vdc_id] for vdc_id in group.vdc_ids] if group else []
    else:
        vdc = world.vdcs.get(uuid) if ":vdc:" in identifier else None
        vdcs = [vdc] if vdc else []
    if not vdcs or not vdcs[0].network_provider or not can_see_org(context, vdcs[0].org):
        return None
    return ProfileContext(frozenset({identifier}), vdcs[0].network_provider)


def visible_profiles(context: Any) -> list[PortProfile]:
    """Return the visible profiles that ``_context`` in the filter selects.

    Without ``_context``, the profiles of all NSX-T managers are returned, so names can repeat. Source:
    protocol/nsxt.md §4.
    """
    profiles = [
        profile
        for profile in context.world.port_profiles.values()
        if profile.scope != TENANT or can_see_org(context, profile.org)
    ]
    text = unquote((context.query.get("filter") or [""])[0])
    for identifier in _CONTEXT.findall(text):
        selected = context_of_urn(context, identifier)
        profiles = [profile for profile in profiles if selected and _is_in(profile, selected)]
    return profiles


def _is_in(profile: PortProfile, selected: ProfileContext) -> bool:
    return profile.provider == selected.provider and (profile.scope != TENANT or profile.context in selected.urns)


def new_profile(context: Any, body: Mapping[str, Any], profile_id: str) -> PortProfile:
    """Return the profile that a request body describes.

    Raises RefusedBodyError for an invalid profile, for a scope that the user cannot use, and for a context that the
    scope does not allow.
    """
    values = checked(context, body, FIELDS)
    scope, entity = values.get("scope") or TENANT, values.get("contextEntityId")
    if scope == SYSTEM or (scope == PROVIDER and not is_provider_user(context)):
        raise RefusedBodyError(f"A profile with the scope '{scope}' cannot be created.")
    for name in ("contextEntityId", *(("orgRef",) if scope == TENANT else ())):
        if not values.get(name):
            raise RefusedBodyError(f"validation error on field '{name}': must not be null")
    org = context.user.org if scope == TENANT else ""
    if org and values["orgRef"].get("id") != urn("org", context.world.orgs[org].org_id):
        raise RefusedBodyError("orgRef: the organization is not that of the session.")
    kinds = (":vdc:", ":vdcGroup:") if scope == TENANT else (":nsxtmanager:",)
    selected = context_of_urn(context, str(entity)) if any(kind in str(entity) for kind in kinds) else None
    if selected is None:
        raise RefusedBodyError(f"contextEntityId: '{entity}' is not a VDC or VDC group with an NSX-T manager.")
    made = PortProfile(profile_id, "", scope, selected.provider, [], org=org, context=str(entity))
    return _filled(context, made, values)


def changed_profile(context: Any, body: Mapping[str, Any], profile: PortProfile) -> PortProfile:
    """Return ``profile`` with the values of a request body.

    A body can omit ``contextEntityId``, because responses do not contain its value. Raises RefusedBodyError for an
    invalid profile, or for a change of the scope or context.
    """
    values = checked(context, body, FIELDS)
    if (values.get("scope") or profile.scope) != profile.scope:
        raise RefusedBodyError("The scope of a profile cannot be changed.")
    if (values.get("contextEntityId") or profile.context) != profile.context:
        raise RefusedBodyError("The context of a profile cannot be changed.")
    return _filled(context, profile, values)


def _filled(context: Any, profile: PortProfile, values: Mapping[str, Any]) -> PortProfile:
    name, ports = values["name"], values["applicationPorts"]
    for existing in context.world.port_profiles.values():
        is_same = (existing.scope, existing.context, existing.name) == (profile.scope, profile.context, name)
        if is_same and existing.profile_id != profile.profile_id:
            message = f"An application port profile with the name '{name}' already exists."
            raise RefusedBodyError(message, code="DUPLICATE_NAME")
    if not ports:
        raise RefusedBodyError("validation error on field 'applicationPorts': must not be empty")
    entries = [_entry(entry) for entry in ports]
    return replace(profile, name=name, description=values.get("description") or "", ports=entries)


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    protocol, ports = entry["protocol"], entry.get("destinationPorts") or []
    if protocol.startswith("ICMP"):
        reason = None if ports in ([], _ANY_PORT) else f"{protocol} has no ports"
    else:
        reason = next((reason for reason in map(bad_port, ports) if reason), None if ports else "must not be empty")
    if reason:
        raise RefusedBodyError(f"validation error on field 'applicationPorts.destinationPorts': {reason}")
    return {"name": entry.get("name"), "protocol": protocol, "destinationPorts": list(ports)}


def profile_json(context: Any, profile: PortProfile) -> dict[str, Any]:
    """Return a profile as JSON. ``contextEntityId`` is always null in responses."""
    org = context.world.orgs.get(profile.org)
    return {
        "status": "REALIZED",
        "id": f"{PROFILE}{profile.profile_id}",
        "name": profile.name,
        "description": profile.description,
        "scope": profile.scope,
        "applicationPorts": profile.ports,
        "usableForNAT": profile.is_usable_for_nat,
        "orgRef": {"name": org.name, "id": urn("org", org.org_id)} if org else None,
        "contextEntityId": None,
        "networkProviderScope": profile.provider,
    }
