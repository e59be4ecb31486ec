"""Read the interfaces of an edge, and find them by name.

Source: protocol/ans.md §1.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import (
    AmbiguousMatchError,
    ConfigurationError,
    DecodeError,
    NotFoundError,
    ServerError,
    SpecError,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class EdgeInterface:
    """An interface of an edge.

    ``vnic`` is the number of the interface. ``names`` has the names of the interface and of its network. ``networks``
    has the subnet of each primary address in CIDR notation, and the secondary addresses. ``network_id`` and
    ``network_name`` are the UUID and the name of the network. ``tunnel_id`` is the ID of a subinterface in an L2 VPN.
    """

    vnic: str
    names: tuple[str, ...]
    type: str = ""
    networks: tuple[str, ...] = ()
    network_id: str = ""
    network_name: str = ""
    tunnel_id: int | None = None

    def __str__(self) -> str:
        return f"{' or '.join(self.names) or 'without name'} (vnic {self.vnic}{', ' + self.type if self.type else ''})"


def read_interfaces(session: Session, edge: Edge) -> list[EdgeInterface]:
    """Return all interfaces of an edge. Makes one API call.

    Raises: ConfigurationError if the API does not list interfaces; DecodeError; other ApiErrors.
    """
    path = f"/network/edges/{quote(edge.edge_id, safe='')}/vdcNetworks"
    try:
        response = session.call("GET", path)
    except (NotFoundError, ServerError) as exc:
        if isinstance(exc, ServerError) and exc.status != 501:
            raise
        raise ConfigurationError(
            "Looking up an interface of the edge gateway by name failed. This API does not list interfaces.",
            hint="Use the number of the interface (vnic) instead of its name (interface). In firewall rules, "
            "use the ID of the network.",
        ) from exc
    return parse_interfaces(response.body)


def parse_interfaces(body: bytes) -> list[EdgeInterface]:
    """Parse the list of interfaces. Source: protocol/ans.md §1.4. Raises: DecodeError."""
    from vcloudair_core.services.ans.section.xml_elements import child_of, children, int_of, text_of
    from vcloudair_core.util import xml

    root = xml.parse(body, what="the list of edge interfaces")
    if xml.local(root) != "edgeInterfaces":
        raise DecodeError(
            f"Reading the list of edge interfaces failed. edgeInterfaces was expected, not {xml.local(root)}."
        )
    interfaces: list[EdgeInterface] = []
    for element in children(root, "edgeInterface"):
        reference = child_of(element, "networkReference")
        network_name = text_of(reference, "name") or ""
        names = [text_of(element, "name"), network_name]
        vnic = text_of(element, "index")
        if vnic:
            known = tuple(dict.fromkeys(name for name in names if name))
            interfaces.append(
                EdgeInterface(
                    vnic,
                    known,
                    text_of(element, "type") or "",
                    tuple(_networks(element)),
                    (text_of(reference, "id") or "").rpartition(":")[2],
                    network_name,
                    int_of(text_of(element, "tunnelId")) or None,
                )
            )
    return interfaces


def _networks(element: _Element) -> Iterator[str]:
    """Yield the subnets and the secondary addresses of an interface.

    Source: protocol/ans.md §1.4.
    """
    from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of, texts_of

    for group in children(child_of(element, "addressGroups"), "addressGroup"):
        primary, length = text_of(group, "primaryAddress"), text_of(group, "subnetPrefixLength")
        if primary:
            yield f"{primary}/{length}" if length else primary
        yield from texts_of(child_of(group, "secondaryAddresses"), "ipAddress")


def pick_interface(interfaces: Sequence[EdgeInterface], name: str, path: str) -> str:
    """Find an interface by name, and return its number.

    An exact match takes precedence over a match that ignores case.

    Raises: SpecError with the names of all interfaces; AmbiguousMatchError.
    """
    for matches in (
        [interface for interface in interfaces if name in interface.names],
        [interface for interface in interfaces if name.casefold() in [known.casefold() for known in interface.names]],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{path}: {len(matches)} interfaces are named {name!r}: {_listed(matches)}.",
                candidates=[
                    {"vnic": interface.vnic, "names": list(interface.names), "type": interface.type}
                    for interface in matches
                ],
                hint="Use the number of the interface (vnic) instead.",
            )
        if matches:
            return matches[0].vnic
    hint = near(name, [known for interface in interfaces for known in interface.names])
    known = f"the interfaces are {_listed(interfaces)}" if interfaces else "the edge gateway has no interfaces"
    raise SpecError(path, f"{name!r} is not an interface or network; {known}{'; ' + hint if hint else ''}")


def _listed(interfaces: Sequence[EdgeInterface]) -> str:
    return ", ".join(map(str, interfaces))
