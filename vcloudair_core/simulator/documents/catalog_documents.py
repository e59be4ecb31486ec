"""Build documents of catalogs, catalog items and media.

Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.simulator.access.rights import VIEW_ADMIN
from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, owner_element, reference
from vcloudair_core.simulator.state.catalog_entities import Catalog, CatalogItem, Media
from vcloudair_core.simulator.state.entities import User
from vcloudair_core.simulator.xml_builder import element, link


def catalog_document(context: Any, catalog: Catalog, kind: str = "catalog") -> Any:
    """Return the document of a catalog, with its items.

    ``kind`` is ``catalog``, or ``admin-catalog`` for the administrator's view.
    """
    world = context.world
    org = world.orgs[catalog.org]
    address = href(context.root, kind, catalog.catalog_id)
    shared = f"{href(context.root, 'org', org.org_id)}/catalog/{catalog.catalog_id}/controlAccess/"
    items = [_item_reference(context, item) for item in world.items_of(catalog)]
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


def _item_reference(context: Any, item: CatalogItem) -> Any:
    """Return the reference to a catalog item. Its ``id`` is a bare UUID."""
    return reference(context, "CatalogItem", "catalog-item", item.item_id, item.name, id=item.item_id)


def catalog_item_document(context: Any, item: CatalogItem) -> Any:
    """Return a catalog item, which refers to a template or to media."""
    address = href(context.root, "catalog-item", item.item_id)
    return entity(
        context,
        "CatalogItem",
        "catalog-item",
        item.item_id,
        item.name,
        link_to(context, "up", "catalog", item.catalog_id),
        link("down", f"{address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        element("Description", None, item.description),
        reference(context, "Entity", item.kind, item.entity_id, item.name),
        element("DateCreated", None, item.created),
        element("VersionNumber", None, 1),
    )


def media_document(context: Any, media: Media) -> Any:
    """Return media with its size in bytes.

    The elements of a resource entity come first, then the elements of the schema ``media.xsd``.
    """
    world, address = context.world, href(context.root, "media", media.media_id)
    profiles = world.in_vdc(media.vdc_id, world.storage_profiles)
    profile = next((profile for profile in profiles if profile.name == media.storage_profile), None)
    return entity(
        context,
        "Media",
        "media",
        media.media_id,
        media.name,
        link_to(context, "up", "vdc", media.vdc_id),
        link_to(context, "catalogItem", "catalog-item", media.item_id),
        link("down", f"{address}/owner", f"{VCLOUD_MEDIA}owner+xml"),
        link("down", f"{address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        element("Description", None, media.description),
        owner_element(context, world.vdcs[media.vdc_id].org),
        reference(context, "VdcStorageProfile", "storage-profile", profile.profile_id, profile.name)
        if profile
        else None,
        imageType=media.image_type,
        size=media.size_bytes,
        status=1,
    )


def control_access(context: Any, *, is_shared: bool, users: Sequence[User] = ()) -> Any:
    """Return the access settings of an object.

    An object is shared with all users of the org if ``is_shared`` is true. Otherwise only the owner and ``users`` have
    access.
    """
    settings = [
        element(
            "AccessSetting",
            None,
            reference(context, "Subject", "user", user.user_id, user.name),
            element("AccessLevel", None, "ReadOnly"),
        )
        for user in users
    ]
    return element(
        "ControlAccessParams",
        None,
        element("IsSharedToEveryone", None, is_shared),
        element("EveryoneAccessLevel", None, "ReadOnly") if is_shared else None,
        element("AccessSettings", None, *settings) if settings else None,
    )


def catalog_references(context: Any, org: str, kind: str) -> list[Any]:
    """Return references to the catalogs of an org."""
    catalogs = [catalog for catalog in context.world.catalogs.values() if catalog.org == org]
    return [reference(context, "CatalogReference", kind, catalog.catalog_id, catalog.name) for catalog in catalogs]
