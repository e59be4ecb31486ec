"""Convert an NSX-V edge document to a document for an NSX-T edge gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.desired import Exactly
from vcloudair_core.services.ans.conversion.dhcp_converter import DhcpConverter
from vcloudair_core.services.ans.conversion.dhcp_relay_converter import DhcpRelayConverter
from vcloudair_core.services.ans.conversion.firewall_converter import FirewallConverter
from vcloudair_core.services.ans.conversion.ipsec_converter import IpsecConverter
from vcloudair_core.services.ans.conversion.load_balancer_converter import LoadBalancerConverter
from vcloudair_core.services.ans.conversion.nat_converter import NatConverter
from vcloudair_core.services.ans.conversion.network_converters import DnsConverter, StaticRoutesConverter
from vcloudair_core.services.ans.conversion.report import Conversion, ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.services.ans.edge.backend import NSXT_SINCE
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.sections import load_section

OLDEST_VERSION = "{}.{}".format(*NSXT_SINCE)
"""The oldest API version with NSX-T edge gateways."""

_CONVERTERS: Mapping[str, type[SectionConverter]] = {
    "firewall": FirewallConverter,
    "dhcp": DhcpConverter,
    "dhcp_relay": DhcpRelayConverter,
    "static_routes": StaticRoutesConverter,
    "dns": DnsConverter,
    "load_balancer": LoadBalancerConverter,
}
"""Converters of sections that need only the API version."""


def convert_edge(
    sections: Mapping[str, Any], *, api_version: str = OLDEST_VERSION, uplinks: Sequence[str] = ()
) -> Conversion:
    """Convert the sections of an NSX-V edge document.

    Args:
        sections: The sections as plain data, as ``vca edge export`` writes them.
        api_version: The API version of the cloud with the NSX-T edge gateway.
        uplinks: The numbers of the uplink interfaces of the NSX-V edge gateway, if they are known.

    Raises: SpecError with all invalid fields.
    """
    kind = EdgeKind()
    spec = kind.parse(sections)
    kind.validate(Exactly((spec,)))
    document: dict[str, Any] = {}
    items: list[ConversionItem] = []
    for name, section_spec in spec.sections.items():
        section = load_section(name)
        converter = _converter(section, sections[name], api_version, uplinks)
        converted = converter.convert(section_spec)
        document |= {name: converted} if converted else {}
        items += converter.items
    return Conversion(document, tuple(items))


def _converter(
    section: Section[Any, Any], data: Mapping[str, Any], api_version: str, uplinks: Sequence[str]
) -> SectionConverter:
    if section.name == "nat":
        return NatConverter(section, api_version, uplinks)
    if section.name == "ipsec":
        return IpsecConverter(section, api_version, data.get(section.rules_field) or ())
    return _CONVERTERS.get(section.name, SectionConverter)(section, api_version)
