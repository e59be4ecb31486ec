"""List networks, and read one network with its used addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.model import Edge, may_be_in_vdc, uuid_in
from vcloudair_core.services.ans.org_networks.model import AllocatedAddress, VdcNetwork, count_used
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

CLOUDAPI_SINCE = (33, 0)
"""First API version whose networks are read with ``/cloudapi``.

Source: protocol/vcd-modern.md §3.1.
"""

T = TypeVar("T")


class NetworkReader:
    """A reader of the networks that a session can access."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_json = is_at_least(session.identity.api_version, CLOUDAPI_SINCE)

    def list_networks(self, vdc: str = "") -> list[VdcNetwork]:
        """Return all networks, sorted by name, with the number of used addresses.

        Makes one call for every 128 networks. Before API version 33.0, also makes two calls for each network, in
        parallel. ``vdc`` limits the list to the networks of a VDC and of VDC groups.

        Raises: NotFoundError if ``vdc`` does not exist; ApiError, TransportError, DecodeError.
        """
        networks = self._in_vdc(vdc)
        if not self._is_json:
            networks = self._each(lambda network: self._xml_details(network)[0], networks)
        return sorted(networks, key=lambda network: (network.name, network.vdc_name, network.network_id))

    def read(self, name: str, vdc: str = "") -> dict[str, Any]:
        """Return a network as plain data, with ``dhcp_pools`` and ``allocated_addresses``.

        ``name`` is the name, UUID or URN of the network. In addition to the list of networks, makes two calls, and one
        more for every additional 128 used addresses. Makes up to four calls before API version 33.0, or if the network
        is connected to an NSX-V edge gateway. ``dhcp_pools`` is None if the DHCP service cannot be read.

        Raises: NotFoundError, AmbiguousMatchError, other ApiErrors, TransportError, DecodeError.
        """
        network = _pick(self._in_vdc(vdc), name, vdc)
        pools: list[str] | None = []
        if self._is_json:
            from vcloudair_core.services.ans.org_networks.json_networks import read_allocated

            addresses = read_allocated(self._session, network)
            network = _counted(network, addresses)
        else:
            network, addresses, pools = self._xml_details(network)
        if self._is_json or network.edge_id:
            pools = self._dhcp_pools(network)
        rows = [address.as_row() for address in addresses]
        return {**network.as_row(), "dhcp_pools": pools, "allocated_addresses": rows}

    def _in_vdc(self, vdc: str) -> list[VdcNetwork]:
        if self._is_json:
            from vcloudair_core.services.ans.org_networks.json_networks import read_networks as read
        else:
            from vcloudair_core.services.ans.org_networks.xml_networks import read_records_of_networks as read
        networks = [network for network in read(self._session) if not vdc or _may_be_in_vdc(network, vdc)]
        if vdc and not networks:
            EdgeDirectory(self._session).check_vdc(vdc)
        return networks

    def _xml_details(self, network: VdcNetwork) -> tuple[VdcNetwork, list[AllocatedAddress], list[str]]:
        from vcloudair_core.services.ans.org_networks.xml_networks import read_allocated, read_document

        complete, pools = read_document(self._session, network)
        addresses = read_allocated(self._session, complete)
        return _counted(complete, addresses), addresses, pools

    def _dhcp_pools(self, network: VdcNetwork) -> list[str] | None:
        """Return the DHCP pools of a network, or None if the user cannot read them.

        The DHCP pools of a network that an NSX-V edge gateway routes are in the DHCP section of the edge gateway.
        """
        try:
            if network.backend != NSXT and network.edge_id:
                return self._edge_pools(network)
            from vcloudair_core.services.ans.org_networks.json_networks import read_dhcp_pools

            return read_dhcp_pools(self._session, network)
        except (NotFoundError, PermissionDeniedError, ConfigurationError):
            return None

    def _edge_pools(self, network: VdcNetwork) -> list[str]:
        from vcloudair_core.services.ans.section.kinds import SectionKind
        from vcloudair_core.services.ans.sections import load_section

        target = {"edge": network.edge_id, "edge_name": network.edge_name, "edge_backend": network.backend}
        kind = SectionKind(load_section("dhcp"))
        section = kind.project(kind.open(self._session, target).read())
        subnets = [ip_network(subnet.subnet) for subnet in network.subnets if subnet.subnet]
        inside = {
            pool["ip_range"]
            for pool in section["pools"]
            for subnet in subnets
            if (parsed := address_range(str(pool["ip_range"]))) is not None
            and parsed[0] == subnet.version
            and int(subnet[0]) <= parsed[1] <= int(subnet[-1])
        }
        return sorted(inside, key=lambda text: address_range(text) or (0, 0, 0))

    def _each(self, work: Callable[[VdcNetwork], T], networks: Sequence[VdcNetwork]) -> list[T]:
        workers = max(1, min(int(self._session.settings.parallel_calls), len(networks)))
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-networks") as pool:
            return list(pool.map(work, networks))


def _counted(network: VdcNetwork, addresses: Sequence[AllocatedAddress]) -> VdcNetwork:
    """Return a copy of the network with the number of used addresses.

    Counts from the server are kept. The server does not list used IPv6 addresses, so the count of a subnet with IPv6
    pools stays unknown.
    """
    subnets = tuple(
        replace(subnet, used_count=count_used(subnet.pools, addresses))
        if subnet.used_count is None and all(version == 4 for version, _, _ in subnet.pools)
        else subnet
        for subnet in network.subnets
    )
    return replace(network, subnets=subnets)


def _may_be_in_vdc(network: VdcNetwork, vdc: str) -> bool:
    owner = Edge("", vdc_id=network.vdc_id, vdc_name=network.vdc_name, owner_id=network.owner_id)
    return may_be_in_vdc(owner, vdc)


def _pick(networks: Sequence[VdcNetwork], name: str, vdc: str) -> VdcNetwork:
    identifier = uuid_in(name)
    for matches in (
        [network for network in networks if name == network.name or (identifier and identifier == network.network_id)],
        [network for network in networks if name.strip().casefold() == network.name.casefold()],
    ):
        if len(matches) > 1:
            keys = ("name", "id", "vdc", "subnet")
            raise AmbiguousMatchError(
                f"{len(matches)} networks are named {name!r}.",
                candidates=[{key: match.as_row()[key] for key in keys} for match in matches],
                hint="Set vdc as well, or use the UUID of the network.",
            )
        if matches:
            return matches[0]
    nearest = near(name, [network.name for network in networks])
    hint = f"{nearest[:1].upper()}{nearest[1:]}" if nearest else "Run `vca network list` to see the networks."
    where = f" in VDC {vdc!r}" if vdc else ""
    raise NotFoundError(f"Network not found: {name!r}{where}.", hint=hint)
