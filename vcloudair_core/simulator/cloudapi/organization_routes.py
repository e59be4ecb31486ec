"""Routes that read orgs, users, roles, rights and VDCs under ``/cloudapi``.

Source: protocol/vcd-modern.md §2.6.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.rights import ALL_RIGHTS, rights_of_role
from vcloudair_core.simulator.api.own_objects import own_org, own_vdc, visible_orgs
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.documents.addresses import urn
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import Org, Role, User, Vdc
from vcloudair_core.transport.messages import Response

_BASE, _BASE_2 = "/cloudapi/1.0.0", "/cloudapi/2.0.0"


def routes() -> SimulatorRoutes:
    """Return the routes of orgs, users, roles, rights and VDC properties."""
    calls = [
        (f"{_BASE}/orgs", list_orgs),
        (f"{_BASE}/orgs/{{org_id}}", show_org),
        (f"{_BASE}/users", list_users),
        (f"{_BASE}/users/{{user_id}}", show_user),
        (f"{_BASE}/roles", list_roles),
        (f"{_BASE}/roles/{{role_id}}", show_role),
        (f"{_BASE}/roles/{{role_id}}/rights", list_rights_of_role),
        (f"{_BASE}/rights", list_rights),
        (f"{_BASE}/vdcs/{{vdc_id}}/capabilities", list_capabilities),
        (f"{_BASE}/vdcs/{{vdc_id}}/networkProfile", show_network_profile),
        *[(f"{base}/vdcs/{{vdc_id}}/computePolicies", list_policies_of_vdc) for base in (_BASE, _BASE_2)],
        *[(f"{base}/vdcComputePolicies", list_policies) for base in (_BASE, _BASE_2)],
        *[(f"{base}/vdcComputePolicies/{{policy_id}}", show_policy) for base in (_BASE, _BASE_2)],
    ]
    made = tuple(SimulatorRoute("GET", path, handler) for path, handler in calls)
    return SimulatorRoutes(
        "cloudapi organization", "Orgs, users and roles of API 33 and newer", made, versions="33.0 and newer"
    )


def list_orgs(context: Any) -> Response:
    """Return a page of the orgs that the session can read."""
    values = [_org_json(context, org) for org in visible_orgs(context)]
    return json_responses.page(context, values, "Orgs", searchable=("name", "displayName", "isEnabled"))


def show_org(context: Any) -> Response:
    """Return one org."""
    org = own_org(context, json_responses.uuid_of(context.path_params["org_id"]))
    if org is None:
        return json_responses.no_access("org", context.path_params["org_id"])
    return json_responses.item(context, _org_json(context, org))


def _org_json(context: Any, org: Org) -> dict[str, Any]:
    world = context.world
    vdcs = world.vdcs_of(org.name)
    return {
        "id": urn("org", org.org_id),
        "name": org.name,
        "displayName": org.full_name,
        "description": "",
        "isEnabled": True,
        "orgVdcCount": len(vdcs),
        "catalogCount": sum(catalog.org == org.name for catalog in world.catalogs.values()),
        "vappCount": len(world.in_vdcs_of(org.name, world.vapps)),
        "runningVMCount": sum(len(capacity.running_in(world, vdc)) for vdc in vdcs),
        "userCount": len(_users_of(context, org.name)),
        "diskCount": 0,
        "canPublish": False,
    }


def _users_of(context: Any, org: str) -> list[User]:
    return [user for user in context.world.users if user.org == org]


def list_users(context: Any) -> Response:
    """Return a page of the users of the org."""
    values = [_user_json(context, user) for user in _users_of(context, context.user.org)]
    return json_responses.page(context, values, "Users", searchable=("name", "username", "enabled"))


def show_user(context: Any) -> Response:
    """Return one user of the org."""
    identifier = json_responses.uuid_of(context.path_params["user_id"])
    users = (user for user in _users_of(context, context.user.org) if user.user_id == identifier)
    user = next(users, None)
    if user is None:
        return json_responses.no_access("user", identifier)
    return json_responses.item(context, _user_json(context, user))


def _user_json(context: Any, user: User) -> dict[str, Any]:
    role = context.world.role_named(user.role, user.org)
    return {
        "id": urn("user", user.user_id),
        "username": user.name,
        "name": user.name,
        "fullName": user.name,
        "email": "",
        "enabled": True,
        "locked": False,
        "providerType": "LOCAL",
        "roleEntityRefs": [{"name": role.name, "id": urn("role", role.role_id)}] if role else [],
        "orgEntityRef": {"name": user.org, "id": urn("org", context.world.orgs[user.org].org_id)},
    }


# -- roles ---------------------------------------------------------------------------------------------------------


def list_roles(context: Any) -> Response:
    """Return a page of the roles that users of the org can have."""
    values = [_role_json(role) for role in context.world.roles_of(context.user.org)]
    return json_responses.page(context, values, "Roles", searchable=("name", "readOnly"))


def show_role(context: Any) -> Response:
    """Return one role."""
    role = _find_role(context)
    if role is None:
        return json_responses.no_access("role", context.path_params["role_id"])
    return json_responses.item(context, _role_json(role))


def _find_role(context: Any) -> Role | None:
    identifier = json_responses.uuid_of(context.path_params["role_id"])
    roles: list[Role] = context.world.roles_of(context.user.org)
    return next((role for role in roles if role.role_id == identifier), None)


def _role_json(role: Role) -> dict[str, Any]:
    return {
        "id": urn("role", role.role_id),
        "name": role.name,
        "description": role.description,
        "bundleKey": "",
        "readOnly": not role.org,
    }


def list_rights_of_role(context: Any) -> Response:
    """Return the rights of a role."""
    role = _find_role(context)
    if role is None:
        return json_responses.no_access("role", context.path_params["role_id"])
    return _rights_page(context, rights_of_role(role))


def list_rights(context: Any) -> Response:
    """Return a page of the rights that the org has."""
    return _rights_page(context, ALL_RIGHTS)


def _rights_page(context: Any, names: frozenset[str]) -> Response:
    values = [
        {
            "id": f"urn:vcloud:right:{context.world.make_id('right', name)}",
            "name": name,
            "description": "",
            "rightType": "VIEW" if "VIEW" in name else "MODIFY",
        }
        for name in names
    ]
    return json_responses.page(context, values, "Rights", searchable=("name", "rightType"))


# -- VDCs ----------------------------------------------------------------------------------------------------------


def _find_vdc(context: Any) -> Vdc | None:
    return own_vdc(context, json_responses.uuid_of(context.path_params["vdc_id"]))


def list_capabilities(context: Any) -> Response:
    """Return the capabilities of a VDC: its network provider, NSX-V or NSX-T.

    The path can also have the URN of a VDC group, because clients send it.
    """
    vdc = _find_vdc(context) or _first_vdc_of_group(context)
    if vdc is None:
        return json_responses.no_access("vdc", context.path_params["vdc_id"])
    value = "NSX_T" if vdc.network_provider else "NSX_V"
    provider = {"name": "networkProvider", "value": value, "type": "String", "category": "NetworkProvider"}
    return json_responses.page(context, [{**provider, "description": "Network provider of the VDC"}], "VdcCapabilities")


def _first_vdc_of_group(context: Any) -> Vdc | None:
    """Return the first VDC of the VDC group in the path, or None."""
    group = context.world.vdc_groups.get(json_responses.uuid_of(context.path_params["vdc_id"]))
    return own_vdc(context, group.vdc_ids[0]) if group is not None else None


def show_network_profile(context: Any) -> Response:
    """Return the default network settings of a VDC. All settings are empty."""
    if _find_vdc(context) is None:
        return json_responses.no_access("vdc", context.path_params["vdc_id"])
    names = ("primaryEdgeCluster", "secondaryEdgeCluster", "servicesEdgeCluster")
    return json_responses.item(context, dict.fromkeys(names))


def list_policies_of_vdc(context: Any) -> Response:
    """Return the compute policies of a VDC.

    Each VDC has only the default policy.
    """
    vdc = _find_vdc(context)
    if vdc is None:
        return json_responses.no_access("vdc", context.path_params["vdc_id"])
    return json_responses.page(context, [_policy_json(context, vdc)], "VdcComputePolicies")


def list_policies(context: Any) -> Response:
    """Return a page of the compute policies of all VDCs of the org."""
    values = [_policy_json(context, vdc) for vdc in context.world.vdcs_of(context.user.org)]
    return json_responses.page(context, values, "VdcComputePolicies")


def show_policy(context: Any) -> Response:
    """Return one compute policy."""
    identifier = json_responses.uuid_of(context.path_params["policy_id"])
    values = (_policy_json(context, vdc) for vdc in context.world.vdcs_of(context.user.org))
    policy = next((value for value in values if value["id"].endswith(identifier)), None)
    if policy is None:
        return json_responses.no_access("vdcComputePolicy", identifier)
    return json_responses.item(context, policy)


def _policy_json(context: Any, vdc: Vdc) -> dict[str, Any]:
    """Return the default compute policy of a VDC as JSON.

    The XML document of the VDC refers to the policy by the same ID.
    """
    policy = {
        "id": f"urn:vcloud:vdcComputePolicy:{context.world.make_id('compute-policy', vdc.vdc_id)}",
        "name": "System Default",
        "description": None,
        "isSizingOnly": False,
        "isAutoGenerated": True,
    }
    is_second = context.request.path.startswith(_BASE_2)
    return {**policy, "policyType": "VdcVmPolicy"} if is_second else policy
