"""The firewall in XML, as ``/network/edges`` speaks it. Source: api/ans.md §2.8, §9."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from vcloudair_core import xmltree
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import Step
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.firewall_model import (
    LAST_TYPES,
    READ_ONLY,
    Edit,
    Firewall,
    is_any_service,
    lists_of,
    placed,
    service_of,
    services_of,
    wire_service,
    words_of,
)
from vcloudair_core.services.ans.firewall_spec import GLOBAL_SETTINGS, FirewallRuleSpec, ServiceSpec

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
"""Our word to the wire's, in the order in which new rules are written. Source: api/ans.md §2.4, §2.8."""

_LISTS = ("ipAddress", "groupingObjectId", "vnicGroupId")


class XmlFirewallCodec:
    """The document's tree is an element; it is copied, never changed in place."""

    dialect = "network_xml"
    vnic_prefix = "vnic-"

    def parse(self, body: bytes) -> Document:
        """Raises DecodeError when it is not XML, or not a firewall."""
        root = xmltree.parse(body, what="the firewall configuration")
        if xmltree.local(root) != "firewall":
            raise DecodeError(
                f"The firewall configuration is not what was expected: <firewall>, not <{xmltree.local(root)}>.",
                excerpt=body[:200].decode("utf-8", errors="replace"),
            )
        return Document("firewall", root, _int(_text(root, "version")), self.dialect)

    def encode(self, document: Document) -> bytes:
        """The whole section, version and all. Source: api/ans.md §8."""
        root: _Element = document.tree
        if any(_child(rule, name) is not None for rule in _rule_elements(root) for name in READ_ONLY):
            root = copy.deepcopy(root)
            for rule in _rule_elements(root):
                for child in [child for child in rule if _local(child) in READ_ONLY]:
                    _remove(child)
        return xmltree.to_bytes(root)

    def decode(self, document: Document) -> Firewall:
        """Source: api/ans.md §2.8."""
        root: _Element = document.tree
        policy = _child(root, "defaultPolicy")
        return Firewall(
            enabled=_bool(_text(root, "enabled")),
            default_action=_text(policy, "action"),
            default_logging=_bool(_text(policy, "loggingEnabled")),
            global_settings=_known_settings(_child(root, "globalConfig")),
            rules=tuple(
                LiveRule(slot, _rule(element), _text(element, "ruleType") or "")
                for slot, element in enumerate(_rule_elements(root))
            ),
        )

    def merge(self, document: Document, edit: Edit) -> Document:
        """A copy of the tree with the edit carried out."""
        root: _Element = copy.deepcopy(document.tree)
        if "enabled" in edit.settings:
            _set_text(root, "enabled", edit.settings["enabled"])
        for word, wire in (("default_action", "action"), ("default_logging", "loggingEnabled")):
            if word in edit.settings:
                _set_text(_made(root, "defaultPolicy"), wire, edit.settings[word])
        for word, value in edit.global_settings.items():
            _set_text(_made(root, "globalConfig"), GLOBAL_SETTINGS[word][0], value)
        if edit.steps is not None:
            self._set_rules(root, edit.steps)
        return Document(document.section, root, document.version, document.dialect)

    def _set_rules(self, root: _Element, steps: Sequence[Step]) -> None:
        holder = _made(root, "firewallRules")
        rules = _rule_elements(root)
        users = [self._step(rules, step, holder) for step in steps]
        types = [(_text(rule, "ruleType") or "").casefold() for rule in rules]
        others = [child for child in holder if _local(child) != "firewallRule"]
        merged = placed(rules, [kind == "user" for kind in types], [kind in LAST_TYPES for kind in types], users)
        holder[:] = [*others, *merged]

    def _step(self, rules: Sequence[_Element], step: Step, holder: _Element) -> _Element:
        if step.slot is None:
            return self.new_rule(step.spec, holder)
        element = rules[step.slot]
        if step.changed:
            self._change(element, step.spec, step.changed)
        return element

    def new_rule(self, spec: FirewallRuleSpec, like: _Element) -> _Element:
        """A rule that the server does not know yet: without id. ``like`` gives the namespace. Source: §2.4, §2.8."""
        element = etree.Element(_tag(like, "firewallRule"))
        _set_text(element, "name", spec.name or "")
        _set_text(element, "ruleType", "user")
        rest = ("source", "source_exclude", "destination", "destination_exclude", "services", "applications")
        given = [name for name in (*_SIMPLE, *rest) if getattr(spec, name) is not None]
        self._change(element, spec, tuple(given))
        return element

    def _change(self, element: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
        for name, wire in _SIMPLE.items():
            if name in changed:
                _set_text(element, wire, getattr(spec, name))
        for side in ("source", "destination"):
            if side in changed or f"{side}_exclude" in changed:
                self._change_endpoint(element, spec, side, changed)
        if "services" in changed or "applications" in changed:
            _change_application(element, spec, changed)

    def _change_endpoint(self, element: _Element, spec: FirewallRuleSpec, side: str, changed: tuple[str, ...]) -> None:
        """What we do not know in it is kept; left empty, it is taken out and means any. Source: api/ans.md §2.5."""
        holder = _made(element, side)
        if f"{side}_exclude" in changed:
            _set_text(holder, "exclude", getattr(spec, f"{side}_exclude"))
        elif _child(holder, "exclude") is None:
            _set_text(holder, "exclude", False)
        words = getattr(spec, side)
        if side in changed and words is not None:
            lists = lists_of(words, self.vnic_prefix)
            for name in _LISTS:
                _set_repeated(holder, name, lists[name])
        unknown = [child for child in holder if _local(child) not in (*_LISTS, "exclude")]
        has_members = any(_local(child) in _LISTS for child in holder)
        if not unknown and not has_members and not _bool(_text(holder, "exclude")):
            _remove(holder)


def _change_application(element: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
    """Source: api/ans.md §2.6, §9: repeated elements where JSON has lists."""
    holder = _made(element, "application")
    if "applications" in changed and spec.applications is not None:
        _set_repeated(holder, "applicationId", spec.applications)
    if spec.services is not None:
        # Also when only the applications change: "any" may be there by absence, and would end with the first of them.
        has_applications = _child(holder, "applicationId") is not None
        wanted = () if is_any_service(spec.services) and not has_applications else spec.services
        for child in _children(holder, "service"):
            _remove(child)
        for service in wanted:
            made = etree.SubElement(holder, _tag(holder, "service"))
            for name, value in wire_service(service).items():
                for text in value if isinstance(value, list) else [value]:
                    etree.SubElement(made, _tag(holder, name)).text = text
    if len(holder) == 0:
        _remove(holder)


# -- reading -----------------------------------------------------------------------------------------------------


def _rule(element: _Element) -> FirewallRuleSpec:
    """Source: api/ans.md §2.8; the rule's id is ``id`` here, ``ruleId`` in JSON (§9)."""
    by_name: dict[str, _Element] = {_local(child): child for child in element}
    texts = {name: (child.text or "").strip() for name, child in by_name.items() if len(child) == 0}
    application = by_name.get("application")
    applications = _texts(application, "applicationId")
    rule_id = _int(texts.get("id"))
    tag = _int(texts.get("ruleTag"))
    return FirewallRuleSpec(
        name=by_name["name"].text or "" if "name" in by_name else "",
        action=(texts.get("action") or "deny").casefold(),
        enabled=_bool(texts.get("enabled"), True),
        logging=_bool(texts.get("loggingEnabled"), False),
        description=by_name["description"].text or "" if "description" in by_name else "",
        source=_words(by_name.get("source")),
        destination=_words(by_name.get("destination")),
        source_exclude=_bool(_text(by_name.get("source"), "exclude"), False),
        destination_exclude=_bool(_text(by_name.get("destination"), "exclude"), False),
        services=services_of([_service(item) for item in _children(application, "service")], applications),
        applications=applications,
        match_translated=_bool(texts.get("matchTranslated"), False),
        direction=texts.get("direction", "").casefold() or None,
        tag=rule_id if tag is None else tag,
        rule_id=rule_id,
    )


def _words(element: _Element | None) -> tuple[str, ...]:
    return words_of(*(_texts(element, name) for name in ("ipAddress", "vnicGroupId", "groupingObjectId")))


def _service(element: _Element) -> ServiceSpec:
    return service_of(
        _text(element, "protocol") or "any",
        _texts(element, "port"),
        _texts(element, "sourcePort"),
        _text(element, "icmpType"),
    )


def _known_settings(element: _Element | None) -> dict[str, bool | int]:
    found: dict[str, bool | int] = {}
    for word, (wire, kind, _) in GLOBAL_SETTINGS.items():
        text = _text(element, wire)
        value = _bool(text) if kind is bool else _int(text)
        if value is not None:
            found[word] = value
    return found


def _rule_elements(root: _Element) -> list[_Element]:
    return _children(_child(root, "firewallRules"), "firewallRule")


# -- elements ----------------------------------------------------------------------------------------------------


def _local(element: _Element) -> str:
    # Comments and processing instructions have no name; they are kept like anything else that is unknown.
    return xmltree.local(element) if isinstance(element.tag, str) else ""


def _tag(like: _Element, name: str) -> str:
    """A name in the namespace of ``like``, of which this wire form has none. Source: api/ans.md §2.8."""
    namespace = etree.QName(like).namespace
    return f"{{{namespace}}}{name}" if namespace else name


def _children(element: _Element | None, name: str) -> list[_Element]:
    return [] if element is None else [child for child in element if _local(child) == name]


def _child(element: _Element | None, name: str) -> _Element | None:
    return None if element is None else next((child for child in element if _local(child) == name), None)


def _made(element: _Element, name: str) -> _Element:
    found = _child(element, name)
    return etree.SubElement(element, _tag(element, name)) if found is None else found


def _remove(element: _Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _text(element: _Element | None, name: str) -> str | None:
    child = _child(element, name)
    return None if child is None else (child.text or "").strip()


def _texts(element: _Element | None, name: str) -> tuple[str, ...]:
    return tuple(text for child in _children(element, name) if (text := (child.text or "").strip()))


def _set_text(element: _Element, name: str, value: Any) -> None:
    _made(element, name).text = str(value).lower() if isinstance(value, bool) else str(value)


def _set_repeated(element: _Element, name: str, values: Sequence[str]) -> None:
    for child in _children(element, name):
        _remove(child)
    for value in values:
        etree.SubElement(element, _tag(element, name)).text = value


def _int(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None


def _bool(text: str | None, absent: bool | None = None) -> bool | None:
    word = (text or "").lower()
    return word == "true" if word in ("true", "false") else absent
