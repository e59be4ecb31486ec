"""Convert the DHCP relay of an edge document for NSX-T edge gateways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import plain
from vcloudair_core.services.ans.conversion.report import LEFT_OUT, OMITTED
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter
from vcloudair_core.services.ans.edge.backend import NSXT


class DhcpRelayConverter(SectionConverter):
    """Converts a DHCP relay to a DHCP forwarder.

    A DHCP forwarder has only addresses of DHCP servers. It has no agents.
    """

    def adapt_settings(self, spec: Any) -> Any:
        """Return the settings without the DHCP servers that have no address.

        The report lists these servers.
        """
        for limit in self.section.setting_limits[NSXT]:
            value = getattr(spec, limit.option)
            if value:
                self.omit_setting(limit.option, plain(value), limit.reason, limit.hint, LEFT_OUT)
        return replace(spec, domain_names=None, ip_sets=None)

    def _rules(self, spec: Any) -> list[tuple[int, Any]]:
        """Return an empty list, and report the agents of the relay as left out."""
        [limit] = self.section.rule_limits[NSXT]
        agents = [agent.name for agent in self.section.rules_of(spec) or ()]
        if agents:
            hint = "Set the DHCP mode of the networks of these interfaces to relay."
            self.omit_setting(self.section.rules_field, agents, limit.reason, hint, OMITTED)
        return []
