"""The firewall in XML, as ``/network/edges`` speaks it. Source: protocol/ans.md §2.8, §9."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.firewall.model import (
    LAST_TYPES,
    READ_ONLY,
    Firewall,
    is_any_service,
    lists_of,
    placed,
    service_of,
    services_of,
    wire_service,
    words_of,
)
from vcloudair_core.services.ans.firewall.spec import GLOBAL_SETTINGS, FirewallPolicySpec, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    children,
    int_of,
    made_child,
    remove,
    set_repeated,
    set_text,
    tag_like,
    text_of,
    texts_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_SIMPLE = {
    "tag": "ruleTag",
    "name": "name",
    "enabled": "enabled",
    "logging": "loggingEnabled",
    "description": "description",
    "match_translated": "matchTranslated",
    "direction": "direction",
    "action": "action",
}
"""Our word to the wire's, in the order in which new rules are written. Source: protocol/ans.md §2.4, §2.8."""

_LISTS = ("ipAddress", "groupingObjectId", "vnicGroupId")


class XmlFirewallCodec:
    """The document's tree is an element; it is copied, never changed in place."""

    backend = NSXV
    media_type = XML
    vnic_prefix = "vnic-"

    def parse(self, body: bytes) -> SectionDocument[FirewallPolicySpec]:
        """Raises DecodeError when it is not XML, or not a firewall."""
        root = xml.parse(body, what="the firewall configuration")
        if xml.local(root) != "firewall":
            raise DecodeError(
                f"The firewall configuration is not what was expected: <firewall>, not <{xml.local(root)}>.",
                excerpt=body[:200].decode("utf-8", errors="replace"),
            )
        return SectionDocument(
            "firewall", root, int_of(text_of(root, "version")), self.backend, self.media_type, codec=self
        )

    def encode(self, document: Document) -> bytes:
        """The whole section, version and all. Source: protocol/ans.md §8."""
        root: _Element = document.tree
        if any(child_of(rule, name) is not None for rule in _rule_elements(root) for name in READ_ONLY):
            root = copy.deepcopy(root)
            for rule in _rule_elements(root):
                for child in [child for child in rule if xml.local(child) in READ_ONLY]:
                    remove(child)
        return xml.to_bytes(root)

    def decode(self, document: Document) -> Firewall:
        """Source: protocol/ans.md §2.8."""
        root: _Element = document.tree
        policy = child_of(root, "defaultPolicy")
        return Firewall(
            FirewallPolicySpec(
                enabled=bool_of(text_of(root, "enabled")),
                default_action=_folded(text_of(policy, "action")),
                default_logging=bool_of(text_of(policy, "loggingEnabled")),
                global_settings=tuple(_known_settings(child_of(root, "globalConfig")).items()),
            ),
            rules=tuple(
                LiveRule(slot, _rule(element), text_of(element, "ruleType") or "")
                for slot, element in enumerate(_rule_elements(root))
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A copy of the tree with the edit carried out."""
        root: _Element = copy.deepcopy(document.tree)
        if "enabled" in edit.settings:
            set_text(root, "enabled", edit.settings["enabled"])
        for word, wire in (("default_action", "action"), ("default_logging", "loggingEnabled")):
            if word in edit.settings:
                set_text(made_child(root, "defaultPolicy"), wire, edit.settings[word])
        for word, value in edit.settings.get("global_settings", {}).items():
            set_text(made_child(root, "globalConfig"), GLOBAL_SETTINGS[word][0], value)
        if edit.steps is not None:
            self._set_rules(root, edit.steps)
        return replace(document, tree=root)

    def _set_rules(self, root: _Element, steps: Sequence[RuleStep]) -> None:
        holder = made_child(root, "firewallRules")
        rules = _rule_elements(root)
        users = [self._step(rules, step, holder) for step in steps]
        types = [(text_of(rule, "ruleType") or "").casefold() for rule in rules]
        others = [child for child in holder if xml.local(child) != "firewallRule"]
        merged = placed(rules, [kind == "user" for kind in types], [kind in LAST_TYPES for kind in types], users)
        holder[:] = [*others, *merged]

    def _step(self, rules: Sequence[_Element], step: RuleStep, holder: _Element) -> _Element:
        if step.slot is None:
            return self.new_rule(step.spec, holder)
        element = rules[step.slot]
        if step.changed:
            self._change(element, step.spec, step.changed)
        return element

    def new_rule(self, spec: FirewallRuleSpec, like: _Element) -> _Element:
        """A rule that the server does not know yet: without id. ``like`` gives the namespace. Source: §2.4, §2.8."""
        element = etree.Element(tag_like(like, "firewallRule"))
        set_text(element, "name", spec.name or "")
        set_text(element, "ruleType", "user")
        rest = ("source", "source_exclude", "destination", "destination_exclude", "services", "applications")
        given = [name for name in (*_SIMPLE, *rest) if getattr(spec, name) is not None]
        self._change(element, spec, tuple(given))
        return element

    def _change(self, element: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
        for name, wire in _SIMPLE.items():
            if name in changed:
                set_text(element, wire, getattr(spec, name))
        for side in ("source", "destination"):
            if side in changed or f"{side}_exclude" in changed:
                self._change_endpoint(element, spec, side, changed)
        if "services" in changed or "applications" in changed:
            _change_application(element, spec, changed)

    def _change_endpoint(self, element: _Element, spec: FirewallRuleSpec, side: str, changed: tuple[str, ...]) -> None:
        """What we do not know in it is kept; left empty, it is taken out and means any.

        Source: protocol/ans.md §2.5.
        """
        holder = made_child(element, side)
        if f"{side}_exclude" in changed:
            set_text(holder, "exclude", getattr(spec, f"{side}_exclude"))
        elif child_of(holder, "exclude") is None:
            set_text(holder, "exclude", False)
        words = getattr(spec, side)
        if side in changed and words is not None:
            lists = lists_of(words, self.vnic_prefix)
            for name in _LISTS:
                set_repeated(holder, name, lists[name])
        unknown = [child for child in holder if xml.local(child) not in (*_LISTS, "exclude")]
        has_members = any(xml.local(child) in _LISTS for child in holder)
        if not unknown and not has_members and not bool_of(text_of(holder, "exclude")):
            remove(holder)


def _change_application(element: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
    """Source: protocol/ans.md §2.6, §9: repeated elements where JSON has lists."""
    holder = made_child(element, "application")
    if "applications" in changed and spec.applications is not None:
        set_repeated(holder, "applicationId", spec.applications)
    if spec.services is not None:
        # Also when only the applications change: "any" may be there by absence, and would end with the first of them.
        has_applications = child_of(holder, "applicationId") is not None
        wanted = () if is_any_service(spec.services) and not has_applications else spec.services
        for child in children(holder, "service"):
            remove(child)
        for service in wanted:
            made = etree.SubElement(holder, tag_like(holder, "service"))
            for name, value in wire_service(service).items():
                for text in value if isinstance(value, list) else [value]:
                    etree.SubElement(made, tag_like(holder, name)).text = text
    if len(holder) == 0:
        remove(holder)


def _folded(word: str | None) -> str | None:
    return None if word is None else word.casefold()


# -- reading -----------------------------------------------------------------------------------------------------


def _rule(element: _Element) -> FirewallRuleSpec:
    """Source: protocol/ans.md §2.8; the rule's id is ``id`` here, ``ruleId`` in JSON (§9)."""
    by_name: dict[str, _Element] = {xml.local(child): child for child in element}
    texts = {name: (child.text or "").strip() for name, child in by_name.items() if len(child) == 0}
    application = by_name.get("application")
    applications = texts_of(application, "applicationId")
    rule_id = int_of(texts.get("id"))
    tag = int_of(texts.get("ruleTag"))
    return FirewallRuleSpec(
        name=by_name["name"].text or "" if "name" in by_name else "",
        action=(texts.get("action") or "deny").casefold(),
        enabled=bool_of(texts.get("enabled"), True),
        logging=bool_of(texts.get("loggingEnabled"), False),
        description=by_name["description"].text or "" if "description" in by_name else "",
        source=_words(by_name.get("source")),
        destination=_words(by_name.get("destination")),
        source_exclude=bool_of(text_of(by_name.get("source"), "exclude"), False),
        destination_exclude=bool_of(text_of(by_name.get("destination"), "exclude"), False),
        services=services_of([_service(item) for item in children(application, "service")], applications),
        applications=applications,
        match_translated=bool_of(texts.get("matchTranslated"), False),
        direction=texts.get("direction", "").casefold() or None,
        tag=rule_id if tag is None else tag,
        rule_id=rule_id,
    )


def _words(element: _Element | None) -> tuple[str, ...]:
    return words_of(*(texts_of(element, name) for name in ("ipAddress", "vnicGroupId", "groupingObjectId")))


def _service(element: _Element) -> ServiceSpec:
    return service_of(
        text_of(element, "protocol") or "any",
        texts_of(element, "port"),
        texts_of(element, "sourcePort"),
        text_of(element, "icmpType"),
    )


def _known_settings(element: _Element | None) -> dict[str, bool | int]:
    found: dict[str, bool | int] = {}
    for word, (wire, kind, _) in GLOBAL_SETTINGS.items():
        text = text_of(element, wire)
        value = bool_of(text) if kind is bool else int_of(text)
        if value is not None:
            found[word] = value
    return found


def _rule_elements(root: _Element) -> list[_Element]:
    return children(child_of(root, "firewallRules"), "firewallRule")
