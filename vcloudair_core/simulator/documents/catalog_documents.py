"""Documents of catalogs and catalog items.

Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.access.rights import VIEW_ADMIN
from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, owner_element, reference
from vcloudair_core.simulator.state.entities import Catalog, Template
from vcloudair_core.simulator.xml_builder import element, link


def catalog_document(context: Any, catalog: Catalog, kind: str = "catalog") -> Any:
    """Return the document of a catalog, with its items.

    ``kind`` is ``catalog``, or ``admin-catalog`` for the administrator's view.
    """
    world = context.world
    org = world.orgs[catalog.org]
    address = href(context.root, kind, catalog.catalog_id)
    shared = f"{href(context.root, 'org', org.org_id)}/catalog/{catalog.catalog_id}/controlAccess/"
    items = [_item_reference(context, template) for template in world.templates_of(catalog)]
    is_admin = kind == "admin-catalog"
    return entity(
        context,
        "AdminCatalog" if is_admin else "Catalog",
        kind,
        catalog.catalog_id,
        catalog.name,
        link_to(context, "up", "admin-org" if is_admin else "org", org.org_id),
        link_to(context, "alternate", "catalog" if is_admin else "admin-catalog", catalog.catalog_id)
        if context.may(VIEW_ADMIN)
        else None,
        link("down", shared, f"{VCLOUD_MEDIA}controlAccess+xml"),
        link("down", f"{address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        element("Description", None, catalog.description),
        owner_element(context, catalog.org),
        element("CatalogItems", None, *items),
        element("IsPublished", None, False),
        element("DateCreated", None, catalog.created),
        element("VersionNumber", None, 1),
    )


def _item_reference(context: Any, template: Template) -> Any:
    """Return a reference to a catalog item. Its ``id`` is a UUID without a URN prefix."""
    return reference(context, "CatalogItem", "catalog-item", template.item_id, template.name, id=template.item_id)


def catalog_item_document(context: Any, template: Template) -> Any:
    """Return the document of the catalog item that refers to a template."""
    return entity(
        context,
        "CatalogItem",
        "catalog-item",
        template.item_id,
        template.name,
        link_to(context, "up", "catalog", template.catalog_id),
        element("Description", None, template.description),
        reference(context, "Entity", "template", template.template_id, template.name),
        element("DateCreated", None, template.created),
        element("VersionNumber", None, 1),
    )


def control_access(*, is_shared: bool) -> Any:
    """Return the access settings of an object.

    If ``is_shared`` is true, all users of the org have access. Otherwise, only the owner has access.
    """
    return element(
        "ControlAccessParams",
        None,
        element("IsSharedToEveryone", None, is_shared),
        element("EveryoneAccessLevel", None, "ReadOnly") if is_shared else None,
    )


def catalog_references(context: Any, org: str, kind: str) -> list[Any]:
    """Return references to the catalogs of an org."""
    catalogs = [catalog for catalog in context.world.catalogs.values() if catalog.org == org]
    return [reference(context, "CatalogReference", kind, catalog.catalog_id, catalog.name) for catalog in catalogs]
