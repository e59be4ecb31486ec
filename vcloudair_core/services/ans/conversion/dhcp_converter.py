"""Convert the DHCP section of an edge document for NSX-T edge gateways."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.fields import plain
from vcloudair_core.services.ans.conversion.report import LEFT_OUT
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter


class DhcpConverter(SectionConverter):
    """Converts pools and static bindings.

    The addresses determine the networks when the document is applied.
    """

    def convert(self, spec: Any) -> dict[str, Any]:
        """Return the converted section as plain data for an edge document.

        The pools and static bindings of a disabled DHCP service are left out, because they would enable DHCP.
        """
        lists = [(one_list, one_list.rules_of(spec)) for one_list in self.section.lists]
        if spec.enabled is False and any(rules for _, rules in lists):
            for one_list, rules in lists:
                if rules:
                    reason = "DHCP is disabled, and on NSX-T a pool enables DHCP in its network"
                    hint = "Add the entries with vca_dhcp when the networks use DHCP."
                    self.omit_setting(one_list.rules_field, [plain(rule) for rule in rules], reason, hint, LEFT_OUT)
            return {}
        converted = super().convert(spec)
        for one_list, rules in lists:
            if one_list is not self.section and rules is not None:
                converter = SectionConverter(one_list, self.backend.partition(" ")[2])
                shown = [converter.plain_rule(index, rule) for index, rule in converter._rules(spec)]
                converted[one_list.rules_field] = shown
                self.items += converter.items
        return converted
