"""Which codec speaks which dialect."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError

if TYPE_CHECKING:
    from vcloudair_core.services.ans.firewall.model import FirewallCodec
    from vcloudair_core.services.ans.ipsec.model import IpsecCodec
    from vcloudair_core.services.ans.nat.model import NatCodec

DIALECTS = ("hybridity", "network_xml", "network_json")


@cache
def firewall_codec(dialect: str) -> FirewallCodec:
    """The codec of a dialect; lxml is loaded for XML only."""
    if dialect == "network_xml":
        from vcloudair_core.services.ans.firewall.codec_xml import XmlFirewallCodec

        return XmlFirewallCodec()
    if dialect in DIALECTS:
        from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec

        return JsonFirewallCodec(dialect)
    raise _unknown(dialect)


@cache
def nat_codec(dialect: str) -> NatCodec:
    """The codec of a dialect; lxml is loaded for XML only."""
    if dialect == "network_xml":
        from vcloudair_core.services.ans.nat.codec_xml import XmlNatCodec

        return XmlNatCodec()
    if dialect in DIALECTS:
        from vcloudair_core.services.ans.nat.codec_json import JsonNatCodec

        return JsonNatCodec(dialect)
    raise _unknown(dialect)


@cache
def ipsec_codec(dialect: str) -> IpsecCodec:
    """The codec of a dialect; lxml is loaded for XML only."""
    if dialect == "network_xml":
        from vcloudair_core.services.ans.ipsec.codec_xml import XmlIpsecCodec

        return XmlIpsecCodec()
    if dialect in DIALECTS:
        from vcloudair_core.services.ans.ipsec.codec_json import JsonIpsecCodec

        return JsonIpsecCodec(dialect)
    raise _unknown(dialect)


def _unknown(dialect: str) -> ConfigurationError:
    return ConfigurationError(f"There is no edge API {dialect!r}.", hint=f"Known: {', '.join(DIALECTS)}.")
