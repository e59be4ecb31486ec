"""Routes of VDCs, networks, storage profiles, catalogs and media.

The route ``/api/entity/{urn}`` returns a link to the object with a URN. Source: protocol/recorded-responses.md §4, §5.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_catalog, own_in_vdc, own_org, own_vdc, refuse
from vcloudair_core.simulator.documents import catalog_documents, hardware_documents, network_documents
from vcloudair_core.simulator.documents.addresses import ADDRESSES, VCLOUD_MEDIA, kind_of_urn
from vcloudair_core.simulator.documents.document_parts import owner_element, respond
from vcloudair_core.simulator.documents.vdc_documents import vdc_document
from vcloudair_core.simulator.xml_builder import element, link
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes to read VDCs, networks, storage profiles, catalogs and media."""
    calls = [
        ("/api/vdc/{vdc_id}", show_vdc),
        ("/api/vdc/{vdc_id}/hwv/{name}", show_hardware_version),
        ("/api/network/{network_id}", show_network),
        ("/api/network/{network_id}/allocatedAddresses", list_allocated_addresses),
        ("/api/vdcStorageProfile/{profile_id}", show_storage_profile),
        ("/api/catalog/{catalog_id}", show_catalog),
        ("/api/catalogItem/{item_id}", show_catalog_item),
        ("/api/media/{media_id}", show_media),
        ("/api/media/{media_id}/owner", show_media_owner),
        ("/api/org/{org_id}/catalog/{catalog_id}/controlAccess", show_catalog_access),
        ("/api/entity/{entity_id}", resolve),
    ]
    made = tuple(SimulatorRoute("GET", prefix + path, handler) for path, handler in calls)
    return SimulatorRoutes(f"vdc{prefix}", "VDCs, networks, catalogs and media", made, versions="all")


def show_vdc(context: Any) -> Response:
    """Return a VDC."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    return refuse(context, "vdc", "vdc_id") if vdc is None else respond(context, vdc_document(context, vdc))


def show_hardware_version(context: Any) -> Response:
    """Return a virtual hardware version that a VDC supports."""
    vdc, name = own_vdc(context, context.path_params["vdc_id"]), context.path_params["name"]
    if vdc is None or name != hardware_documents.VERSION_NAME:
        return refuse(context, "vdc", "vdc_id")
    return respond(context, hardware_documents.hardware_version(context, vdc.vdc_id))


def show_network(context: Any) -> Response:
    """Return a network of a VDC."""
    network = own_in_vdc(context, "network", context.path_params["network_id"])
    if network is None:
        return refuse(context, "network", "network_id")
    return respond(context, network_documents.network_document(context, network))


def list_allocated_addresses(context: Any) -> Response:
    """Return the used addresses of a network."""
    network = own_in_vdc(context, "network", context.path_params["network_id"])
    if network is None:
        return refuse(context, "network", "network_id")
    document = network_documents.allocated_addresses_document(context, network)
    return respond(context, document, network_documents.ALLOCATED_MEDIA)


def show_storage_profile(context: Any) -> Response:
    """Return a storage profile of a VDC."""
    profile = own_in_vdc(context, "storage-profile", context.path_params["profile_id"])
    if profile is None:
        return refuse(context, "vdcStorageProfile", "profile_id")
    return respond(context, network_documents.storage_profile_document(context, profile))


def show_catalog(context: Any) -> Response:
    """Return a catalog of the org."""
    catalog = own_catalog(context, context.path_params["catalog_id"])
    if catalog is None:
        return refuse(context, "catalog", "catalog_id")
    return respond(context, catalog_documents.catalog_document(context, catalog))


def show_catalog_access(context: Any) -> Response:
    """Return the access settings of a catalog."""
    catalog = own_catalog(context, context.path_params["catalog_id"])
    if catalog is None or own_org(context, context.path_params["org_id"]) is None:
        return refuse(context, "catalog", "catalog_id")
    document = catalog_documents.control_access(context, is_shared=True)
    return respond(context, document, f"{VCLOUD_MEDIA}controlAccess+xml")


def show_catalog_item(context: Any) -> Response:
    """Return a catalog item."""
    item = own_in_vdc(context, "catalog-item", context.path_params["item_id"])
    if item is None:
        return refuse(context, "catalogItem", "item_id")
    return respond(context, catalog_documents.catalog_item_document(context, item))


def show_media(context: Any) -> Response:
    """Return media of a catalog."""
    media = own_in_vdc(context, "media", context.path_params["media_id"])
    if media is None:
        return refuse(context, "media", "media_id")
    return respond(context, catalog_documents.media_document(context, media))


def show_media_owner(context: Any) -> Response:
    """Return the owner of media."""
    media = own_in_vdc(context, "media", context.path_params["media_id"])
    if media is None:
        return refuse(context, "media", "media_id")
    document = owner_element(context, context.world.vdcs[media.vdc_id].org)
    return respond(context, document, f"{VCLOUD_MEDIA}owner+xml")


def resolve(context: Any) -> Response:
    """Return a link to the object whose URN is in the path.

    The response does not show whether the object exists. Access is checked when the client follows the link.
    """
    urn = unquote(context.path_params["entity_id"])
    kind, identifier = urn.split(":")[-2:] if urn.startswith("urn:vcloud:") else ("", urn)
    known = kind_of_urn(kind)
    if known == "vm" and identifier in context.world.template_vms:
        known = "template-vm"
    if known is None:
        return responses.no_access("entity", identifier, context.version)
    address = ADDRESSES[known]
    document = element(
        "Entity",
        {"name": "", "id": urn, "type": f"{VCLOUD_MEDIA}entity+xml", "href": f"{context.root}/api/entity/{urn}"},
        link("alternate", f"{context.root}{address.path}{identifier}", address.media_type),
    )
    return respond(context, document)
