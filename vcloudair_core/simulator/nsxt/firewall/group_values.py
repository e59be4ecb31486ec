"""Firewall groups: their JSON form, owner and members.

Source: protocol/nsxt.md §3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from vcloudair_core.simulator.access.visibility import can_see, can_see_org
from vcloudair_core.simulator.documents.addresses import urn
from vcloudair_core.simulator.nsxt.edges import DISTRIBUTED_ONLY, effective_owner, is_nsxt
from vcloudair_core.simulator.nsxt.entities import FirewallGroup
from vcloudair_core.simulator.nsxt.firewall.references import GROUP, networks_of_owner
from vcloudair_core.simulator.nsxt.firewall.rule_fields import bad_addresses
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, JsonField, RefusedBodyError, checked

IP_SET, SECURITY_GROUP, VM_CRITERIA = "IP_SET", "SECURITY_GROUP", "VM_CRITERIA"
STATIC_MEMBERS = "STATIC_MEMBERS"
"""Type of a group of networks in VMware's API specification.

Clients use ``SECURITY_GROUP``.
"""
MAX_CRITERIA, MAX_CRITERION_RULES, MAX_ADDRESSES = 3, 4, 4000
_CONTEXT = re.compile(r"_context==([^;,()]*)")
_OPERATORS = {
    "VM_NAME": ("CONTAINS", "STARTS_WITH"),
    "VM_TAG": ("EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH"),
}
_CRITERION_RULE = {
    "attributeType": JsonField(str, choices=tuple(_OPERATORS), is_required=True),
    "operator": JsonField(str, is_required=True),
    "attributeValue": JsonField(str, is_required=True),
}
_CRITERION = {"rules": JsonField(list, items=_CRITERION_RULE, length=MAX_CRITERION_RULES, is_required=True)}
FIELDS = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, length=255),
    "description": JsonField(str),
    "type": JsonField(str, choices=(IP_SET, SECURITY_GROUP)),
    "typeValue": JsonField(str, choices=(IP_SET, SECURITY_GROUP, STATIC_MEMBERS, VM_CRITERIA)),
    "ownerRef": JsonField(dict, items=REFERENCE),
    "edgeGatewayRef": JsonField(dict, items=REFERENCE),
    "orgRef": JsonField(dict, items=REFERENCE),
    "networkProviderScope": JsonField(str),
    "status": JsonField(str),
    "ipAddresses": JsonField(list, check=bad_addresses, length=MAX_ADDRESSES),
    "members": JsonField(list, items=REFERENCE),
    "vmCriteria": JsonField(list, since=(36, 0), items=_CRITERION, length=MAX_CRITERIA),
}


def requested_owner(context: Any, body: Mapping[str, Any]) -> str | None:
    """Return the URN of the effective owner that a request body selects, or None.

    See :func:`owner_of_urn`. ``edgeGatewayRef`` is the older name of ``ownerRef``. Raises RefusedBodyError if the body
    names no owner.
    """
    reference = body.get("ownerRef") or body.get("edgeGatewayRef")
    if not isinstance(reference, Mapping) or not isinstance(reference.get("id"), str):
        raise RefusedBodyError("validation error on field 'ownerRef': must not be null")
    return owner_of_urn(context, reference["id"])


def owner_of_urn(context: Any, identifier: str) -> str | None:
    """Return the URN of the effective owner of an edge gateway or VDC group.

    The effective owner of an edge gateway in a VDC group is the VDC group. In all other cases, it is the object itself.
    Return None if the user cannot see the object.
    """
    world, uuid = context.world, identifier.rpartition(":")[2]
    if ":vdcGroup:" in identifier:
        group = world.vdc_groups.get(uuid)
        has_nsxt = group is not None and bool(world.vdcs[group.vdc_ids[0]].network_provider)
        return identifier if has_nsxt and can_see_org(context, group.org) else None
    edge = world.edges.get(uuid) if ":gateway:" in identifier else None
    if edge is None or not is_nsxt(edge) or edge.deployment_mode == DISTRIBUTED_ONLY or not can_see(context, edge):
        return None
    return effective_owner(edge)


def contexts_of(context: Any) -> set[str] | None:
    """Return the URNs of the owners that ``_context`` in the filter selects.

    Return None if the filter has no ``_context``.
    """
    text = unquote((context.query.get("filter") or [""])[0])
    urns = _CONTEXT.findall(text)
    return {str(owner_of_urn(context, urn_text)) for urn_text in urns} if urns else None


def parse_group(context: Any, body: Mapping[str, Any], group: FirewallGroup, *, is_new: bool) -> FirewallGroup:
    """Return ``group`` with the values of a request body.

    Raises RefusedBodyError for an invalid body, a change of the type, or a duplicate name.
    """
    values = checked(context, body, FIELDS)
    kind = values.get("typeValue") or values.get("type") or (IP_SET if is_new else group.kind)
    kind = SECURITY_GROUP if kind == STATIC_MEMBERS else kind
    if not is_new and kind != group.kind:
        raise RefusedBodyError("The type of a firewall group cannot be changed.")
    if kind == VM_CRITERIA and ":vdcGroup:" not in group.owner:
        raise RefusedBodyError("Only a VDC group can own a firewall group with VM criteria.")
    _check_name(context.world, group, values["name"], kind)
    return replace(
        group,
        name=values["name"],
        kind=kind,
        description=values.get("description") or "",
        ip_addresses=list(values.get("ipAddresses") or ()) if kind == IP_SET else [],
        members=_member_ids(context.world, group.owner, values.get("members")) if kind == SECURITY_GROUP else [],
        vm_criteria=_criteria(values.get("vmCriteria")) if kind == VM_CRITERIA else [],
    )


def _check_name(world: Any, group: FirewallGroup, name: str, kind: str) -> None:
    """Raise RefusedBodyError if the owner has another group of this name and type."""
    for existing in world.firewall_groups.values():
        key = existing.owner, existing.kind, existing.name
        if existing.group_id != group.group_id and key == (group.owner, kind, name):
            message = f"A firewall group of type '{kind}' with the name '{name}' already exists."
            raise RefusedBodyError(message, code="DUPLICATE_NAME")


def _member_ids(world: Any, owner: str, members: Any) -> list[str]:
    """Return the IDs of member networks.

    Raises RefusedBodyError for a network that the owner does not route.
    """
    known = {f"urn:vcloud:network:{network.network_id}": network for network in networks_of_owner(world, owner)}
    for member in members or ():
        if member.get("id") not in known:
            raise RefusedBodyError(f"Network '{member.get('id')}' is not connected to the owner of the firewall group.")
    return [known[member["id"]].network_id for member in members or ()]


def _criteria(criteria: Any) -> list[Any]:
    rules = [rule for criterion in criteria or () for rule in criterion["rules"]]
    for rule in rules:
        if rule["operator"] not in _OPERATORS[rule["attributeType"]]:
            allowed = ", ".join(_OPERATORS[rule["attributeType"]])
            reason = f"'{rule['operator']}' is not one of [{allowed}]"
            raise RefusedBodyError(f"validation error on field 'vmCriteria.rules.operator': {reason}")
    return list(criteria or ())


def owner_reference(world: Any, owner: str) -> dict[str, str]:
    """Return a reference to the owner of a group."""
    objects = world.vdc_groups if ":vdcGroup:" in owner else world.edges
    return {"name": objects[owner.rpartition(":")[2]].name, "id": owner}


def group_json(context: Any, group: FirewallGroup, *, is_summary: bool = False) -> dict[str, Any]:
    """Return a firewall group as JSON.

    A summary lacks addresses, members and criteria. For an edge gateway, older versions return only ``edgeGatewayRef``.
    Source: protocol/nsxt.md §3.
    """
    world = context.world
    owner, org = owner_reference(world, group.owner), world.orgs[group.org]
    is_of_edge = ":gateway:" in group.owner
    has_owner = not is_of_edge or context.simulator.config.owner_ref == "new"
    shown: dict[str, Any] = {
        "status": "REALIZED",
        "id": f"{GROUP}{group.group_id}",
        "name": group.name,
        "description": group.description,
        "type": group.kind if group.kind != VM_CRITERIA else None,
        "typeValue": group.kind,
        "orgRef": {"name": org.name, "id": urn("org", org.org_id)},
        "ownerRef": owner if has_owner else None,
        "edgeGatewayRef": owner if is_of_edge else None,
        "networkProviderScope": None,
    }
    if is_summary:
        return shown
    networks = [world.networks[identifier] for identifier in group.members]
    members = [{"name": network.name, "id": urn("network", network.network_id)} for network in networks]
    return {
        **shown,
        "ipAddresses": group.ip_addresses or None,
        "members": members or None,
        "vmCriteria": group.vm_criteria or None,
    }


def member_vms(context: Any, group: FirewallGroup) -> list[dict[str, Any]]:
    """Return references to the VMs of a group, with their vApp, VDC and org."""
    world = context.world
    names = {(world.networks[item].vdc_id, world.networks[item].name) for item in group.members}
    made = []
    for vm in world.vms.values():
        networks = [vm.network, *(nic.get("network", "") for nic in vm.more_nics)]
        is_connected = any((vm.vdc_id, name) in names for name in networks)
        if not can_see(context, vm) or not (is_connected or _matches(world, group, vm)):
            continue
        vdc = world.vdcs[vm.vdc_id]
        vapp, org = world.vapps[vm.vapp_id], world.orgs[vdc.org]
        made.append(
            {
                "id": urn("vm", vm.vm_id),
                "name": vm.name,
                "vmRef": {"name": vm.name, "id": urn("vm", vm.vm_id)},
                "vappRef": {"name": vapp.name, "id": urn("vapp", vapp.vapp_id)},
                "vdcRef": {"name": vdc.name, "id": urn("vdc", vdc.vdc_id)},
                "orgRef": {"name": org.name, "id": urn("org", org.org_id)},
            }
        )
    return made


def _matches(world: Any, group: FirewallGroup, vm: Any) -> bool:
    """Return True if a VM is in the VDC group and meets at least one criterion.

    A VM meets a criterion if it satisfies all rules of the criterion.
    """
    if group.kind != VM_CRITERIA or vm.vdc_id not in world.vdc_groups[group.owner.rpartition(":")[2]].vdc_ids:
        return False
    tests = {"CONTAINS": str.__contains__, "STARTS_WITH": str.startswith}
    return any(
        all(
            rule["attributeType"] == "VM_NAME" and tests[rule["operator"]](vm.name, rule["attributeValue"])
            for rule in criterion["rules"]
        )
        for criterion in group.vm_criteria
    )
