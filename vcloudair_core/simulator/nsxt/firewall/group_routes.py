"""Routes of firewall groups: IP sets, groups of networks and groups of VMs.

Source: protocol/nsxt.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import new_path, refusing, start_write
from vcloudair_core.simulator.nsxt.entities import FirewallGroup
from vcloudair_core.simulator.nsxt.firewall.group_values import (
    contexts_of,
    group_json,
    member_vms,
    owner_reference,
    parse_group,
    requested_owner,
)
from vcloudair_core.simulator.nsxt.firewall.references import GROUP, users_of
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError, read_object
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.transport.messages import Response

GROUPS = "/cloudapi/1.0.0/firewallGroups"
_SEARCHABLE = ("name", "typeValue", "type", "ownerRef.id", "edgeGatewayRef.id", "status")


def routes() -> SimulatorRoutes:
    """Return the routes of firewall groups."""
    single = f"{GROUPS}/{{group_id}}"
    calls = [
        ("GET", f"{GROUPS}/summaries", list_summaries),
        ("POST", GROUPS, add),
        ("GET", single, show),
        ("PUT", single, replace),
        ("DELETE", single, delete),
        ("GET", f"{single}/associatedVMs", list_vms),
    ]
    made = tuple(SimulatorRoute(verb, path, call) for verb, path, call in calls)
    return SimulatorRoutes(
        "nsxt firewall groups",
        "Firewall groups of NSX-T",
        made,
        versions="33.0 and newer",
        simplifications="Criteria of VMs match names only, because VMs have no tags.",
    )


def _own_groups(context: Any) -> list[FirewallGroup]:
    return [group for group in context.world.firewall_groups.values() if can_see_org(context, group.org)]


def _find(context: Any) -> FirewallGroup | None:
    identifier = json_responses.uuid_of(context.path_params["group_id"])
    return next((group for group in _own_groups(context) if group.group_id == identifier), None)


def _no_access(context: Any) -> Response:
    return json_responses.no_access("firewallGroup", context.path_params["group_id"])


def list_summaries(context: Any) -> Response:
    """Return a page of firewall groups, without their addresses and members."""
    owners = contexts_of(context)
    groups = [group for group in _own_groups(context) if owners is None or group.owner in owners]
    values = [group_json(context, group, is_summary=True) for group in groups]
    owner_by_id = {f"{GROUP}{group.group_id}": owner_reference(context.world, group.owner) for group in groups}

    def views(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        # A filter by owner works even if responses of the server lack ownerRef.
        yield {**value, "ownerRef": owner_by_id[value["id"]]}

    return json_responses.page(context, values, "FirewallGroupSummaries", searchable=_SEARCHABLE, views=views)


def show(context: Any) -> Response:
    """Return one firewall group."""
    group = _find(context)
    return _no_access(context) if group is None else json_responses.item(context, group_json(context, group))


def add(context: Any) -> Response:
    """Start a task that creates a firewall group.

    The owner of the task is the new group. Source: protocol/nsxt.md §1.2.
    """

    def handle() -> Response:
        body = read_object(context)
        owner = requested_owner(context, body)
        if owner is None:
            reference = body.get("ownerRef") or body.get("edgeGatewayRef") or {}
            return json_responses.no_access("gateway", str(reference.get("id", "")))
        world = context.world
        group_id = world.make_id("firewall-group", new_path(context, owner))
        group = parse_group(context, body, FirewallGroup(group_id, "", context.user.org, owner), is_new=True)

        def apply() -> None:
            world.firewall_groups[group_id] = group

        return _start(context, group, "Created", "createFirewallGroup", apply)

    return refusing(context, handle)


def replace(context: Any) -> Response:
    """Start a task that replaces a firewall group.

    Rules keep the old name of the group. Source: protocol/nsxt.md §5.
    """

    def handle() -> Response:
        group = _find(context)
        if group is None:
            return _no_access(context)
        body = read_object(context)
        is_named = bool(body.get("ownerRef") or body.get("edgeGatewayRef"))
        if is_named and requested_owner(context, body) != group.owner:
            raise RefusedBodyError("The owner of a firewall group cannot be changed.")
        changed = parse_group(context, body, group, is_new=False)

        def apply() -> None:
            context.world.firewall_groups[group.group_id] = changed

        return _start(context, changed, "Updated", "updateFirewallGroup", apply)

    return refusing(context, handle)


def delete(context: Any) -> Response:
    """Start a task that deletes a firewall group.

    If a rule refers to the group, the response is 400.
    """

    def handle() -> Response:
        group = _find(context)
        if group is None:
            return _no_access(context)
        users = users_of(context.world, f"{GROUP}{group.group_id}")
        if users:
            names = ", ".join(users)
            raise RefusedBodyError(f"Firewall group '{group.name}' cannot be deleted: rules of {names} use it.")

        def apply() -> None:
            del context.world.firewall_groups[group.group_id]

        return _start(context, group, "Deleted", "deleteFirewallGroup", apply)

    return refusing(context, handle)


def _start(context: Any, group: FirewallGroup, verb: str, operation_name: str, apply: Callable[[], None]) -> Response:
    owner = Owner("", group.name, "application/json", f"{GROUP}{group.group_id}")
    return start_write(context, owner, group.owner, f"{verb} Firewall Group", operation_name, apply)


def list_vms(context: Any) -> Response:
    """Return the VMs of a group.

    For an IP set, which has no VMs, the response is 400. Source: protocol/nsxt.md §1.3.
    """
    group = _find(context)
    if group is None:
        return _no_access(context)
    if group.kind == "IP_SET":
        message = (
            f"[ {context.request_id} ] only Security Groups have associated VMs. This Firewall Group has type 'IP_SET'"
        )
        return json_responses.error(400, "BAD_REQUEST", message)
    return json_responses.page(context, member_vms(context, group), "FirewallGroupMembers")
