"""The XML codec of NAT for ``/network/edges``. Source: protocol/ans.md §3.3, §9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.nat.model import new_rule_values, rule_of, wire_changes
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
    """A codec for NAT in XML. The rule ID is in ``ruleId``, as in JSON.

    Source: protocol/ans.md §3.3, §9.
    """

    section = "nat"
    what = "the NAT configuration"
    root = "nat"
    records_path = ("natRules", "natRule")

    def settings_of(self, root: _Element) -> NatSpec:
        """Return the section without its rules."""
        return NatSpec(bool_of(text_of(root, "enabled")))

    def rule_of(self, record: _Element) -> NatRuleSpec:
        """Decode the rule in a record."""
        return rule_of(leaf_texts(record))

    def rule_type_of(self, record: _Element) -> str:
        """Return the type of a record, such as ``user``."""
        return text_of(record, "ruleType") or "user"

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        for name, value in settings.items():
            set_text(root, name, value)

    def fill(self, record: _Element, spec: NatRuleSpec) -> None:
        """Fill the empty record of a new rule."""
        set_texts(record, new_rule_values(spec))

    def set_fields(self, record: _Element, spec: NatRuleSpec, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        set_texts(record, wire_changes(spec, changed))
