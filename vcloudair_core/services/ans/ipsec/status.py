"""Read the IPsec tunnel status that an edge gateway reports.

Source: protocol/ans.md §4.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.errors import DecodeError, NotFoundError, TaskTimeoutError
from vcloudair_core.services.ans.ipsec.spec import ANY_PEER
from vcloudair_core.services.ans.section.json_values import int_of, items_of, mapping_of, text_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Document
    from vcloudair_core.util.clock import Clock

UP, DOWN, PARTLY, DISABLED, UNKNOWN = "up", "down", "partly up", "disabled", "unknown"
_SIGNS = frozenset({"serverStatus", "siteStatistics"})
_POLL_S = (1.0, 2.0, 3.0, 5.0)


@dataclass(frozen=True)
class SiteStatus:
    """The status of a tunnel, as reported by the edge gateway.

    ``subnets`` has the shape ``[{"local", "peer", "status", "last_error"}]``. On NSX-T, the items also have counters of
    bytes and packets, and ``site_id`` is the ID of the tunnel.
    """

    peer_id: str
    peer_ip: str
    status: str
    last_error: str
    received_bytes: int | None
    sent_bytes: int | None
    subnets: tuple[Mapping[str, Any], ...]
    site_id: str = ""


@dataclass(frozen=True)
class IpsecStatus:
    """The status of the IPsec service, ``up`` or ``down``, and of its tunnels."""

    service: str
    sites: tuple[SiteStatus, ...]

    def of(self, tunnel: Mapping[str, Any]) -> SiteStatus | None:
        """Return the status of a tunnel, or None if the response does not have it.

        On NSX-T, ``site_id`` identifies the tunnel. On other backends, ``peer_id`` and ``peer_ip`` identify it, or
        ``peer_id`` alone if only one tunnel in the response has this peer ID.
        """
        if any(site.site_id for site in self.sites):
            return next((site for site in self.sites if site.site_id == tunnel.get("site_id")), None)
        peer_id, peer_ip = tunnel.get("peer_id") or tunnel.get("peer_ip"), tunnel.get("peer_ip")
        alike = [site for site in self.sites if site.peer_id == peer_id]
        exact = [site for site in alike if site.peer_ip == peer_ip]
        return next(iter(exact or (alike if len(alike) == 1 or peer_ip == ANY_PEER else ())), None)


class StatusStore(Protocol):
    """A store that reads the status of tunnels."""

    clock: Clock

    @property
    def target(self) -> str:
        """The display name of the edge."""
        ...

    def read(self) -> Document:
        """Return the section."""
        ...

    def read_status(self, tunnels: Sequence[Mapping[str, Any]], *, has_statistics: bool = True) -> IpsecStatus:
        """Return the status of tunnels, which are passed as plain data.

        The result can include other tunnels. If ``has_statistics`` is false, counters that take additional calls are
        not read. Raises: ApiError, TransportError, DecodeError.
        """
        ...


def parse_status(body: bytes) -> IpsecStatus:
    """Parse a response in JSON or XML. Raises: DecodeError."""
    if body.lstrip()[:1] == b"<":
        tree = mapping_of(_tree(xml.parse(body, what="the IPsec statistics")))
    else:
        tree = mapping_of(xml.parse_json(body, what="the IPsec statistics"))
    if not _SIGNS & set(tree):
        raise DecodeError(
            "Reading the IPsec statistics failed. The response has neither serverStatus nor siteStatistics."
        )
    sites = tuple(_site(mapping_of(item)) for item in items_of(tree.get("siteStatistics")))
    return IpsecStatus((text_of(tree.get("serverStatus")) or UNKNOWN).lower(), sites)


def tunnels_with_status(tunnels: Sequence[Mapping[str, Any]], current: IpsecStatus) -> list[dict[str, Any]]:
    """Return copies of the tunnels with their status.

    The status is in ``status``, ``last_error``, ``received_bytes``, ``sent_bytes`` and ``subnets``.
    """
    return [{**tunnel, **_plain_status(tunnel, current)} for tunnel in tunnels]


def wait_until_up(store: StatusStore, tunnels: Sequence[Mapping[str, Any]], timeout_s: float) -> list[dict[str, Any]]:
    """Poll until all enabled ``tunnels`` are up, and return them with their status.

    Raises: TaskTimeoutError with the tunnels that are not up and the last message about each; NotFoundError if all
    tunnels are disabled; the errors of :meth:`StatusStore.read_status`.
    """
    awaited = [tunnel for tunnel in tunnels if tunnel.get("enabled", True)]
    if not awaited:
        raise NotFoundError(f"Waiting for IPsec tunnels failed: {store.target}. No tunnel is enabled.")
    deadline = store.clock.now() + timeout_s
    polls = 0
    while True:
        shown = tunnels_with_status(awaited, store.read_status(awaited, has_statistics=False))
        waiting = [tunnel for tunnel in shown if tunnel["status"] != UP]
        if not waiting:
            return shown
        left = deadline - store.clock.now()
        if left <= 0:
            summary = "; ".join(
                f"{tunnel['name']} is {tunnel['status']} ({tunnel['last_error'] or 'without a message'})"
                for tunnel in waiting
            )
            raise TaskTimeoutError(
                f"Waiting for IPsec tunnels failed: {store.target}. After {timeout_s:g} seconds, {summary}.",
                task={
                    "tunnels": [{key: tunnel[key] for key in ("name", "status", "last_error")} for tunnel in waiting]
                },
                hint="Run `vca ipsec peer`, and compare the output with the settings of the peer.",
            )
        store.clock.sleep(min(left, _POLL_S[min(polls, len(_POLL_S) - 1)]))
        polls += 1


def _plain_status(tunnel: Mapping[str, Any], current: IpsecStatus) -> dict[str, Any]:
    site = current.of(tunnel)
    if not tunnel.get("enabled", True):
        status = DISABLED
    elif site is None:
        status = DOWN if current.service != UP else UNKNOWN
    else:
        status = site.status
    return {
        "status": status,
        "last_error": site.last_error if site else ("The IPsec service is disabled." if current.service != UP else ""),
        "received_bytes": site.received_bytes if site else None,
        "sent_bytes": site.sent_bytes if site else None,
        "subnets": [dict(pair) for pair in site.subnets] if site else [],
    }


def _site(raw: Mapping[str, Any]) -> SiteStatus:
    ike = mapping_of(raw.get("ikeStatus"))
    pairs = [mapping_of(item) for item in items_of(raw.get("tunnelStats"))]
    subnets = tuple(
        {
            "local": text_of(pair.get("localSubnet")) or "",
            "peer": text_of(pair.get("peerSubnet")) or "",
            "status": (text_of(pair.get("tunnelStatus")) or UNKNOWN).lower(),
            "last_error": text_of(pair.get("lastInformationalMessage")) or "",
        }
        for pair in pairs
    )
    status = (text_of(raw.get("siteStatus")) or text_of(ike.get("channelStatus")) or UNKNOWN).lower()
    if status == UP and any(pair["status"] != UP for pair in subnets):
        status = PARTLY
    messages = [text_of(ike.get("lastInformationalMessage")) or "", *(pair["last_error"] for pair in subnets)]
    return SiteStatus(
        peer_id=text_of(ike.get("peerId")) or "",
        peer_ip=text_of(ike.get("peerIpAddress")) or "",
        status=status,
        last_error=next((message for message in messages if message), ""),
        received_bytes=int_of(raw.get("rxBytesOnSite")),
        sent_bytes=int_of(raw.get("txBytesFromSite")),
        subnets=subnets,
    )


def _tree(element: Any) -> Any:
    """Convert an element to JSON types. Children with the same name become a list."""
    children = [child for child in element if xml.local(child)]
    if not children:
        return (element.text or "").strip()
    tree: dict[str, Any] = {}
    for child in children:
        name, value = xml.local(child), _tree(child)
        tree[name] = [*items_of(tree[name]), value] if name in tree else value
    return tree
