"""Build elements that documents have in common, such as links and sections.

Before a document is sent, the elements that are newer than the API version of the request are removed.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.documents.addresses import ADDRESSES, VCLOUD_MEDIA, href, urn
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.xml_builder import VCLOUD, element, link
from vcloudair_core.transport.messages import Response

OVF = "http://schemas.dmtf.org/ovf/envelope/1"
ADDED = {
    ("Configuration", "AdvancedNetworkingEnabled"): (7, 0),
    ("EdgeGateway", "EdgeGatewayType"): (32, 0),
    ("NetworkConnection", "NetworkAdapterType"): (5, 11),
    ("SubnetParticipation", "UseForDefaultRoute"): (14, 0),
    ("GuestCustomizationSection", "AdminAutoLogonEnabled"): (5, 5),
    ("GuestCustomizationSection", "AdminAutoLogonCount"): (5, 5),
    ("Catalog", "VersionNumber"): (5, 5),
    ("AdminCatalog", "VersionNumber"): (5, 5),
    ("CatalogItem", "VersionNumber"): (5, 5),
    ("VdcStorageProfile", "StorageUsedMB"): (9, 0),
    ("AdminVdc", "DefaultComputePolicy"): (33, 0),
    ("Vm", "VmSpecSection"): (9, 0),
    ("Vm", "StorageProfile"): (5, 1),
    ("Vm", "VmCapabilities"): (5, 1),
    ("Vm", "DateCreated"): (5, 1),
    ("VApp", "DateCreated"): (5, 1),
    ("VAppTemplate", "DateCreated"): (5, 1),
    ("VAppTemplate", "DefaultStorageProfile"): (5, 1),
    ("Catalog", "DateCreated"): (5, 1),
    ("AdminCatalog", "DateCreated"): (5, 1),
    ("CatalogItem", "DateCreated"): (5, 1),
    ("Vdc", "VdcStorageProfiles"): (5, 1),
    ("AdminVdc", "VdcStorageProfiles"): (5, 1),
    ("Vdc", "UsedNetworkCount"): (5, 1),
    ("AdminVdc", "UsedNetworkCount"): (5, 1),
    ("Cpu", "Reserved"): (5, 1),
    ("Memory", "Reserved"): (5, 1),
    ("IpScope", "IsEnabled"): (5, 1),
    ("Task", "Details"): (5, 1),
    ("User", "ProviderType"): (5, 1),
    ("MetadataEntry", "Domain"): (5, 1),
    ("Vm", "SnapshotSection"): (5, 1),
    ("VApp", "SnapshotSection"): (5, 1),
}
"""API version that added an element, by the names of parent and element.

The schemas have no version for VmSpecSection and DefaultComputePolicy, so the versions of these two are inferred. The
schemas are older than EdgeGatewayType, whose version is that of the attribute in records (protocol/nsxt.md §2).
"""


def entity(context: Any, tag: str, kind: str, identifier: str, name: str, *children: Any, **attributes: Any) -> Any:
    """Return the root element of an object's document.

    ``attributes`` come before the attributes that all objects have.
    """
    own = {
        "name": name,
        "id": urn(kind, identifier),
        "type": ADDRESSES[kind].media_type,
        "href": href(context.root, kind, identifier),
    }
    return element(tag, {**attributes, **own}, *children)


def reference(context: Any, tag: str, kind: str, identifier: str, name: str, **attributes: Any) -> Any:
    """Return a reference element: media type, name and link of an object."""
    target = {"type": ADDRESSES[kind].media_type, "name": name, "href": href(context.root, kind, identifier)}
    return element(tag, {**attributes, **target})


def link_to(context: Any, rel: str, kind: str, identifier: str, name: str | None = None) -> Any:
    """Return a Link element for an object."""
    return link(rel, href(context.root, kind, identifier), ADDRESSES[kind].media_type, name)


def owner_element(context: Any, org: str, item: object = None) -> Any:
    """Return the Owner element for ``item``, an object of an org.

    Without ``item``, the owner is the first user of the org.
    """
    user = context.world.owner_of(item, org)
    if user is None:
        return None
    owner = reference(context, "User", "user", user.user_id, user.name)
    return element("Owner", {"type": f"{VCLOUD_MEDIA}owner+xml"}, owner)


def section(tag: str, info: str, address: str | None, media: str, *children: Any) -> Any:
    """Return a vCloud section with its link and media type."""
    attributes = {"type": f"{VCLOUD_MEDIA}{media}+xml" if media else None, "href": address}
    names: dict[str | None, str] = {None: VCLOUD, "ovf": OVF}
    return element(tag, {**attributes, f"{{{OVF}}}required": False}, ovf("Info", info), *children, prefixes=names)


def ovf_section(
    tag: str, info: str, address: str, media: str, *children: Any, prefixes: dict[str | None, str] | None = None
) -> Any:
    """Return an OVF section.

    The attributes for the link and the media type are in the vCloud namespace.
    """
    attributes = {f"{{{VCLOUD}}}type": f"{VCLOUD_MEDIA}{media}+xml", f"{{{VCLOUD}}}href": address}
    names: dict[str | None, str] = {"ovf": OVF, "vcloud": VCLOUD, **(prefixes or {})}
    return element(tag, attributes, ovf("Info", info), *children, namespace=OVF, prefixes=names)


def ovf(tag: str, text: str) -> Any:
    """Return an OVF element that contains only text."""
    return element(tag, None, text, namespace=OVF, prefixes={"ovf": OVF})


def nested(tag: str, values: dict[str, Any]) -> Any:
    """Return an element with one child for each value that is not None."""
    return element(tag, None, *[element(name, None, value) for name, value in values.items() if value is not None])


def respond(context: Any, root: Any, media_type: str | None = None) -> Response:
    """Return a response with a document in the API version of the request.

    Elements that only newer API versions have are removed.
    """
    remove_newer(root, context.version)
    return responses.entity(root, media_type or root.get("type"), context.version)


def remove_newer(root: Any, version: str) -> None:
    """Remove the elements that are newer than the API version ``version``."""
    newer = {pair for pair, since in ADDED.items() if not is_at_least(version, since)}
    if not newer:
        return
    for node in list(root.iter(etree.Element)):
        parent = node.getparent()
        if parent is not None and (etree.QName(parent).localname, etree.QName(node).localname) in newer:
            parent.remove(node)
