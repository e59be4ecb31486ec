"""Records that only the provider can query, for the objects of all tenants.

vSphere attributes, such as the host of a VM, are omitted. Source: protocol/query.md §7.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.query import catalog_records, compute_records, org_records
from vcloudair_core.simulator.query.query_columns import (
    Column,
    Source,
    constant,
    from_field,
    href_column,
    org_href,
    org_name,
    owner_href,
)
from vcloudair_core.simulator.query.query_types import ADMIN_TYPES
from vcloudair_core.simulator.state.entities import Role, User


def _users(context: Any) -> Sequence[User]:
    return [user for user in context.world.users if can_see_org(context, user.org)]


def _roles(context: Any) -> Sequence[Role]:
    """Return the roles of orgs.

    Each record names one org, so predefined roles, which belong to no org, are omitted.
    """
    return [role for role in context.world.roles.values() if role.org and can_see_org(context, role.org)]


def _admin(kind: str, source: Source, more: Mapping[str, Column], **changes: Any) -> Source:
    """Return the source of records for ``kind``, a query type of the provider.

    The columns are those of ``source`` and ``more``, without columns that are not attributes of ``kind``.
    """
    known = ADMIN_TYPES[kind].attributes
    columns = {name: column for name, column in {**source.columns, **more}.items() if name in known}
    return replace(source, columns=columns, **changes)


_ORG = {"org": org_href, "orgName": org_name}
_CATALOG = {"catalog": href_column("catalog", "catalog_id"), "catalogItem": href_column("catalog-item", "item_id")}

ADMIN_SOURCES = {
    "adminVM": _admin("adminVM", compute_records.VMS, _ORG),
    "adminVApp": _admin(
        "adminVApp",
        compute_records.VAPPS,
        {
            **_ORG,
            "isVdcEnabled": constant(True),
            "isInMaintenanceMode": constant(False),
            "isExpired": constant(False),
            "numberOfVMs": lambda context, vapp: len(context.world.vms_of_vapp(vapp.vapp_id)),
            "memoryAllocationMB": lambda context, vapp: sum(
                vm.memory_mb for vm in context.world.vms_of_vapp(vapp.vapp_id)
            ),
        },
    ),
    "adminVAppTemplate": _admin(
        "adminVAppTemplate",
        catalog_records.TEMPLATES,
        {**_ORG, **_CATALOG, "owner": owner_href, "isVdcEnabled": constant(True)},
    ),
    "adminMedia": _admin("adminMedia", catalog_records.MEDIA, {**_ORG, "isVdcEnabled": constant(True)}),
    "adminCatalog": _admin(
        "adminCatalog",
        catalog_records.CATALOGS,
        {
            **_ORG,
            "owner": owner_href,
            "numberOfTemplates": catalog_records.CATALOGS.columns["numberOfVAppTemplates"],
        },
    ),
    "adminCatalogItem": _admin("adminCatalogItem", catalog_records.ITEMS, {**_ORG, "owner": owner_href}),
    "adminOrgVdc": _admin(
        "adminOrgVdc", compute_records.ORG_VDCS, {**_ORG, "href": href_column("admin-vdc", "vdc_id")}
    ),
    "adminOrgVdcStorageProfile": _admin("adminOrgVdcStorageProfile", compute_records.PROFILES, _ORG),
    "adminTask": _admin(
        "adminTask", org_records.TASKS, {"org": org_href, "cellName": constant("cell-1"), "hasOwner": constant(True)}
    ),
    "adminUser": _admin("adminUser", org_records.USERS, {"org": org_href}, objects=_users),
    "adminRole": _admin("adminRole", org_records.ROLES, _ORG, objects=_roles),
    "externalNetwork": Source(
        lambda context: list(context.world.external_networks.values()),
        {
            "name": from_field("name"),
            "href": lambda context, network: f"{context.root}/api/admin/extension/externalnet/{network.network_id}",
            "gateway": from_field("gateway"),
            "netmask": from_field("netmask"),
            "isBusy": constant(False),
        },
    ),
}
"""Sources by query type of the provider."""
