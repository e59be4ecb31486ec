"""NAT in JSON: NSX's own serialisation, under ``/hybridity`` and, when asked for, ``/network/edges``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import JSON
from vcloudair_core.services.ans.firewall.model import LAST_TYPES, placed
from vcloudair_core.services.ans.nat.model import Nat, new_rule_words, rule_of, wire_changes
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit
from vcloudair_core.services.ans.section.json_document import parse_section
from vcloudair_core.services.ans.section.json_values import bool_of

FEATURE_TYPE = "nat"
"""Not ``nat_4.0``. Source: protocol/ans.md §3.1."""


class JsonNatCodec:
    """``backend`` decides whether the version goes back. Source: protocol/ans.md §8."""

    media_type = JSON

    def __init__(self, backend: str) -> None:
        self.backend = backend

    def parse(self, body: bytes) -> SectionDocument[NatSpec]:
        """Source: protocol/ans.md §3.1. Raises DecodeError when it is not JSON, or not a NAT section."""
        return self.document(parse_section(body, "nat", "rules", what="the NAT configuration"))

    def document(self, tree: Any) -> SectionDocument[NatSpec]:
        """A document around a parsed tree. Raises DecodeError when it is not a NAT section."""
        outer = tree.get("rules") if isinstance(tree, dict) else tree
        is_list = isinstance(outer, dict) and isinstance(outer.get("natRulesDtos", []), (list, type(None)))
        if not isinstance(tree, dict) or not (outer is None or is_list):
            raise DecodeError(
                "The NAT configuration is not what was expected: an object with rules.",
                excerpt=json.dumps(tree, default=str)[:200],
            )
        version = tree.get("version")
        is_number = isinstance(version, int) and not isinstance(version, bool)
        return SectionDocument("nat", tree, version if is_number else None, self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """The whole section. Source: protocol/ans.md §3.3, §8."""
        tree: dict[str, Any] = document.tree
        sent = {key: value for key, value in tree.items() if key != "version" or document.version is not None}
        sent.setdefault("featureType", FEATURE_TYPE)
        return json.dumps(_with_rules(sent, _rule_list(tree)), ensure_ascii=False).encode()

    def decode(self, document: Document) -> Nat:
        """Source: protocol/ans.md §3.1-3.2."""
        tree: dict[str, Any] = document.tree
        return Nat(
            NatSpec(bool_of(tree.get("enabled"))),
            rules=tuple(
                LiveRule(slot, rule_of(raw), str(raw.get("ruleType") or "user"))
                for slot, raw in enumerate(_rule_list(tree))
                if isinstance(raw, dict)
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A new tree that shares every untouched part with the old one."""
        tree: dict[str, Any] = dict(document.tree)
        if "enabled" in edit.settings:
            tree["enabled"] = edit.settings["enabled"]
        if edit.steps is not None:
            rules = _rule_list(tree)
            users = [self._step(rules, step) for step in edit.steps]
            types = [_type_of(rule) for rule in rules]
            is_user, is_last = [kind == "user" for kind in types], [kind in LAST_TYPES for kind in types]
            tree = _with_rules(tree, placed(rules, is_user, is_last, users))
        return replace(document, tree=tree)

    def _step(self, rules: list[Any], step: RuleStep) -> Any:
        if step.slot is None:
            return self.new_rule(step.spec)
        raw = rules[step.slot]
        if not step.changed:
            return raw
        changes = wire_changes(step.spec, step.changed)
        return {key: value for key, value in {**raw, **changes}.items() if key not in changes or value is not None}

    def new_rule(self, spec: NatRuleSpec) -> dict[str, Any]:
        """A rule that the server does not know yet: without id. Source: protocol/ans.md §3.2."""
        return new_rule_words(spec)


def _with_rules(tree: Mapping[str, Any], rules: list[Any]) -> dict[str, Any]:
    return {**tree, "rules": {**(tree.get("rules") or {}), "natRulesDtos": rules}}


def _rule_list(tree: Mapping[str, Any]) -> list[Any]:
    """Nested; missing or null when there is none. Source: protocol/ans.md §3.1."""
    inner: list[Any] | None = (tree.get("rules") or {}).get("natRulesDtos")
    return inner if inner is not None else []


def _type_of(rule: Any) -> str:
    return str(rule.get("ruleType") or "user").casefold() if isinstance(rule, dict) else ""
