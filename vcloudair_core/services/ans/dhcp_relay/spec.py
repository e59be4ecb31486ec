"""Specs of DHCP relays and their agents. Source: protocol/ans.md §5."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from vcloudair_core.engine.canonical import address_range, fold, network_set
from vcloudair_core.engine.fields import spec_field
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.engine.rulelist import NamedSpec

MAX_SERVERS = 16
"""Maximum number of DHCP servers: addresses and domain names together.

Source: protocol/ans.md §5.
"""

MAX_DOMAIN_NAMES = 2
"""Maximum number of domain names. Source: protocol/ans.md §5."""

LAST_VNIC = 9
"""Highest interface number. Source: protocol/ans.md §2.5, §5."""

_DOMAIN_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*(?![0-9]+\Z)[a-z0-9_-]{1,63}\Z")
_IP_SET = re.compile(r"(?:[0-9a-f-]{36}:)?ipset-[0-9]+\Z", re.IGNORECASE)


def _names(texts: Iterable[str]) -> Hashable:
    return frozenset(fold(text) for text in texts)


def _address(text: str) -> Hashable:
    return address_range(text) or fold(text)


@dataclass(frozen=True)
class DhcpRelayAgentSpec(NamedSpec):
    """A relay agent. A field that is None keeps its value.

    Source: protocol/ans.md §5.
    """

    vnic: int | None = spec_field(
        "Number of the interface whose DHCP requests are relayed, `0` to `9`. It identifies the agent.",
        "An interface with a DHCP pool cannot relay requests.",
        identity=True,
        required=True,
        bounds=(0, LAST_VNIC),
    )
    gateway_address: str | None = spec_field(
        "IPv4 address of the interface that the relay adds to requests (``giaddr``). The DHCP server uses it to select "
        "a pool. The server's default for new agents is the primary address of the interface.",
        canonical=_address,
    )

    match_by = "vnic"

    @property
    def name(self) -> str:
        """The display name of the interface in plans: ``vnic 1``."""
        return "" if self.vnic is None else f"vnic {self.vnic}"

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        if self.gateway_address is None or _is_ipv4(self.gateway_address):
            return []
        return [("gateway_address", f"{self.gateway_address!r} is not an IPv4 address")]


@dataclass(frozen=True)
class DhcpRelaySpec:
    """A whole DHCP relay. A field that is None keeps its value.

    Source: protocol/ans.md §5.
    """

    ip_addresses: tuple[str, ...] | None = spec_field(
        "Addresses of all DHCP servers. Requests go to every server.",
        "At most 16 addresses and `domain_names` together.",
        canonical=network_set,
        absent=(),
    )
    domain_names: tuple[str, ...] | None = spec_field(
        "Fully qualified domain names of DHCP servers that `ip_addresses` does not contain. At most 2.",
        canonical=_names,
        absent=(),
    )
    ip_sets: tuple[str, ...] | None = spec_field(
        "IDs of all IP sets with addresses of DHCP servers, for example "
        "``f9daf2da-b4f9-4921-a2f4-d77a943a381c:ipset-2``.",
        canonical=_names,
        absent=(),
    )
    agents: tuple[DhcpRelayAgentSpec, ...] | None = spec_field(
        "Relay agents, one per interface. The order does not matter.", input_only=True
    )
    allow_empty: bool | None = spec_field(
        "Whether `agents` may be empty in a document that is applied with purge. This deletes all relay agents.",
        input_only=True,
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        addresses, domain_names = self.ip_addresses or (), self.domain_names or ()
        complaints = [
            *(("ip_addresses", f"{text!r} is not an address") for text in addresses if address_range(text) is None),
            *(
                ("domain_names", f"{text!r} is not a domain name")
                for text in domain_names
                if not _DOMAIN_NAME.match(fold(text).removesuffix("."))
            ),
            *(
                ("ip_sets", f"{text!r} is not the ID of an IP set, such as ipset-2")
                for text in self.ip_sets or ()
                if not _IP_SET.match(text)
            ),
        ]
        if len(domain_names) > MAX_DOMAIN_NAMES:
            complaints.append(
                ("domain_names", f"has {len(domain_names)} domain names; at most {MAX_DOMAIN_NAMES} are allowed")
            )
        if len(addresses) + len(domain_names) > MAX_SERVERS:
            count = len(addresses) + len(domain_names)
            complaints.append(
                (
                    "ip_addresses",
                    f"has {count} servers, including domain_names; at most {MAX_SERVERS} are allowed",
                )
            )
        return complaints


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


IDENTITIES = Identities(
    {"vnic": RuleIdentity(lambda spec: (spec.vnic,), lambda spec: f"on interface {spec.vnic}")},
    shown=("vnic", "gateway_address"),
)
"""Agents are identified by interface. An interface has at most one agent.

Source: protocol/ans.md §5.
"""
