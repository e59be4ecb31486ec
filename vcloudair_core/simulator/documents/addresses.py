"""Define the path, URN and media type of each kind of object.

Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass

VCLOUD_MEDIA = "application/vnd.vmware.vcloud."
ADMIN_MEDIA = "application/vnd.vmware.admin."


@dataclass(frozen=True)
class Address:
    """The path prefix, URN kind and media type of one kind of object.

    ``path`` is the part of the path before the UUID. ``urn`` is the part of the URN before the UUID, such as
    ``gateway``.
    """

    path: str
    media_type: str
    urn: str


ADDRESSES = {
    "org": Address("/api/org/", f"{VCLOUD_MEDIA}org+xml", "org"),
    "vdc": Address("/api/vdc/", f"{VCLOUD_MEDIA}vdc+xml", "vdc"),
    "vapp": Address("/api/vApp/vapp-", f"{VCLOUD_MEDIA}vApp+xml", "vapp"),
    "vm": Address("/api/vApp/vm-", f"{VCLOUD_MEDIA}vm+xml", "vm"),
    "template": Address("/api/vAppTemplate/vappTemplate-", f"{VCLOUD_MEDIA}vAppTemplate+xml", "vapptemplate"),
    "template-vm": Address("/api/vAppTemplate/vm-", f"{VCLOUD_MEDIA}vm+xml", "vm"),
    "catalog": Address("/api/catalog/", f"{VCLOUD_MEDIA}catalog+xml", "catalog"),
    "catalog-item": Address("/api/catalogItem/", f"{VCLOUD_MEDIA}catalogItem+xml", "catalogitem"),
    "media": Address("/api/media/", f"{VCLOUD_MEDIA}media+xml", "media"),
    "network": Address("/api/network/", f"{VCLOUD_MEDIA}network+xml", "network"),
    "storage-profile": Address("/api/vdcStorageProfile/", f"{VCLOUD_MEDIA}vdcStorageProfile+xml", "vdcstorageProfile"),
    "edge": Address("/api/admin/edgeGateway/", f"{ADMIN_MEDIA}edgeGateway+xml", "gateway"),
    "user": Address("/api/admin/user/", f"{ADMIN_MEDIA}user+xml", "user"),
    "role": Address("/api/admin/role/", f"{ADMIN_MEDIA}role+xml", "role"),
    "right": Address("/api/admin/right/", f"{ADMIN_MEDIA}right+xml", "right"),
    "task": Address("/api/task/", f"{VCLOUD_MEDIA}task+xml", "task"),
    "admin-org": Address("/api/admin/org/", f"{ADMIN_MEDIA}organization+xml", "org"),
    "admin-vdc": Address("/api/admin/vdc/", f"{ADMIN_MEDIA}vdc+xml", "vdc"),
    "admin-catalog": Address("/api/admin/catalog/", f"{ADMIN_MEDIA}catalog+xml", "catalog"),
    "admin-network": Address("/api/admin/network/", f"{ADMIN_MEDIA}network+xml", "network"),
}
"""Address of each kind of object.

Kinds that begin with ``admin-`` are the administrator's views of objects.
"""
_URNS = sorted(((address.path, address.urn) for address in ADDRESSES.values()), key=lambda pair: -len(pair[0]))


def href(root: str, kind: str, identifier: str) -> str:
    """Return the URL of an object. ``root`` is the URL prefix of links."""
    return f"{root}{ADDRESSES[kind].path}{identifier}"


def urn(kind: str, identifier: str) -> str:
    """Return the URN of an object, such as ``urn:vcloud:vm:<uuid>``."""
    return f"urn:vcloud:{ADDRESSES[kind].urn}:{identifier}"


def urn_of(address: str) -> str:
    """Return the URN of the object at a URL.

    For an unknown kind of object, the URN contains the path segment before the ID.
    """
    for path, kind in _URNS:
        if path in address:
            return f"urn:vcloud:{kind}:{address[-36:]}"
    return f"urn:vcloud:{address.split('/')[-2]}:{address[-36:]}"


def kind_of_urn(kind: str) -> str | None:
    """Return the kind of object for a URN kind such as ``gateway``, or None.

    If several kinds have the same URN kind, the first kind is returned.
    """
    return next((name for name, address in ADDRESSES.items() if address.urn.lower() == kind.lower()), None)
