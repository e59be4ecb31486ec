"""Convert edge sections between JSON and XML.

XML has ``id`` in place of ``ruleId``, and repeated elements in place of lists. Source: protocol/ans.md §2.8, §9.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from vcloudair_core.simulator.xml_builder import parse, serialize, text_of

_LISTS = {"ipAddress", "groupingObjectId", "vnicGroupId", "service", "port", "sourcePort", "applicationId"}
_INTS = {"id", "ruleId", "ruleTag", "version"}


def to_xml(name: str, value: Any) -> bytes:
    """Return nested dicts and lists as XML with the root element ``name``."""
    return serialize(_element(name, value))


def firewall_xml(config: dict[str, Any]) -> bytes:
    """Return the firewall section as XML. The XML has no featureType.

    Source: protocol/ans.md §9.
    """
    body = {key: value for key, value in config.items() if key not in ("featureType", "firewallRules")}
    root = _element("firewall", body)
    rules = etree.SubElement(root, "firewallRules")
    for rule in config["firewallRules"]["firewallRules"]:
        rules.append(rule_element(rule))
    return serialize(root)


def rule_element(rule: dict[str, Any]) -> Any:
    """Return the XML element of one rule."""
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
    """Return the root element of an XML body.

    Raises ValueError if ``names`` does not contain the name of the root element.
    """
    root = parse(body)
    if root.tag not in names:
        raise ValueError(f"expected {' or '.join(names)}, not {root.tag}")
    return root


def firewall_from_xml(body: bytes) -> dict[str, Any]:
    """Return the firewall section that an XML body contains, in its JSON format.

    Raises etree.XMLSyntaxError or ValueError for an invalid body.
    """
    root = _root(body, "firewall")
    config = {child.tag: _value(child) for child in root if child.tag != "firewallRules"}
    if "version" in config:
        config["version"] = int(config["version"])
    rules = root.find("firewallRules")
    config["firewallRules"] = {"firewallRules": [rule_from(child) for child in rules] if rules is not None else []}
    return config


def settings_from_xml(body: bytes, name: str) -> dict[str, Any]:
    """Return the settings in an XML body whose root element is ``name``.

    Raises etree.XMLSyntaxError or ValueError for an invalid body.
    """
    settings = _value(_root(body, name))
    return settings if isinstance(settings, dict) else {}


def rules_from_xml(body: bytes) -> list[dict[str, Any]]:
    """Return the rules that an XML body contains, in their JSON format.

    The body is a single rule or a list of rules. An invalid body raises etree.XMLSyntaxError or ValueError.
    """
    root = _root(body, "firewallRule", "firewallRules")
    return [rule_from(root)] if root.tag == "firewallRule" else [rule_from(child) for child in root]


def rule_from(root: Any) -> dict[str, Any]:
    """Return the rule of an XML element. Raises ValueError for an invalid rule."""
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
