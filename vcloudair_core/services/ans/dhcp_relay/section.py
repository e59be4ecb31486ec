"""The section ``dhcp_relay``, with resource kinds for the relay and its agents."""

from __future__ import annotations

from vcloudair_core.engine.kind import Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.services.ans.dhcp_relay.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.dhcp_relay.spec import IDENTITIES, DhcpRelayAgentSpec, DhcpRelaySpec
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, XML, split_backend
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionState
from vcloudair_core.services.ans.section.store import SectionStore


class DhcpRelaySection(Section[DhcpRelaySpec, DhcpRelayAgentSpec]):
    """The DHCP relay section. A relay needs both DHCP servers and agents."""

    def warnings(self, store: Store, state: SectionState[DhcpRelaySpec], plan: Plan) -> tuple[str, ...]:
        """Warn about agents without DHCP servers, and about DHCP servers without agents.

        The forwarder of an NSX-T edge gateway has no agents. Source: protocol/ans.md §5, protocol/nsxt.md §10.
        """
        if split_backend(store.backend)[0] == NSXT:
            return ()
        settings = state.settings
        has_servers = bool(settings.ip_addresses or settings.domain_names or settings.ip_sets)
        if has_servers == bool(state.rules):
            return ()
        if has_servers:
            return ("The DHCP relay has DHCP servers but no agents, so it relays nothing. Add an agent.",)
        return ("The DHCP relay has agents but no DHCP servers, so it relays nothing. Set ip_addresses.",)


def _xml() -> SectionCodec[DhcpRelaySpec]:
    from vcloudair_core.services.ans.dhcp_relay.codec_xml import XmlDhcpRelayCodec

    return XmlDhcpRelayCodec()


def _nsxt(api_version: str) -> SectionCodec[DhcpRelaySpec]:
    from vcloudair_core.services.ans.dhcp_relay.nsxt import NsxtDhcpForwarderCodec

    return NsxtDhcpForwarderCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.dhcp_relay.nsxt import NsxtDhcpForwarderStore

    return NsxtDhcpForwarderStore


SECTION = DhcpRelaySection(
    name="dhcp_relay",
    rule_name="dhcp_relay_agent",
    title="DHCP relay",
    noun="DHCP relay agent",
    spec_type=DhcpRelaySpec,
    rule_type=DhcpRelayAgentSpec,
    # Use XML for both media types, because the JSON keys are not documented. Servers send XML to clients that accept
    # XML.
    codecs={(NSXV, JSON): _xml, (NSXV, XML): _xml},
    path="dhcp/config/relay",
    rules_field="agents",
    identities=IDENTITIES,
    is_ordered=False,
    module="vca_dhcp_relay",
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
)
"""The DHCP relay section of an edge gateway."""
