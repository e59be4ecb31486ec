"""The interfaces of an edge by their names: asked for only when a name is used. Source: protocol/ans.md §1.4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError, ServerError, SpecError

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class EdgeInterface:
    """One interface. ``vnic`` is its number; ``names`` are its own and that of its network.

    ``networks`` are the networks that it is in, as CIDR, and single addresses that it has beyond them.
    """

    vnic: str
    names: tuple[str, ...]
    type: str = ""
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{' or '.join(self.names) or 'without name'} (vnic {self.vnic}{', ' + self.type if self.type else ''})"


def read_interfaces(session: Session, edge: Edge) -> list[EdgeInterface]:
    """All interfaces of an edge, in one call.

    Raises: ConfigurationError when the API has no such list; DecodeError; other ApiErrors.
    """
    path = f"/network/edges/{quote(edge.edge_id, safe='')}/vdcNetworks"
    try:
        response = session.call("GET", path)
    except (NotFoundError, ServerError) as exc:
        if isinstance(exc, ServerError) and exc.status != 501:
            raise
        raise ConfigurationError(
            "This API does not list the interfaces of an edge gateway, so their names mean nothing here.",
            hint="Give the number of the interface (vnic) in place of its name (interface).",
        ) from exc
    return parse_interfaces(response.body)


def parse_interfaces(body: bytes) -> list[EdgeInterface]:
    """Source: protocol/ans.md §1.4. Raises DecodeError."""
    from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of
    from vcloudair_core.util import xml

    root = xml.parse(body, what="the list of edge interfaces")
    interfaces: list[EdgeInterface] = []
    for element in children(root, "edgeInterface"):
        names = [text_of(element, "name"), text_of(child_of(element, "networkReference"), "name")]
        vnic = text_of(element, "index")
        if vnic:
            known = tuple(dict.fromkeys(name for name in names if name))
            interfaces.append(EdgeInterface(vnic, known, text_of(element, "type") or "", tuple(_networks(element))))
    return interfaces


def _networks(element: _Element) -> Iterator[str]:
    """Source: protocol/ans.md §1.4."""
    from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of, texts_of

    for group in children(child_of(element, "addressGroups"), "addressGroup"):
        primary, length = text_of(group, "primaryAddress"), text_of(group, "subnetPrefixLength")
        if primary:
            yield f"{primary}/{length}" if length else primary
        yield from texts_of(child_of(group, "secondaryAddresses"), "ipAddress")


def pick_interface(interfaces: Sequence[EdgeInterface], name: str, path: str) -> str:
    """The number of the interface that a name means: exactly, else without case.

    Raises: SpecError with the interfaces there are; AmbiguousMatchError.
    """
    for matches in (
        [each for each in interfaces if name in each.names],
        [each for each in interfaces if name.casefold() in [known.casefold() for known in each.names]],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{path}: {len(matches)} interfaces are named {name!r}: {_listed(matches)}.",
                candidates=[{"vnic": each.vnic, "names": list(each.names), "type": each.type} for each in matches],
                hint="Give the number of the interface (vnic) instead.",
            )
        if matches:
            return matches[0].vnic
    hint = near(name, [known for each in interfaces for known in each.names])
    there = f"there are {_listed(interfaces)}" if interfaces else "the edge gateway has none"
    raise SpecError(path, f"there is no interface or network {name!r}; {there}{'; ' + hint if hint else ''}")


def _listed(interfaces: Sequence[EdgeInterface]) -> str:
    return ", ".join(map(str, interfaces))
