"""Find the codec of a section by the backend of its edge and the wire form."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.edge.backend import BACKENDS, EDGE_APIS, XML

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.firewall.model import FirewallCodec
    from vcloudair_core.services.ans.ipsec.model import IpsecCodec
    from vcloudair_core.services.ans.nat.model import NatCodec

WIRE_FORMS = tuple(EDGE_APIS.values())
"""Backends and media types that sections have codecs for."""


@cache
def firewall_codec(backend: str, media_type: str) -> FirewallCodec:
    """Return the firewall codec of a backend. Loads lxml for XML only."""
    assert (backend, media_type) in WIRE_FORMS
    if media_type == XML:
        from vcloudair_core.services.ans.firewall.codec_xml import XmlFirewallCodec

        return XmlFirewallCodec()
    from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec

    return JsonFirewallCodec(backend)


@cache
def nat_codec(backend: str, media_type: str) -> NatCodec:
    """Return the NAT codec of a backend. Loads lxml for XML only."""
    assert (backend, media_type) in WIRE_FORMS
    if media_type == XML:
        from vcloudair_core.services.ans.nat.codec_xml import XmlNatCodec

        return XmlNatCodec()
    from vcloudair_core.services.ans.nat.codec_json import JsonNatCodec

    return JsonNatCodec(backend)


@cache
def ipsec_codec(backend: str, media_type: str) -> IpsecCodec:
    """Return the IPsec codec of a backend. Loads lxml for XML only."""
    assert (backend, media_type) in WIRE_FORMS
    if media_type == XML:
        from vcloudair_core.services.ans.ipsec.codec_xml import XmlIpsecCodec

        return XmlIpsecCodec()
    from vcloudair_core.services.ans.ipsec.codec_json import JsonIpsecCodec

    return JsonIpsecCodec(backend)


def refuse_unsupported(edge: Edge, section: str) -> None:
    """Raise ConfigurationError for an edge whose backend has no codec for a section."""
    if edge.backend in {backend for backend, _ in WIRE_FORMS}:
        return
    titles = " and ".join(sorted(BACKENDS[backend].title for backend in {backend for backend, _ in WIRE_FORMS}))
    title = BACKENDS[edge.backend].title
    raise ConfigurationError(
        f"The {section} section of edge gateway {edge.name or edge.edge_id!r} cannot be opened. It is an {title} edge "
        f"gateway, and this version supports {titles} only.",
        hint="Name an edge gateway with another backend. `vca edge list -o wide` shows the backend of each one.",
    )
