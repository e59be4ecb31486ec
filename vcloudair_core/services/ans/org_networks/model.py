"""Data classes for the networks of an organization, and their used addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_interface
from typing import Any

from vcloudair_core.engine.canonical import AddressRange, address_range, merged_ranges
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.model import VDC, VDC_GROUP

ROUTED, ISOLATED, DIRECT, IMPORTED = "routed", "isolated", "direct", "imported"
"""Values of ``type``.

A type that is not listed here keeps the name of the server in lower case.
"""

VM_USE, EDGE_USE, NAT_USE = "vm", "edge", "nat"
"""Values of ``used_by`` of an allocated address.

Other values keep the name of the server in lower case.
"""

_CLASSES = {4: IPv4Address, 6: IPv6Address}


@dataclass(frozen=True)
class NetworkSubnet:
    """A subnet of a network.

    ``pools`` are the static pools, from which VMs get addresses. ``used_count`` is the number of addresses of the pools
    that are in use, or None if it is unknown.
    """

    subnet: str
    gateway: str
    pools: tuple[AddressRange, ...]
    dns_servers: tuple[str, ...] = ()
    dns_suffix: str = ""
    used_count: int | None = None

    @property
    def total_count(self) -> int:
        """The number of addresses in the static pools."""
        return sum(last - first + 1 for _, first, last in merged_ranges(self.pools))


@dataclass(frozen=True)
class AllocatedAddress:
    """An address that is in use.

    ``used_by`` is ``vm``, ``edge``, ``nat``, or the name that the server uses, in lower case.
    """

    address: str
    used_by: str
    vm: str = ""
    vapp: str = ""
    is_deployed: bool | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the address as plain data."""
        return {
            "address": self.address,
            "used_by": self.used_by,
            "vm": self.vm,
            "vapp": self.vapp,
            "is_deployed": self.is_deployed,
        }


@dataclass(frozen=True)
class VdcNetwork:
    """A network of a VDC or VDC group. Empty strings and None mean unknown."""

    network_id: str
    name: str
    type: str
    backend: str
    subnets: tuple[NetworkSubnet, ...] = ()
    description: str = ""
    vdc_id: str = ""
    vdc_name: str = ""
    owner_id: str = ""
    owner_name: str = ""
    edge_id: str = ""
    edge_name: str = ""
    is_shared: bool | None = None
    href: str = ""

    @property
    def used_count(self) -> int | None:
        """The number of used addresses in the static pools of all subnets.

        It is None if the use of one subnet is unknown.
        """
        counts = [subnet.used_count for subnet in self.subnets]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    @property
    def total_count(self) -> int:
        """The number of addresses in the static pools of all subnets."""
        return sum(subnet.total_count for subnet in self.subnets)

    @property
    def owner_type(self) -> str:
        """The type of the owner: ``vdc`` or ``vdc_group``. Empty if it is unknown."""
        if self.owner_id.startswith(VDC_GROUP):
            return "vdc_group"
        return "vdc" if self.owner_id.startswith(VDC) else ""

    def as_row(self) -> dict[str, Any]:
        """Return the network as plain data.

        ``gateway`` and ``subnet`` are those of the first subnet. ``free_count`` is None if the used addresses are
        unknown.
        """
        first = self.subnets[0] if self.subnets else NetworkSubnet("", "", ())
        used, total = self.used_count, self.total_count
        return {
            "name": self.name,
            "id": self.network_id,
            "vdc": self.vdc_name,
            "vdc_id": self.vdc_id,
            "owner_id": self.owner_id,
            "owner_name": self.owner_name or self.vdc_name,
            "owner_type": self.owner_type,
            "type": self.type,
            "backend": self.backend,
            "edge": self.edge_name,
            "edge_id": self.edge_id,
            "subnet": first.subnet,
            "gateway": first.gateway,
            "subnets": [subnet.subnet for subnet in self.subnets],
            "dns_servers": list(first.dns_servers),
            "dns_suffix": first.dns_suffix,
            "static_pools": [text for subnet in self.subnets for text in pool_texts(subnet.pools)],
            "total_count": total,
            "used_count": used,
            "free_count": None if used is None else max(0, total - used),
            "is_shared": self.is_shared,
            "description": self.description,
        }


def pool_texts(pools: Iterable[AddressRange]) -> list[str]:
    """Return address ranges as strings ``first-last``, merged and sorted."""
    merged = merged_ranges(pools)
    return ["-".join(str(_CLASSES[version](end)) for end in (first, last)) for version, first, last in merged]


def subnet_of(gateway: str, mask: str | int) -> str:
    """Return a subnet such as ``192.168.10.0/24``, or an empty string.

    ``mask`` is a netmask or a prefix length. The string is empty if the subnet is unknown.
    """
    try:
        return str(ip_interface(f"{gateway}/{mask}").network)
    except ValueError:
        return ""


def pool_of(first: str, last: str, network: str) -> AddressRange:
    """Return a pool as an address range.

    ``network`` is the name of the network for the error message. Raises: DecodeError.
    """
    parsed = address_range(f"{first}-{last}")
    if parsed is None:
        text = f"{first}-{last}"
        raise DecodeError(f"Reading network {network!r} failed. {text!r} is not a range of addresses.")
    return parsed


def count_used(pools: Sequence[AddressRange], addresses: Iterable[AllocatedAddress]) -> int:
    """Return the number of distinct used addresses that are in a pool."""
    merged = merged_ranges(pools)
    used = {parsed for item in addresses if (parsed := address_range(item.address)) is not None}
    return sum(
        any(version == pool_version and first <= low and high <= last for pool_version, first, last in merged)
        for version, low, high in used
    )
