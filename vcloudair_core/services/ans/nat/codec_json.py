"""The JSON codec of NAT for ``/hybridity`` and ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.nat.model import new_rule_values, rule_of, wire_changes
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.json_codec import JsonCodec, without_nulls
from vcloudair_core.services.ans.section.json_values import bool_of


class JsonNatCodec(JsonCodec[NatSpec]):
    """A codec for NAT in JSON.

    The attribute ``backend`` determines if a write sends the version.

    Source: protocol/ans.md §3.1-3.3, §8.
    """

    section = "nat"
    what = "the NAT configuration"
    records_path = ("rules", "natRulesDtos")
    feature_type = "nat"  # not nat_4.0

    def settings_of(self, tree: Mapping[str, Any]) -> NatSpec:
        """Return the section without its rules. Source: protocol/ans.md §3.1."""
        return NatSpec(bool_of(tree.get("enabled")))

    def rule_of(self, record: Mapping[str, Any]) -> NatRuleSpec:
        """Decode the rule in a record. Source: protocol/ans.md §3.2."""
        return rule_of(record)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return the type of a record, such as ``user``."""
        return str(record.get("ruleType") or "user")

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        tree |= settings

    def new_record(self, spec: NatRuleSpec) -> dict[str, Any]:
        """Return the record of a new rule, without the rule ID.

        Source: protocol/ans.md §3.2.
        """
        return new_rule_values(spec)

    def changed_record(self, record: Mapping[str, Any], spec: NatRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return without_nulls(record, wire_changes(spec, changed))
