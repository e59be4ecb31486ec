"""Which codec speaks which dialect."""

from __future__ import annotations

from functools import cache

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.firewall_model import FirewallCodec

DIALECTS = ("hybridity", "network_xml", "network_json")


@cache
def firewall_codec(dialect: str) -> FirewallCodec:
    """The codec of a dialect; lxml is loaded for XML only."""
    if dialect == "network_xml":
        from vcloudair_core.services.ans.firewall_codec_xml import XmlFirewallCodec

        return XmlFirewallCodec()
    if dialect in DIALECTS:
        from vcloudair_core.services.ans.firewall_codec_json import JsonFirewallCodec

        return JsonFirewallCodec(dialect)
    raise ConfigurationError(f"There is no edge API {dialect!r}.", hint=f"Known: {', '.join(DIALECTS)}.")
