"""The service ``client.edges``: edge gateways and the status of IPsec tunnels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.edge.directory import EdgeDirectory, target_edge
from vcloudair_core.services.ans.edge.model import Edge

if TYPE_CHECKING:
    from vcloudair_core.compat.ans import ANSFirewall, ANSIPSec, ANSNat
    from vcloudair_core.services.ans.ipsec.status import StatusStore
    from vcloudair_core.services.ans.l2vpn.nsxt.store import NsxtL2VpnStore
    from vcloudair_core.services.ans.l2vpn.nsxv.store import NsxvL2VpnStore
    from vcloudair_core.services.ans.vdc_group.model import OrgVdcGroup
    from vcloudair_core.session.session import Session
    from vcloudair_core.util.redaction import Secret


class AnsService:
    """Service for the edge gateways that a session can access."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def list_edges(self, vdc: str | None = None, *, fresh: bool = False) -> list[Edge]:
        """Return all visible edge gateways, sorted by name.

        The edge gateways are read once in a session. With ``fresh=True``, they are read again. ``vdc`` (name or UUID)
        limits the list to one VDC.
        """
        directory = EdgeDirectory(self.session)
        if fresh:
            directory.forget()
        return directory.list_edges(vdc or "")

    def find_edge(self, name_or_id: str, vdc: str | None = None) -> Edge:
        """Return an edge gateway by name or UUID.

        Raises: NotFoundError, AmbiguousMatchError, ConfigurationError.
        """
        return EdgeDirectory(self.session).find(name_or_id, vdc or "")

    def selected_edge(self, edge: str | None = None, vdc: str | None = None) -> Edge:
        """Return the edge gateway that the arguments or the settings select.

        The attribute ``backend`` of the result is always set. If the client has already read or changed the same edge
        gateway, this method makes no API call, and attributes that are not cached are empty.

        Raises: NotFoundError, AmbiguousMatchError, ConfigurationError.
        """
        selected = target_edge(self.session, {"edge": edge, "vdc": vdc})
        return EdgeDirectory(self.session).with_known_vdc(selected)

    def selected_vdc_group(self, vdc_group: str | None = None) -> OrgVdcGroup:
        """Return the VDC group that the argument or the settings select.

        If the client has already read or changed the distributed firewall of the same VDC group, this method makes no
        API call.

        Raises: NotFoundError, AmbiguousMatchError, ConfigurationError.
        """
        from vcloudair_core.services.ans.vdc_group.directory import target_group

        return target_group(self.session, {"vdc_group": vdc_group})

    def read_classic(self, name_or_id: str, vdc: str | None = None) -> dict[str, Any]:
        """Read the configuration of an edge gateway with the vCloud Director API.

        The configuration includes the services of an edge without advanced networking. This library cannot change these
        services. Pre-shared keys are omitted. For the format, see ``parse_classic_edge``.

        Raises: NotFoundError, AmbiguousMatchError, other ApiErrors, DecodeError.
        """
        from vcloudair_core.services.ans.edge.classic_services import parse_classic_edge
        from vcloudair_core.services.ans.edge.model import pick, uuid_in

        edge_id = uuid_in(name_or_id) or pick(self.list_edges(vdc), name_or_id, vdc or "").edge_id
        return parse_classic_edge(self.session.call("GET", f"/api/admin/edgeGateway/{edge_id}").body)

    def read_size(self, edge_id: str) -> str:
        """Return the size of an NSX-V edge gateway, such as ``compact`` or ``full``.

        Makes one API call. Return an empty string if the server does not send the size.

        Raises: ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.edge.classic_services import parse_size

        return parse_size(self.session.call("GET", f"/api/admin/edgeGateway/{edge_id}").body)

    def list_groups(
        self, edge: str | None = None, vdc: str | None = None, vdc_group: str | None = None
    ) -> list[dict[str, Any]]:
        """Return IP sets, security groups and application profiles with their uses.

        A use is a rule that refers to an object: a rule of the distributed firewall, or of any edge gateway that can
        use the object.

        Shape: ``[{"type", "name", "id", "addresses" or "members" or "criteria" or "services", "owner", "rules", "uses":
        [{"owner", "section", "rule", "fields", "removal"}]}]``. ``rules`` is the number of rules. ``removal`` is the
        effect that ``force`` has on a rule.

        Raises: ConfigurationError if the backend has no such objects; NotFoundError, other ApiErrors.
        """
        from vcloudair_core.services.ans.groups.descriptor import ANY_TYPE, TYPES
        from vcloudair_core.services.ans.groups.kind import listed
        from vcloudair_core.services.ans.groups.owner import target_owner
        from vcloudair_core.services.ans.groups.store import GroupStore, ids_in
        from vcloudair_core.services.ans.groups.usage import UsageReader

        owner = target_owner(self.session, {"edge": edge, "vdc": vdc, "vdc_group": vdc_group}, ANY_TYPE)
        types = [group_type for group_type in TYPES.values() if owner.backend in group_type.sections]
        documents = [GroupStore(self.session, owner, group_type).read() for group_type in types]
        ids = ids_in(documents)
        uses = UsageReader(self.session, owner, ANY_TYPE).list_uses(ids) if ids else []
        pairs = zip(types, documents, strict=True)
        return [row for group_type, document in pairs for row in listed(group_type, document, owner.title, uses)]

    def firewall(self, edge: str | Edge, vdc: str | None = None) -> ANSFirewall:
        """Return the firewall of an edge as an editable list of raw rules.

        To apply a desired state, use ``client.ensure``.
        """
        from vcloudair_core.compat.ans import ANSFirewall

        gateway = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSFirewall.over(self.session, gateway)

    def firewall_hits(self, edge: str | None = None, vdc: str | None = None) -> list[dict[str, Any]]:
        """Return the counters of the user-defined firewall rules of an edge, in order.

        Makes one API call for the rules and one for each rule, plus the calls that find the edge. The setting
        ``parallel_calls`` limits the number of concurrent calls.

        Shape: ``[{"rule_id", "name", "enabled", "connections", "packets", "bytes", "timestamp", "is_unused"}]``.
        ``is_unused`` is True for a rule that never matched. ``timestamp`` is in seconds since 1970. All counters of a
        rule are None if it was deleted in the meantime.

        Raises: SpecError on NSX-T and vCloud Air, which have no counters; NotFoundError, AmbiguousMatchError, other
        ApiErrors, DecodeError.
        """
        from vcloudair_core.services.ans.firewall.hits import read_hits

        return read_hits(self.session, target_edge(self.session, {"edge": edge, "vdc": vdc}))

    def nat(self, edge: str | Edge, vdc: str | None = None) -> ANSNat:
        """Return the NAT of an edge as an editable list of raw rules.

        To apply a desired state, use ``client.ensure``.
        """
        from vcloudair_core.compat.ans import ANSNat

        gateway = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSNat.over(self.session, gateway)

    def ipsec(self, edge: str | Edge, vdc: str | None = None) -> ANSIPSec:
        """Return the IPsec VPN of an edge as an editable list of raw tunnels.

        To apply a desired state, use ``client.ensure``.
        """
        from vcloudair_core.compat.ans import ANSIPSec

        gateway = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSIPSec.over(self.session, gateway)

    def ipsec_status(self, edge: str | None = None, vdc: str | None = None) -> dict[str, Any]:
        """Return the IPsec VPN of an edge with the live status of each tunnel.

        Makes two API calls, plus the calls that find the edge. On NSX-T, reading the tunnels takes at least one call
        for each tunnel, and the status takes two more calls for each enabled tunnel.

        Shape: as returned by ``client.read("ans.ipsec")``, with ``service_status`` and, for each tunnel, ``status``
        (up, down, partly up, disabled, unknown), ``last_error``, ``received_bytes``, ``sent_bytes`` and ``subnets``
        (``[{"local", "peer", "status", "last_error"}]``). On NSX-T, ``subnets`` also has counters of bytes and packets.

        Raises: NotFoundError, AmbiguousMatchError, other ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.ipsec.section import SECTION
        from vcloudair_core.services.ans.ipsec.status import tunnels_with_status
        from vcloudair_core.services.ans.section.kinds import SectionKind

        store = self._ipsec_store(edge, vdc)
        section = SectionKind(SECTION).project(store.read())
        status = store.read_status(section["tunnels"])
        return {**section, "service_status": status.service, "tunnels": tunnels_with_status(section["tunnels"], status)}

    def wait_for_tunnels(
        self,
        tunnels: Sequence[Mapping[str, Any]],
        *,
        edge: str | None = None,
        vdc: str | None = None,
        timeout_s: float = 120.0,
    ) -> list[dict[str, Any]]:
        """Wait until tunnels are up, and return them with their status.

        ``tunnels`` are plain data from ``client.read``. ``timeout_s`` is in seconds.

        Raises: TaskTimeoutError with the status of the tunnels that are not up; NotFoundError if all tunnels are
        disabled.
        """
        from vcloudair_core.services.ans.ipsec.status import wait_until_up

        return wait_until_up(self._ipsec_store(edge, vdc), tunnels, timeout_s)

    def peer_sheet(self, tunnel: str, edge: str | None = None, vdc: str | None = None) -> dict[str, Any]:
        """Return the settings that the peer of a tunnel needs, without the pre-shared key.

        The local values of the peer are the peer values of the tunnel, and vice versa.

        Shape: ``{name, ike_version, authentication, local_ip, local_id, local_subnets, peer_ip, peer_id, peer_subnets,
        encryption, digest, dh_group, pfs, mtu}``.

        Raises: NotFoundError, AmbiguousMatchError, the errors of reading the section.
        """
        from vcloudair_core.services.ans.ipsec.model import find_tunnel
        from vcloudair_core.services.ans.ipsec.tunnel_rules import as_peer
        from vcloudair_core.services.ans.section.document import state_of

        store = self._ipsec_store(edge, vdc)
        return as_peer(find_tunnel(state_of(store.read()), tunnel, store.target))

    def l2vpn_status(self, edge: str | None = None, vdc: str | None = None) -> dict[str, Any]:
        """Return the L2 VPN tunnels of an edge gateway with status and statistics.

        On NSX-T, reading N tunnels takes at least N + 1 API calls, and the status takes two more calls for each enabled
        tunnel. The calls that find the edge are not included. On NSX-V, the status of enabled tunnels is ``unknown``,
        because no public source describes the statistics.

        Shape: as returned by ``client.read("ans.l2vpn")``, with ``status`` (up, down, disabled, unknown),
        ``last_error``, and counters such as ``received_bytes`` in each tunnel.

        Raises: ConfigurationError for an edge gateway of vCloud Air; NotFoundError, AmbiguousMatchError, other
        ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.l2vpn.section import SECTION
        from vcloudair_core.services.ans.section.kinds import SectionKind

        store = self._l2vpn_store(edge, vdc)
        section = SectionKind(SECTION).project(store.read())
        statuses = store.read_status(section["tunnels"])
        rows = zip(section["tunnels"], statuses, strict=True)
        return {**section, "tunnels": [{**tunnel, **status.as_row()} for tunnel, status in rows]}

    def l2vpn_peer_code(self, tunnel: str, edge: str | None = None, vdc: str | None = None) -> Secret:
        """Return the peer code of an L2 VPN server tunnel.

        It contains the pre-shared key of the tunnel.

        ``tunnel`` is the name or ID of the tunnel. The peer code is a secret: ``str()`` shows asterisks, and
        ``reveal()`` returns the text. The client tunnel at the other site needs it.

        Raises: ConfigurationError for NSX-V, if the tunnel is a client, or if the server does not return the peer code;
        NotFoundError, AmbiguousMatchError, the errors of reading the section.
        """
        from vcloudair_core.services.ans.l2vpn.model import find_tunnel
        from vcloudair_core.services.ans.section.document import state_of

        store = self._l2vpn_store(edge, vdc)
        rule_id = find_tunnel(state_of(store.read()), tunnel, store.target).rule_id
        return store.read_peer_code(str(rule_id))

    def save_l2vpn_peer_code(self, tunnel: str, path: str, edge: str | None = None, vdc: str | None = None) -> bool:
        """Write the peer code of an L2 VPN server tunnel to a file with mode 0600.

        Return True if the file has changed. ``tunnel`` is the name or ID of the tunnel. ``~`` in ``path`` is expanded.

        Raises: ConfigurationError if the file cannot be written; the errors of :meth:`l2vpn_peer_code`.
        """
        from vcloudair_core.services.ans.l2vpn.peer_code_file import write_peer_code
        from vcloudair_core.settings.settings import expand_user

        return write_peer_code(expand_user(path), self.l2vpn_peer_code(tunnel, edge, vdc))

    def dhcp_leases(self, edge: str | None = None, vdc: str | None = None) -> list[dict[str, Any]]:
        """Return the DHCP leases of an edge.

        Makes one API call, plus the calls that find the edge.

        Shape: ``[{"ip_address", "mac_address", "host_name", "state", "starts", "ends"}]``. The values are strings from
        the server, or None.

        Raises: ConfigurationError on NSX-T; NotFoundError, AmbiguousMatchError, other ApiErrors, DecodeError.
        """
        from vcloudair_core.services.ans.dhcp.leases import read_leases
        from vcloudair_core.services.ans.edge.directory import target_edge

        return read_leases(self.session, target_edge(self.session, {"edge": edge, "vdc": vdc}))

    def load_balancer_status(self, edge: str | None = None, vdc: str | None = None) -> dict[str, Any]:
        """Return the load balancer of an edge with the status of its objects.

        Makes two API calls, plus the calls that find the edge. On NSX-T, makes three calls, and one more for each pool
        and each virtual server.

        Shape: as returned by ``client.read("ans.load_balancer")``, with ``status`` in each virtual server, pool and
        member: a string from the server in lower case, such as ``up``, ``down`` or ``open``, or ``unknown``.

        Raises: ConfigurationError if the backend has no load balancer; NotFoundError, AmbiguousMatchError, other
        ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.load_balancer.status import read_status

        return read_status(self.session, {"edge": edge, "vdc": vdc})

    def addresses(self, edge: str | None = None, vdc: str | None = None) -> dict[str, Any]:
        """Return the public addresses of an edge gateway: allocated, used and free.

        Makes two API calls on NSX-T, plus one for every additional 128 used addresses, and four on other backends. The
        calls that find the edge are not included.

        Shape: ``{"addresses": [{"addresses", "count", "state", "used_by", "network"}], "allocated_count", "used_count",
        "free_count"}``. ``addresses`` of a row is an address or a range. ``state`` is ``used`` or ``free``. ``used_by``
        lists services: primary, snat, dnat, ipsec, load_balancer, and on NSX-T also ssl_vpn and l2_vpn.

        Raises: ConfigurationError if an uplink uses IP spaces; NotFoundError, AmbiguousMatchError, other ApiErrors,
        DecodeError.
        """
        from vcloudair_core.services.ans.address_book.reader import read_address_book

        return read_address_book(self.session, target_edge(self.session, {"edge": edge, "vdc": vdc}))

    def list_networks(self, vdc: str | None = None) -> list[dict[str, Any]]:
        """Return the networks of the organization, with used and free addresses.

        The networks are sorted by name. Makes one API call for every 128 networks. Before API version 33.0, also makes
        two calls for each network, in parallel. ``vdc`` (name or UUID) limits the list to one VDC.

        Shape: ``[{"name", "id", "vdc", "vdc_id", "owner_id", "owner_name", "owner_type", "type", "backend", "edge",
        "edge_id", "subnet", "gateway", "subnets", "dns_servers", "dns_suffix", "static_pools", "total_count",
        "used_count", "free_count", "is_shared", "description"}]``. ``type`` is ``routed``, ``isolated``, ``direct`` or
        ``imported``. The counts include only addresses in static pools. ``used_count`` and ``free_count`` are None if
        the server does not return the used addresses.

        Raises: NotFoundError if ``vdc`` does not exist; other ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.org_networks.network_reader import NetworkReader

        return [network.as_row() for network in NetworkReader(self.session).list_networks(vdc or "")]

    def network(self, name_or_id: str, vdc: str | None = None) -> dict[str, Any]:
        """Return a network by name or UUID, with its DHCP pools and used addresses.

        In addition to the list of networks, makes two API calls, and one more for every additional 128 used addresses.
        Before API version 33.0, or if the network is connected to an NSX-V edge gateway, makes up to four calls.

        Shape: a row of :meth:`list_networks` with ``dhcp_pools`` (ranges, or None if the user cannot read them) and
        ``allocated_addresses`` (``[{"address", "used_by", "vm", "vapp", "is_deployed"}]``). ``used_by`` is ``vm``,
        ``edge``, ``nat``, or the name that the server uses, in lower case.

        Raises: NotFoundError, AmbiguousMatchError, other ApiErrors, TransportError, DecodeError.
        """
        from vcloudair_core.services.ans.org_networks.network_reader import NetworkReader

        return NetworkReader(self.session).read(name_or_id, vdc or "")

    def _l2vpn_store(self, edge: str | None, vdc: str | None) -> NsxtL2VpnStore | NsxvL2VpnStore:
        from vcloudair_core.services.ans.l2vpn.nsxt.store import NsxtL2VpnStore
        from vcloudair_core.services.ans.l2vpn.nsxv.store import NsxvL2VpnStore
        from vcloudair_core.services.ans.l2vpn.section import SECTION
        from vcloudair_core.services.ans.section.kinds import open_section

        store = open_section(SECTION, self.session, target_edge(self.session, {"edge": edge, "vdc": vdc}))
        assert isinstance(store, (NsxtL2VpnStore, NsxvL2VpnStore))
        return store

    def _ipsec_store(self, edge: str | None, vdc: str | None) -> StatusStore:
        from vcloudair_core.services.ans.ipsec.section import SECTION
        from vcloudair_core.services.ans.section.kinds import SectionKind

        store: Any = SectionKind(SECTION).open(self.session, {"edge": edge, "vdc": vdc})
        status_store: StatusStore = store
        return status_store
