"""NAT in XML, as ``/network/edges`` speaks it. Source: protocol/ans.md §3.3, §9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.nat.model import new_rule_words, rule_of, wire_changes
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.xml_codec import XmlCodec, leaf_texts
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    set_text,
    set_texts,
    text_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlNatCodec(XmlCodec[NatSpec]):
    """NAT in XML. The id of a rule is ``ruleId`` here, too. Source: protocol/ans.md §3.3, §9."""

    section = "nat"
    what = "the NAT configuration"
    root = "nat"
    records_path = ("natRules", "natRule")

    def settings_of(self, root: _Element) -> NatSpec:
        """Return the section without its rules."""
        return NatSpec(bool_of(text_of(root, "enabled")))

    def rule_of(self, record: _Element) -> NatRuleSpec:
        """Return the rule that a record says."""
        return rule_of(leaf_texts(record))

    def rule_type_of(self, record: _Element) -> str:
        """Return who owns a record."""
        return text_of(record, "ruleType") or "user"

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set settings in a copy of the tree."""
        for name, value in settings.items():
            set_text(root, name, value)

    def fill(self, record: _Element, spec: NatRuleSpec) -> None:
        """Fill the empty record of a rule that the server does not know yet."""
        set_texts(record, new_rule_words(spec))

    def set_fields(self, record: _Element, spec: NatRuleSpec, changed: tuple[str, ...]) -> None:
        """Set the values that ``spec`` has for the fields ``changed`` in a record."""
        set_texts(record, wire_changes(spec, changed))
