"""NAT in XML, as ``/network/edges`` speaks it. Source: protocol/ans.md §3.3, §9."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.firewall.model import LAST_TYPES, placed
from vcloudair_core.services.ans.nat.model import Nat, new_rule_words, rule_of, wire_changes
from vcloudair_core.services.ans.nat.spec import NatSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    children,
    int_of,
    made_child,
    remove,
    set_text,
    tag_like,
    text_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlNatCodec:
    """The document's tree is an element; it is copied, never changed in place."""

    backend = NSXV
    media_type = XML

    def parse(self, body: bytes) -> SectionDocument[NatSpec]:
        """Raises DecodeError when it is not XML, or not a NAT section."""
        root = xml.parse(body, what="the NAT configuration")
        if xml.local(root) != "nat":
            raise DecodeError(
                f"The NAT configuration is not what was expected: <nat>, not <{xml.local(root)}>.",
                excerpt=body[:200].decode("utf-8", errors="replace"),
            )
        return SectionDocument("nat", root, int_of(text_of(root, "version")), self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """The whole section, version and all. Source: protocol/ans.md §8."""
        root: _Element = document.tree
        return xml.to_bytes(root)

    def decode(self, document: Document) -> Nat:
        """Source: protocol/ans.md §3.3; the rule's id is ``ruleId`` here too (§9)."""
        root: _Element = document.tree
        return Nat(
            NatSpec(bool_of(text_of(root, "enabled"))),
            rules=tuple(
                LiveRule(slot, rule_of(_texts(element)), _type_of(element))
                for slot, element in enumerate(_rule_elements(root))
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A copy of the tree with the edit carried out."""
        root: _Element = copy.deepcopy(document.tree)
        if "enabled" in edit.settings:
            set_text(root, "enabled", edit.settings["enabled"])
        if edit.steps is not None:
            self._set_rules(root, edit.steps)
        return replace(document, tree=root)

    def _set_rules(self, root: _Element, steps: Sequence[RuleStep]) -> None:
        holder = made_child(root, "natRules")
        rules = _rule_elements(root)
        users = [_step(rules, step, holder) for step in steps]
        types = [_type_of(rule).casefold() for rule in rules]
        others = [child for child in holder if xml.local(child) != "natRule"]
        merged = placed(rules, [kind == "user" for kind in types], [kind in LAST_TYPES for kind in types], users)
        holder[:] = [*others, *merged]


def _step(rules: Sequence[_Element], step: RuleStep, holder: _Element) -> _Element:
    if step.slot is None:
        made = etree.Element(tag_like(holder, "natRule"))
        for wire, value in new_rule_words(step.spec).items():
            set_text(made, wire, value)
        return made
    element = rules[step.slot]
    for wire, value in wire_changes(step.spec, step.changed).items():
        found = child_of(element, wire)
        if value is not None:
            set_text(element, wire, value)
        elif found is not None:
            remove(found)
    return element


def _rule_elements(root: _Element) -> list[_Element]:
    return children(child_of(root, "natRules"), "natRule")


def _type_of(element: _Element) -> str:
    return text_of(element, "ruleType") or "user"


def _texts(element: _Element) -> dict[str, Any]:
    return {xml.local(child): child.text or "" for child in element if len(child) == 0}
