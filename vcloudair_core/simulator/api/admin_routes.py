"""Routes under ``/api/admin`` for organization administrators.

The routes read orgs, VDCs, catalogs, networks, users, roles and rights. Source: protocol/recorded-responses.md §2, §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.rights import ALL_RIGHTS, right_entity
from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.api.own_objects import own_catalog, own_in_vdc, own_org, own_vdc, refuse, visible_orgs
from vcloudair_core.simulator.documents import org_documents
from vcloudair_core.simulator.documents.catalog_documents import catalog_document
from vcloudair_core.simulator.documents.document_parts import respond
from vcloudair_core.simulator.documents.network_documents import (
    ALLOCATED_MEDIA,
    allocated_addresses_document,
    network_document,
)
from vcloudair_core.simulator.documents.vdc_documents import admin_vdc_document
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes under ``/api/admin`` that read objects."""
    base = f"{prefix}/api/admin"
    calls = [
        ("", show_administration),
        ("/org/{org_id}", show_org),
        ("/vdc/{vdc_id}", show_vdc),
        ("/catalog/{catalog_id}", show_catalog),
        ("/network/{network_id}", show_network),
        ("/network/{network_id}/allocatedAddresses", list_allocated_addresses),
        ("/user/{user_id}", show_user),
        ("/role/{role_id}", show_role),
        ("/right/{right_id}", show_right),
    ]
    made = tuple(SimulatorRoute("GET", base + path, handler) for path, handler in calls)
    return SimulatorRoutes(f"admin{prefix}", "Views of organization administrators", made, versions="all")


def show_administration(context: Any) -> Response:
    """Return the administrator's entry point: links to orgs and roles."""
    return respond(context, org_documents.administration_document(context, visible_orgs(context)))


def show_org(context: Any) -> Response:
    """Return the administrator's view of an org."""
    org = own_org(context, context.path_params["org_id"])
    return (
        refuse(context, "org", "org_id")
        if org is None
        else respond(context, org_documents.admin_org_document(context, org))
    )


def show_vdc(context: Any) -> Response:
    """Return the administrator's view of a VDC."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    return refuse(context, "vdc", "vdc_id") if vdc is None else respond(context, admin_vdc_document(context, vdc))


def show_catalog(context: Any) -> Response:
    """Return the administrator's view of a catalog."""
    catalog = own_catalog(context, context.path_params["catalog_id"])
    if catalog is None:
        return refuse(context, "catalog", "catalog_id")
    return respond(context, catalog_document(context, catalog, "admin-catalog"))


def show_network(context: Any) -> Response:
    """Return the administrator's view of a network of a VDC.

    Documents contain references to external networks, but tenants cannot read external networks.
    """
    network = own_in_vdc(context, "network", context.path_params["network_id"])
    if network is None:
        return refuse(context, "network", "network_id")
    return respond(context, network_document(context, network, "admin-network"))


def list_allocated_addresses(context: Any) -> Response:
    """Return the used addresses of a network."""
    network = own_in_vdc(context, "network", context.path_params["network_id"])
    if network is None:
        return refuse(context, "network", "network_id")
    document = allocated_addresses_document(context, network, "admin-network")
    return respond(context, document, ALLOCATED_MEDIA)


def show_user(context: Any) -> Response:
    """Return a user of the org."""
    users = (user for user in context.world.users if can_see_org(context, user.org))
    user = next((user for user in users if user.user_id == context.path_params["user_id"]), None)
    return (
        refuse(context, "user", "user_id")
        if user is None
        else respond(context, org_documents.user_document(context, user))
    )


def show_role(context: Any) -> Response:
    """Return a role that users of the org can have."""
    role = context.world.roles.get(context.path_params["role_id"])
    return (
        refuse(context, "role", "role_id")
        if role is None or (role.org and not can_see_org(context, role.org))
        else respond(context, org_documents.role_document(context, role))
    )


def show_right(context: Any) -> Response:
    """Return a right."""
    rights = (right_entity(context.world, name) for name in ALL_RIGHTS)
    right = next((right for right in rights if right.right_id == context.path_params["right_id"]), None)
    if right is None:
        return refuse(context, "right", "right_id")
    return respond(context, org_documents.right_document(context, right))
