"""Build documents of orgs, users and roles, for tenants and for administrators.

Source: protocol/tasks.md §3.3, protocol/dr.md §2, protocol/recorded-responses.md §2.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.access.rights import ALL_RIGHTS, VIEW_ADMIN, RightEntity, right_entity, rights_of_role
from vcloudair_core.simulator.documents.addresses import ADMIN_MEDIA, VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.catalog_documents import catalog_references
from vcloudair_core.simulator.documents.document_parts import entity, link_to, reference
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import Org, Role, User
from vcloudair_core.simulator.xml_builder import element, link

VDC_QUERY_SINCE = (33, 0)
"""First API version in which an org links to queries of its VDCs and catalogs.

Source: protocol/nsxt.md §1.
"""
ADMIN_VIEW = f"{ADMIN_MEDIA}vcloud+xml"


def _query_links(context: Any) -> list[Any]:
    """Return the links that newer clients follow to query VDCs and catalogs.

    Source: protocol/recorded-responses.md §2.
    """
    if not is_at_least(context.version, VDC_QUERY_SINCE):
        return []
    address, media_type = f"{context.root}/api/query?type=", f"{VCLOUD_MEDIA}query.records+xml"
    return [link("down", f"{address}{kind}&format=records", media_type) for kind in ("orgVdc", "catalog")]


def org_document(context: Any, org: Org) -> Any:
    """Return the document of an org, with links to its objects.

    The links lead to VDCs, catalogs, networks, tasks and replications.
    """
    world, address = context.world, href(context.root, "org", org.org_id)
    vdcs = world.vdcs_of(org.name)
    catalogs = [catalog for catalog in world.catalogs.values() if catalog.org == org.name]
    networks = world.in_vdcs_of(org.name, world.networks)
    is_recovery_installed = context.simulator.config.dr_installed
    return entity(
        context,
        "Org",
        "org",
        org.org_id,
        org.name,
        *[link_to(context, "down", "vdc", vdc.vdc_id, vdc.name) for vdc in vdcs],
        *_query_links(context),
        link("down", f"{context.root}/api/tasksList/{org.org_id}", f"{VCLOUD_MEDIA}tasksList+xml"),
        *[
            made
            for catalog in catalogs
            for made in (
                link_to(context, "down", "catalog", catalog.catalog_id, catalog.name),
                link(
                    "down",
                    f"{address}/catalog/{catalog.catalog_id}/controlAccess/",
                    f"{VCLOUD_MEDIA}controlAccess+xml",
                ),
            )
        ],
        *[
            link(
                "down",
                href(context.root, "network", network.network_id),
                f"{VCLOUD_MEDIA}orgNetwork+xml",
                name=network.name,
            )
            for network in networks
        ],
        link("down", f"{address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        link_to(context, "alternate", "admin-org", org.org_id) if context.may(VIEW_ADMIN) else None,
        link("down:replications", f"{address}/replications", f"{VCLOUD_MEDIA}query.references+xml")
        if is_recovery_installed
        else None,
        element("Description"),
        element("FullName", None, org.full_name),
    )


def admin_org_document(context: Any, org: Org) -> Any:
    """Return the administrator's view of an org.

    The document contains settings, users, catalogs, VDCs, networks and roles.
    """
    world = context.world
    users = [user for user in world.users if user.org == org.name]
    networks = world.in_vdcs_of(org.name, world.networks)
    return entity(
        context,
        "AdminOrg",
        "admin-org",
        org.org_id,
        org.name,
        link_to(context, "alternate", "org", org.org_id),
        link("down", f"{context.root}/api/tasksList/{org.org_id}", f"{VCLOUD_MEDIA}tasksList+xml"),
        element("Description"),
        element("FullName", None, org.full_name),
        element("IsEnabled", None, True),
        _settings(org),
        element(
            "Users", None, *[reference(context, "UserReference", "user", user.user_id, user.name) for user in users]
        ),
        element("Catalogs", None, *catalog_references(context, org.name, "admin-catalog")),
        element(
            "Vdcs",
            None,
            *[reference(context, "Vdc", "admin-vdc", vdc.vdc_id, vdc.name) for vdc in world.vdcs_of(org.name)],
        ),
        element(
            "Networks",
            None,
            *[reference(context, "Network", "admin-network", net.network_id, net.name) for net in networks],
        ),
        element("RightReferences", None, *_right_references(context, ALL_RIGHTS)),
        element("RoleReferences", None, *_role_references(context)),
    )


def _settings(org: Org) -> Any:
    """Return the settings of an org. All leases are 0 seconds, which means no expiry."""
    general = {
        "CanPublishCatalogs": False,
        "DeployedVMQuota": org.deployed_vm_quota,
        "StoredVmQuota": 0,
        "UseServerBootSequence": False,
        "DelayAfterPowerOnSeconds": 0,
    }
    leases = {"DeleteOnStorageLeaseExpiration": False, "DeploymentLeaseSeconds": 0, "StorageLeaseSeconds": 0}
    return element(
        "Settings",
        None,
        *[
            element(tag, None, *[element(name, None, value) for name, value in values.items()])
            for tag, values in (("OrgGeneralSettings", general), ("VAppLeaseSettings", leases))
        ],
    )


def _role_references(context: Any) -> list[Any]:
    return [
        reference(context, "RoleReference", "role", role.role_id, role.name)
        for role in context.world.roles_of(context.user.org)
    ]


def administration_document(context: Any, orgs: list[Org]) -> Any:
    """Return the administrator's entry point: references to orgs and roles."""
    references = [reference(context, "OrganizationReference", "admin-org", org.org_id, org.name) for org in orgs]
    return element(
        "VCloud",
        {"name": "VMware vCloud Director", "type": ADMIN_VIEW, "href": f"{context.root}/api/admin/"},
        element("Description"),
        element("OrganizationReferences", None, *references),
        element("RightReferences", None, *_right_references(context, ALL_RIGHTS)),
        element("RoleReferences", None, *_role_references(context)),
    )


def user_document(context: Any, user: User) -> Any:
    """Return the document of a user, with its role. A quota of 0 means no limit."""
    org = context.world.orgs[user.org]
    role = context.world.role_named(user.role, user.org)
    values = {
        "FullName": user.name,
        "IsEnabled": True,
        "IsLocked": False,
        "IsExternal": False,
        "ProviderType": "INTEGRATED",
        "StoredVmQuota": 0,
        "DeployedVmQuota": 0,
    }
    return entity(
        context,
        "User",
        "user",
        user.user_id,
        user.name,
        link_to(context, "up", "admin-org", org.org_id),
        element("Description"),
        *[element(name, None, value) for name, value in values.items()],
        reference(context, "Role", "role", role.role_id, role.name) if role else None,
    )


def role_document(context: Any, role: Role) -> Any:
    """Return a role with references to its rights."""
    return entity(
        context,
        "Role",
        "role",
        role.role_id,
        role.name,
        element("Description", None, role.description),
        element("RightReferences", None, *_right_references(context, rights_of_role(role))),
    )


def _right_references(context: Any, names: frozenset[str]) -> list[Any]:
    rights = [right_entity(context.world, name) for name in sorted(names)]
    return [reference(context, "RightReference", "right", right.right_id, right.name) for right in rights]


def right_document(context: Any, right: RightEntity) -> Any:
    """Return a right with its category."""
    description = element("Description")
    category = element("Category", None, right.category)
    return entity(context, "Right", "right", right.right_id, right.name, description, category)
