"""Records of catalogs, catalog items, vApp templates and media."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.documents.addresses import ADDRESSES, href
from vcloudair_core.simulator.query.query_columns import (
    Column,
    Source,
    constant,
    from_field,
    href_column,
    org_href,
    owner_href,
    owner_name,
    vdc_href,
    vdc_name,
    visible,
)
from vcloudair_core.simulator.state.catalog_entities import Catalog, CatalogItem, Media, Template


def _catalogs(context: Any) -> list[Catalog]:
    return [catalog for catalog in context.world.catalogs.values() if can_see_org(context, catalog.org)]


def _catalog_name(context: Any, item: Template | Media | CatalogItem) -> str:
    return str(context.world.catalogs[item.catalog_id].name)


def _number_of(kind: str) -> Column:
    """Return a column with the number of items of a kind in a catalog."""
    return lambda context, catalog: sum(item.kind == kind for item in context.world.items_of(catalog))


def _description(context: Any, item: Template | Catalog) -> str | None:
    return item.description or None


TEMPLATES = Source(
    visible("templates"),
    {
        "name": from_field("name"),
        "href": href_column("template", "template_id"),
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "org": org_href,
        "description": _description,
        "catalogName": _catalog_name,
        "ownerName": owner_name,
        "isPublished": constant(False),
        "isBusy": constant(False),
        "isGoldMaster": constant(False),
        "isEnabled": constant(True),
        "isDeployed": constant(False),
        "isExpired": constant(False),
        "status": constant("RESOLVED"),
        "storageProfileName": lambda context, template: next(
            (vm.storage_profile for vm in context.world.vms_of_template(template.template_id)), None
        ),
        "creationDate": from_field("created"),
    },
    {"description": (5, 7)},
)

CATALOGS = Source(
    _catalogs,
    {
        "name": from_field("name"),
        "href": href_column("catalog", "catalog_id"),
        "creationDate": from_field("created"),
        "isPublished": constant(False),
        "isShared": constant(True),
        "numberOfMedia": _number_of("media"),
        "numberOfVAppTemplates": _number_of("template"),
        "description": _description,
        "orgName": from_field("org"),
        "ownerName": owner_name,
    },
)

ITEMS = Source(
    visible("catalog_items"),
    {
        "name": from_field("name"),
        "href": href_column("catalog-item", "item_id"),
        "entity": lambda context, item: href(context.root, item.kind, item.entity_id),
        "catalog": href_column("catalog", "catalog_id"),
        "entityName": from_field("name"),
        "entityType": lambda context, item: ADDRESSES[item.kind].urn,
        "catalogName": _catalog_name,
        "ownerName": owner_name,
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "isPublished": constant(False),
        "isVdcEnabled": constant(True),
        "isExpired": constant(False),
        "status": constant("RESOLVED"),
        "creationDate": from_field("created"),
    },
)

MEDIA = Source(
    visible("media"),
    {
        "name": from_field("name"),
        "href": href_column("media", "media_id"),
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "org": org_href,
        "catalog": href_column("catalog", "catalog_id"),
        "catalogName": _catalog_name,
        "catalogItem": href_column("catalog-item", "item_id"),
        "ownerName": owner_name,
        "owner": owner_href,
        "isPublished": constant(False),
        "isBusy": constant(False),
        "status": constant("RESOLVED"),
        "storageB": from_field("size_bytes"),
        "storageProfileName": from_field("storage_profile"),
        "creationDate": from_field("created"),
    },
)
"""Query records of media. Source: protocol/query.md §2.1."""
