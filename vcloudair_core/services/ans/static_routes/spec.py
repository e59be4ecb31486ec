"""Specs of static routes. Source: protocol/ans.md §5, protocol/nsxt.md §10."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.fields import FieldInfo, spec_field
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.section.rule_fields import ID_PATTERN, clear_key, description_field

LAST_VNIC = 200
"""Highest interface number. Source: protocol/ans.md §3.2."""

DEFAULT_DISTANCE = 1
"""Administrative distance of a next hop without one.

Source: protocol/ans.md §5, protocol/nsxt.md §10.
"""

MAX_NEXT_HOPS = 5
"""Maximum number of next hops of a route (inferred)."""

BY_NETWORK, BY_NEXT_HOP = "network", "next_hop"
MATCHES = (BY_NETWORK, BY_NEXT_HOP, "name", "rule_id")
_MTU = (68, 65535)
"""Lowest and highest MTU of IPv4. Source: https://www.rfc-editor.org/rfc/rfc791."""


def address_meaning(text: str) -> Hashable:
    """Return an address or network in canonical form, for comparison."""
    return address_range(text) or fold(text)


@dataclass(frozen=True)
class NextHopSpec:
    """A next hop of a route."""

    address: str | None = spec_field("IP address of the next router.", required=True, canonical=address_meaning)
    distance: int | None = spec_field(
        "Administrative distance, `1` to `255`. The next hop with the lowest distance is used. The default is `1`.",
        absent=DEFAULT_DISTANCE,
        bounds=(1, 255),
    )
    network: str | None = spec_field(
        "Name or URN of the network through which the next hop is reached. Only on NSX-T edge gateways. By default, "
        "the edge gateway selects the network by the address.",
        absent="",
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        return _address_complaints("address", self.address)


def next_hops_meaning(hops: Iterable[NextHopSpec]) -> Hashable:
    """Return next hops in canonical form, for comparison. Order does not matter."""
    return frozenset(
        (address_meaning(hop.address or ""), hop.distance or DEFAULT_DISTANCE, hop.network or "") for hop in hops
    )


@dataclass(frozen=True)
class StaticRouteSpec:
    """A static route. A field that is None keeps its value."""

    network: str | None = spec_field(
        "Destination of the route, as a CIDR such as `10.9.0.0/16`. It identifies the route, unless `match_by` selects "
        "another option.",
        canonical=address_meaning,
    )
    next_hops: tuple[NextHopSpec, ...] | None = spec_field(
        "Next hops of the route. The list replaces all next hops of an existing route. Required for new routes.",
        canonical=next_hops_meaning,
    )
    vnic: int | None = spec_field(
        "Number of the interface through which the route leads, `0` to `200`. By default, the edge gateway selects "
        "the interface by the address of the next hop.",
        bounds=(0, LAST_VNIC),
    )
    interface: str | None = spec_field(
        "Name of the interface or of its network, instead of `vnic`. The lookup takes one more API call.",
        input_only=True,
        read=Reader.text,
    )
    mtu: int | None = spec_field(
        "Maximum size of packets in bytes. By default, the MTU of the interface.", bounds=_MTU, unit="bytes"
    )
    description: str | None = description_field()
    name: str | None = spec_field(
        "Name of the route on NSX-T edge gateways. It identifies the route with `match_by=name`.",
        "If it is not set, a new route is named after its network. On NSX-V edge gateways, routes have no names.",
        identity=True,
    )
    rule_id: str | None = spec_field(
        "ID of the route, which only NSX-T edge gateways set. It identifies the route with `match_by=rule_id`.",
        read_only=True,
        pattern=ID_PATTERN,
        read=Reader.identifier,
    )
    match_by: str = spec_field(
        "How to find an existing route.",
        "`network` compares the destination. If several routes have the destination, the route with the same next hop "
        "is selected. A new next hop changes the route.",
        "`next_hop` compares the destination and the addresses of the next hops. Use it for several routes to one "
        "destination.",
        "With `name` and `rule_id`, all other options can change.",
        default=BY_NETWORK,
        input_only=True,
        choices=MATCHES,
    )

    tag = position = before = after = index = enabled = None
    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": clear_key("description")}
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (("vnic", "interface"),)
    """Mutually exclusive keys."""

    @property
    def display_name(self) -> str:
        """The name of the route in plans: its name, or its destination."""
        return (self.name or "").strip() or self.network or ""

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        required = {BY_NEXT_HOP: (BY_NETWORK, "next_hops")}.get(self.match_by, (self.match_by,))
        complaints = [
            (name, f"is required with match_by={self.match_by}") for name in required if not getattr(self, name)
        ]
        if self.network and not _is_network(self.network):
            complaints.append(("network", f"{self.network!r} is not a network in CIDR notation, such as 10.9.0.0/16"))
        addresses = [address_meaning(hop.address or "") for hop in self.next_hops or ()]
        if len(set(addresses)) < len(addresses):
            complaints.append(("next_hops", "contains an address twice"))
        if self.next_hops == ():
            complaints.append(("next_hops", "is empty; a route needs a next hop"))
        return complaints


def _address_complaints(field: str, text: str | None) -> list[tuple[str, str]]:
    try:
        if text is not None:
            ip_address(text)
    except ValueError:
        return [(field, f"{text!r} is not an IP address")]
    return []


def _is_network(text: str) -> bool:
    return "/" in text and address_range(text) is not None


@dataclass(frozen=True)
class StaticRoutesSpec:
    """All static routes of an edge gateway. A field that is None keeps its value."""

    default_gateway: str | None = spec_field(
        "IP address of the router for all other traffic. The default route is never deleted, and it keeps its values "
        "if these options are not set, also with `purge=true`.",
        canonical=address_meaning,
    )
    default_gateway_vnic: int | None = spec_field(
        "Number of the interface of the default route, `0` to `200`.", bounds=(0, LAST_VNIC)
    )
    default_gateway_mtu: int | None = spec_field(
        "Maximum size of packets on the default route in bytes.", bounds=_MTU, unit="bytes"
    )
    default_gateway_distance: int | None = spec_field(
        "Administrative distance of the default route, `1` to `255`.", bounds=(1, 255)
    )
    default_gateway_description: str | None = spec_field("Description of the default route, as free text.")
    routes: tuple[StaticRouteSpec, ...] | None = spec_field(
        "Static routes. The order does not matter. Each entry must identify a different route.", input_only=True
    )
    allow_empty: bool | None = spec_field(
        "Whether `routes` may be empty in a document that is applied with purge. This deletes all static routes.",
        input_only=True,
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        return _address_complaints("default_gateway", self.default_gateway)
