"""The firewall in XML: ``ruleId`` is ``id`` there, lists are repeated elements. Source: protocol/ans.md §2.8, §9."""

from __future__ import annotations

from typing import Any

from lxml import etree

from vcloudair_core.simulator.xml_builder import parsed, serialised, text_of

_LISTS = {"ipAddress", "groupingObjectId", "vnicGroupId", "service", "port", "sourcePort", "applicationId"}
_INTS = {"id", "ruleId", "ruleTag", "version"}


def to_xml(name: str, value: Any) -> bytes:
    """A document of nested dicts and lists."""
    return serialised(_element(name, value))


def firewall_xml(config: dict[str, Any]) -> bytes:
    """The section; it has no featureType here. Source: protocol/ans.md §9."""
    body = {key: value for key, value in config.items() if key not in ("featureType", "firewallRules")}
    root = _element("firewall", body)
    rules = etree.SubElement(root, "firewallRules")
    for rule in config["firewallRules"]["firewallRules"]:
        rules.append(rule_element(rule))
    return serialised(root)


def rule_element(rule: dict[str, Any]) -> Any:
    """One rule."""
    return _element("firewallRule", {"id": rule["ruleId"], **{k: v for k, v in rule.items() if k != "ruleId"}})


def _element(name: str, value: Any) -> Any:
    made = etree.Element(name)
    if isinstance(value, dict):
        for key, item in value.items():
            for child in item if isinstance(item, list) else [item]:
                if child is not None:
                    made.append(_element(key, child))
    elif value != "":
        made.text = text_of(value)
    return made


def _root(body: bytes, *names: str) -> Any:
    """A document of something else must not pass for an empty one."""
    root = parsed(body)
    if root.tag not in names:
        raise ValueError(f"{root.tag} in place of {' or '.join(names)}")
    return root


def firewall_from_xml(body: bytes) -> dict[str, Any]:
    """The section as JSON says it. Raises etree.XMLSyntaxError, ValueError."""
    root = _root(body, "firewall")
    config = {child.tag: _value(child) for child in root if child.tag != "firewallRules"}
    if "version" in config:
        config["version"] = int(config["version"])
    rules = root.find("firewallRules")
    config["firewallRules"] = {"firewallRules": [rule_from(child) for child in rules] if rules is not None else []}
    return config


def settings_from_xml(body: bytes, name: str) -> dict[str, Any]:
    """The children of a small document with that root. Raises etree.XMLSyntaxError, ValueError."""
    settings = _value(_root(body, name))
    return settings if isinstance(settings, dict) else {}


def rules_from_xml(body: bytes) -> list[dict[str, Any]]:
    """One rule or several, by the root. Raises etree.XMLSyntaxError, ValueError."""
    root = _root(body, "firewallRule", "firewallRules")
    return [rule_from(root)] if root.tag == "firewallRule" else [rule_from(child) for child in root]


def rule_from(root: Any) -> dict[str, Any]:
    """A rule as JSON says it. Raises ValueError."""
    rule = _value(root)
    if not isinstance(rule, dict):
        return {}
    if "id" in rule:
        rule = {"ruleId": rule.pop("id"), **rule}
    for key in ("ruleId", "ruleTag"):
        if rule.get(key) not in (None, ""):
            rule[key] = int(rule[key])
    return rule


def _value(node: Any) -> Any:
    if len(node) == 0:
        text = (node.text or "").strip() if node.tag not in ("name", "description") else (node.text or "")
        if text in ("true", "false"):
            return text == "true"
        return (
            int(text)
            if text.isdigit() and node.tag.startswith(("tcpTimeout", "udpTimeout", "icmpTimeout", "icmp6", "ipGeneric"))
            else text
        )
    result: dict[str, Any] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        value = _value(child)
        if child.tag in _LISTS:
            result.setdefault(child.tag, []).append(value)
        else:
            result[child.tag] = value
    return result
