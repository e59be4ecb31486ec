"""The firewall in JSON: NSX's own serialisation, under ``/hybridity`` and, when asked for, ``/network/edges``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import JSON, VCLOUDAIR
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
from vcloudair_core.services.ans.section.json_document import parse_section
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, items_of, mapping_of, text_of, texts_of

_SIMPLE = {
    "name": "name",
    "action": "action",
    "enabled": "enabled",
    "logging": "loggingEnabled",
    "description": "description",
    "match_translated": "matchTranslated",
    "direction": "direction",
    "tag": "ruleTag",
}
"""Our word to the wire's. Source: protocol/ans.md §2.4."""

_LISTS = ("ipAddress", "groupingObjectId", "vnicGroupId")
FEATURE_TYPE = "firewall_4.0"


class JsonFirewallCodec:
    """``backend`` decides how vNICs are spelt. Source: protocol/ans.md §9."""

    media_type = JSON

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.vnic_prefix = "vnic-index-" if backend == VCLOUDAIR else "vnic-"

    def parse(self, body: bytes) -> SectionDocument[FirewallPolicySpec]:
        """Source: protocol/ans.md §2.1. Raises DecodeError when it is not JSON, or not a firewall."""
        return self.document(parse_section(body, "firewall", "firewallRules", what="the firewall configuration"))

    def document(self, tree: Any) -> SectionDocument[FirewallPolicySpec]:
        """A document around a parsed tree. Raises DecodeError when it is not a firewall."""
        outer = tree.get("firewallRules") if isinstance(tree, dict) else tree
        if not isinstance(tree, dict) or not isinstance(outer, (dict, type(None))) or not _is_list(outer):
            raise DecodeError(
                "The firewall configuration is not what was expected: an object with firewallRules.",
                excerpt=json.dumps(tree, default=str)[:200],
            )
        version = tree.get("version")
        is_number = isinstance(version, int) and not isinstance(version, bool)
        return SectionDocument(
            "firewall", tree, version if is_number else None, self.backend, self.media_type, codec=self
        )

    def encode(self, document: Document) -> bytes:
        """The whole section, with the version if the document has one. Source: protocol/ans.md §2.2, §8, §10 (4)."""
        tree: dict[str, Any] = document.tree
        sent = {key: value for key, value in tree.items() if key != "version" or document.version is not None}
        sent.setdefault("featureType", FEATURE_TYPE)
        rules = [_without_read_only(rule) for rule in _rule_list(tree)]
        sent["firewallRules"] = {**(tree.get("firewallRules") or {}), "firewallRules": rules}
        return json.dumps(sent, ensure_ascii=False).encode()

    def decode(self, document: Document) -> Firewall:
        """Source: protocol/ans.md §2.1-2.6."""
        tree: dict[str, Any] = document.tree
        policy = mapping_of(tree.get("defaultPolicy"))
        settings = mapping_of(tree.get("globalConfig"))
        return Firewall(
            FirewallPolicySpec(
                enabled=bool_of(tree.get("enabled")),
                default_action=_folded(text_of(policy.get("action"))),
                default_logging=bool_of(policy.get("loggingEnabled")),
                global_settings=tuple(_known_settings(settings).items()),
            ),
            rules=tuple(
                LiveRule(slot, _rule(raw), str(raw.get("ruleType") or ""))
                for slot, raw in enumerate(_rule_list(tree))
                if isinstance(raw, dict)
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A new tree that shares every untouched part with the old one."""
        tree: dict[str, Any] = dict(document.tree)
        if "enabled" in edit.settings:
            tree["enabled"] = edit.settings["enabled"]
        policy = {
            wire: edit.settings[word]
            for word, wire in (("default_action", "action"), ("default_logging", "loggingEnabled"))
            if word in edit.settings
        }
        if policy:
            tree["defaultPolicy"] = {**mapping_of(tree.get("defaultPolicy")), **policy}
        if "global_settings" in edit.settings:
            changed = {GLOBAL_SETTINGS[word][0]: value for word, value in edit.settings["global_settings"].items()}
            tree["globalConfig"] = {**mapping_of(tree.get("globalConfig")), **changed}
        if edit.steps is not None:
            rules = _rule_list(tree)
            users = [self._step(rules, step) for step in edit.steps]
            types = [_type_of(rule) for rule in rules]
            merged = placed(rules, [kind == "user" for kind in types], [kind in LAST_TYPES for kind in types], users)
            tree["firewallRules"] = {**(tree.get("firewallRules") or {}), "firewallRules": merged}
        return replace(document, tree=tree)

    def _step(self, rules: list[Any], step: RuleStep) -> Any:
        if step.slot is None:
            return self.new_rule(step.spec)
        raw = rules[step.slot]
        return self._changed(dict(raw), step.spec, step.changed) if step.changed else raw

    def new_rule(self, spec: FirewallRuleSpec) -> dict[str, Any]:
        """A rule that the server does not know yet: without id. Source: protocol/ans.md §2.4."""
        fields = [name for name in _SIMPLE if getattr(spec, name) is not None]
        rest = ("source", "source_exclude", "destination", "destination_exclude", "services", "applications")
        given = [name for name in rest if getattr(spec, name) is not None]
        return self._changed({"name": "", "ruleType": "user"}, spec, (*fields, *given))

    def _changed(self, raw: dict[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        for name in changed:
            if name in _SIMPLE:
                raw[_SIMPLE[name]] = getattr(spec, name)
        for side in ("source", "destination"):
            if side in changed or f"{side}_exclude" in changed:
                _set_or_drop(raw, side, self._endpoint(mapping_of(raw.get(side)), spec, side, changed))
        if "services" in changed or "applications" in changed:
            _set_or_drop(raw, "application", _application(mapping_of(raw.get("application")), spec, changed))
        return raw

    def _endpoint(
        self, raw: Mapping[str, Any], spec: FirewallRuleSpec, side: str, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """A source or destination; what we do not know in it is kept. Empty means any. Source: protocol/ans.md §2.5."""
        result = dict(raw)
        words = getattr(spec, side)
        if side in changed and words is not None:
            result |= lists_of(words, self.vnic_prefix)
        if f"{side}_exclude" in changed:
            result["exclude"] = getattr(spec, f"{side}_exclude")
        known = {*_LISTS, "exclude"}
        says_nothing = not any(result.get(name) for name in known)
        return {} if says_nothing and not set(result) - known else {"exclude": False, **result}


def _application(raw: Mapping[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
    """Source: protocol/ans.md §2.6. Empty means any."""
    result = dict(raw)
    if "applications" in changed and spec.applications is not None:
        result["applicationId"] = list(spec.applications)
    if spec.services is not None:
        # Also when only the applications change: "any" may be there by absence, and would end with the first of them.
        result["service"] = [wire_service(service) for service in spec.services]
        if is_any_service(spec.services) and not result.get("applicationId"):
            result["service"] = []
    known = {"applicationId", "service"}
    says_nothing = not any(result.get(name) for name in known)
    return {} if says_nothing and not set(result) - known else result


def _set_or_drop(raw: dict[str, Any], key: str, value: dict[str, Any]) -> None:
    if value:
        raw[key] = value
    else:
        raw.pop(key, None)


def _folded(word: str | None) -> str | None:
    return None if word is None else word.casefold()


# -- reading -----------------------------------------------------------------------------------------------------


def _rule(raw: Mapping[str, Any]) -> FirewallRuleSpec:
    source, destination = mapping_of(raw.get("source")), mapping_of(raw.get("destination"))
    application = mapping_of(raw.get("application"))
    applications = texts_of(application.get("applicationId"))
    services = [_service(item) for item in items_of(application.get("service")) if isinstance(item, dict)]
    rule_id = int_of(raw.get("ruleId"))
    tag = int_of(raw.get("ruleTag"))
    direction = text_of(raw.get("direction"))
    return FirewallRuleSpec(
        name=text_of(raw.get("name")) or "",
        action=(text_of(raw.get("action")) or "deny").casefold(),
        enabled=bool_of(raw.get("enabled"), True),
        logging=bool_of(raw.get("loggingEnabled"), False),
        description=text_of(raw.get("description")) or "",
        source=_words(source),
        destination=_words(destination),
        source_exclude=bool_of(source.get("exclude"), False),
        destination_exclude=bool_of(destination.get("exclude"), False),
        services=services_of(services, applications),
        applications=applications,
        match_translated=bool_of(raw.get("matchTranslated"), False),
        direction=direction.casefold() if direction else None,
        tag=rule_id if tag is None else tag,
        rule_id=rule_id,
    )


def _words(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return words_of(*(texts_of(raw.get(name)) for name in ("ipAddress", "vnicGroupId", "groupingObjectId")))


def _service(raw: Mapping[str, Any]) -> ServiceSpec:
    return service_of(
        text_of(raw.get("protocol")) or "any",
        texts_of(raw.get("port")),
        texts_of(raw.get("sourcePort")),
        text_of(raw.get("icmpType")),
    )


def _known_settings(raw: Mapping[str, Any]) -> dict[str, bool | int]:
    found: dict[str, bool | int] = {}
    for word, (wire, kind, _) in GLOBAL_SETTINGS.items():
        value = bool_of(raw.get(wire)) if kind is bool else int_of(raw.get(wire))
        if value is not None:
            found[word] = value
    return found


def _rule_list(tree: Mapping[str, Any]) -> list[Any]:
    """Doubly nested; missing or null when there is none. Source: protocol/ans.md §2.1."""
    inner: list[Any] | None = (tree.get("firewallRules") or {}).get("firewallRules")
    return inner if inner is not None else []


def _is_list(outer: Mapping[str, Any] | None) -> bool:
    return isinstance((outer or {}).get("firewallRules", []), (list, type(None)))


def _type_of(rule: Any) -> str:
    return str(rule.get("ruleType") or "").casefold() if isinstance(rule, dict) else ""


def _without_read_only(rule: Any) -> Any:
    if not isinstance(rule, dict) or READ_ONLY.isdisjoint(rule):
        return rule
    return {key: value for key, value in rule.items() if key not in READ_ONLY}
