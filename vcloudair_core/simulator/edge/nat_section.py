"""The NAT section of an NSX edge: validation and changes.

Source: protocol/ans.md §3.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from lxml import etree

from vcloudair_core.simulator.edge.firewall_section import ICMP_TYPES, PROTOCOLS, RefusedError, _is_address, _is_port
from vcloudair_core.simulator.edge.section_routes import check_version
from vcloudair_core.simulator.edge.section_xml import _element
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import parse, serialize

FIRST_ID = 196609
FIRST_TAG, LAST_TAG = 65537, 131072
LAST_VNIC = 200
_MATCHES = {
    "dnat": ("snatMatchDestinationAddress", "snatMatchDestinationPort"),
    "snat": ("dnatMatchSourceAddress", "dnatMatchSourcePort"),
}
"""Match fields that a rule must not have, by action."""

_ADDRESSES = ("originalAddress", "translatedAddress", "dnatMatchSourceAddress", "snatMatchDestinationAddress")
_PORTS = ("originalPort", "translatedPort", "dnatMatchSourcePort", "snatMatchDestinationPort")
_NUMBERS = ("ruleId", "ruleTag")
_FLAGS = ("enabled", "loggingEnabled")


class SimulatedNat:
    """The NAT section of an edge.

    Error codes are placeholders, because no source states them.

    Source: protocol/ans.md §3.3, §12.
    """

    name = "nat"

    def state(self, edge: SimulatedEdge) -> dict[str, Any]:
        """Return the state of the section. The first call creates the state.

        Format: ``{"version", "enabled", "internal": [...], "user": [...], "extra": {...}, "next_id"}``.
        """
        return edge.sections.setdefault(self.name, {**_factory(), "version": 1, "next_id": FIRST_ID})

    def shown(self, edge: SimulatedEdge, *, is_sensitive: bool) -> dict[str, Any]:
        """Return the section as a GET request returns it."""
        state = self.state(edge)
        return {
            "featureType": "nat",
            "version": state["version"],
            "enabled": state["enabled"],
            "rules": {"natRulesDtos": [*state["internal"], *state["user"]]},
            **state["extra"],
        }

    def replace(self, edge: SimulatedEdge, data: dict[str, Any], *, config: Any, needs_feature_type: bool) -> None:
        """Replace the whole section. Rules that ``data`` does not contain are deleted.

        Invalid data raises RefusedError and changes nothing.
        """
        state = self.state(edge)
        if needs_feature_type and data.get("featureType") != "nat":
            raise RefusedError("The feature type is missing or wrong: nat is required.", code=10001)
        check_version(state, data, self.name, config.strict_version)
        rules = (data.get("rules") or {}).get("natRulesDtos") or []
        known = {rule["ruleId"] for rule in state["user"]}
        user_rules = [rule for rule in rules if str(rule.get("ruleType") or "user").lower() == "user"]
        counter = state["next_id"]
        try:
            new_rules = [self._checked(state, rule, known) for rule in user_rules]
            _reject_duplicates(new_rules)
        except RefusedError:
            state["next_id"] = counter
            raise
        state["user"] = new_rules
        state["enabled"] = data.get("enabled", True)
        state["extra"] = {
            key: value for key, value in data.items() if key not in ("featureType", "version", "enabled", "rules")
        }
        if config.regenerate_internal_ids:
            for rule in state["internal"]:
                rule["ruleId"] = rule["ruleTag"] = _take_id(state)
        state["version"] += 1

    def reset(self, edge: SimulatedEdge) -> None:
        """Restore the default settings: no rules. Rule IDs are never reused."""
        self.state(edge).update(_factory(), version=self.state(edge)["version"] + 1)

    # -- single rules --------------------------------------------------------------------------------------------

    def append(self, edge: SimulatedEdge, rules: Sequence[dict[str, Any]], above: int | None) -> list[int]:
        """Add rules at the end, or above the rule ``above``. Return the IDs of the rules.

        If the section has no user rules, ``above`` can be 0. An invalid rule raises RefusedError.
        """
        state = self.state(edge)
        index = len(state["user"])
        if above is not None and (above != 0 or state["user"]):
            index = self.find(edge, str(above))
        new_rules = [
            self._checked(state, {key: value for key, value in rule.items() if key != "ruleId"}, set())
            for rule in rules
        ]
        _reject_duplicates([*state["user"], *new_rules])
        state["user"][index:index] = new_rules
        state["version"] += 1
        return [rule["ruleId"] for rule in new_rules]

    def update(self, edge: SimulatedEdge, rule_id: str, rule: dict[str, Any]) -> None:
        """Replace one rule. A field that ``rule`` lacks gets its default.

        An invalid rule raises RefusedError.
        """
        state, index = self.state(edge), self.find(edge, rule_id)
        number = state["user"][index]["ruleId"]
        new_rule = self._checked(state, {**rule, "ruleId": number}, {number})
        _reject_duplicates([*state["user"][:index], new_rule, *state["user"][index + 1 :]])
        state["user"][index] = new_rule
        state["version"] += 1

    def delete(self, edge: SimulatedEdge, rule_id: str) -> None:
        """Delete one rule.

        Raises RefusedError (status 404) for an unknown ID.
        """
        del self.state(edge)["user"][self.find(edge, rule_id)]
        self.state(edge)["version"] += 1

    def find(self, edge: SimulatedEdge, rule_id: str) -> int:
        """Return the index of a user rule.

        Raises RefusedError (status 404) for an unknown ID.
        """
        for index, rule in enumerate(self.state(edge)["user"]):
            if str(rule["ruleId"]) == rule_id:
                return index
        raise RefusedError(f"[NAT] The rule {rule_id} does not exist.", status=404, code=12504)

    # -- XML -----------------------------------------------------------------------------------------------------

    def to_xml(self, shown: dict[str, Any]) -> bytes:
        """Return the section as XML. Source: protocol/ans.md §3.3, §9."""
        root = _element("nat", {key: value for key, value in shown.items() if key not in ("featureType", "rules")})
        rules = etree.Element("natRules")
        for rule in shown["rules"]["natRulesDtos"]:
            rules.append(_element("natRule", rule))
        root.insert(2, rules)
        return serialize(root)

    def from_xml(self, body: bytes) -> dict[str, Any]:
        """Return the section that an XML body contains, in its JSON format.

        Raises etree.XMLSyntaxError or ValueError for an invalid body.
        """
        root = parse(body)
        if root.tag != "nat":
            raise ValueError(root.tag)
        data = {child.tag: _value(child) for child in root if child.tag != "natRules"}
        if "version" in data:
            data["version"] = int(data["version"])
        rules = root.find("natRules")
        data["rules"] = {"natRulesDtos": [_value(child) for child in rules] if rules is not None else []}
        return data

    def rules_from_xml(self, body: bytes) -> list[dict[str, Any]]:
        """Return the rules that an XML body contains, in their JSON format.

        The body is a single rule or a list of rules. An invalid body raises etree.XMLSyntaxError or ValueError.
        """
        root = parse(body)
        return [_value(root)] if root.tag == "natRule" else [_value(child) for child in root]

    # -- validation ----------------------------------------------------------------------------------------------

    def _checked(self, state: dict[str, Any], raw: dict[str, Any], known: set[int]) -> dict[str, Any]:
        rule = copy.deepcopy(raw)
        _check_values(rule)
        rule_id = rule.get("ruleId")
        if rule_id in (None, ""):
            rule_id = _take_id(state)
        elif int(rule_id) not in known:
            raise RefusedError(f"[NAT] The rule {rule_id} does not exist.", code=12504)
        tag = rule.get("ruleTag")
        if tag in (None, ""):
            tag = rule_id
        elif int(tag) != int(rule_id) and not FIRST_TAG <= int(tag) <= LAST_TAG:
            raise RefusedError(f"[NAT] The rule tag {tag} is out of range {FIRST_TAG}-{LAST_TAG}.", code=12505)
        numbers = {"ruleId": int(rule_id), "ruleTag": int(tag)}
        # Fields from the client keep their order. Fields that the server adds have the order of a new rule.
        start = {key: value for key, value in {**numbers, "ruleType": "user"}.items() if key not in rule}
        return {**start, **rule, **numbers, **_defaults(rule)}


def _factory() -> dict[str, Any]:
    return {"enabled": True, "internal": [], "user": [], "extra": {}}


def _take_id(state: dict[str, Any]) -> int:
    state["next_id"] += 1
    return int(state["next_id"]) - 1


def _reject_duplicates(rules: Sequence[dict[str, Any]]) -> None:
    for key in _NUMBERS:
        values = [rule[key] for rule in rules]
        if len(set(values)) != len(values):
            raise RefusedError(f"[NAT] Duplicate {key}.", code=12506)


def _check_values(rule: dict[str, Any]) -> None:
    """Raise RefusedError if a field of a rule has an invalid value.

    Source: protocol/ans.md §3.2-3.3.
    """
    action = str(rule.get("action") or "").lower()
    if action not in _MATCHES:
        raise RefusedError(f"[NAT] Invalid action {rule.get('action')} is specified in NAT rule.", code=12500)
    for key in ("originalAddress", "translatedAddress"):
        if rule.get(key) in (None, ""):
            raise RefusedError(f"[NAT] {key} is required.", code=12501)
    for key in _ADDRESSES:
        if rule.get(key) is not None and not _is_address(str(rule[key])):
            raise RefusedError(f"[NAT] Invalid IP address {rule[key]} is specified for {key}.", code=15012)
    for key in _PORTS:
        if rule.get(key) is not None and not _is_port(str(rule[key])):
            raise RefusedError(f"[NAT] Invalid port {rule[key]} is specified for {key}.", code=12502)
    protocol = str(rule.get("protocol") or "any").lower()
    if protocol not in PROTOCOLS:
        raise RefusedError(f"[NAT] Invalid protocol {rule['protocol']} is specified in NAT rule.", code=12507)
    icmp_type = str(rule.get("icmpType") or "").lower()
    if icmp_type and (protocol != "icmp" or (icmp_type not in ICMP_TYPES and not icmp_type.isdigit())):
        raise RefusedError(f"[NAT] icmpType {rule['icmpType']} is not valid with protocol {protocol}.", code=12508)
    for key in _MATCHES[action]:
        if rule.get(key) is not None:
            raise RefusedError(f"[NAT] {key} is not valid for {action}.", code=12509)
    vnic = rule.get("vnic")
    if vnic not in (None, "") and not (str(vnic).isdigit() and int(vnic) <= LAST_VNIC):
        raise RefusedError(f"[NAT] Invalid vnic {vnic} is specified in NAT rule.", code=12503)


def _defaults(rule: dict[str, Any]) -> dict[str, Any]:
    """Return the default values of fields that a rule lacks.

    For ICMP, the ports are always ``any``. Source: protocol/ans.md §3.2.
    """
    is_icmp = str(rule.get("protocol") or "any").lower() == "icmp"
    defaults: dict[str, Any] = {"protocol": "any", "originalPort": "any", "translatedPort": "any"}
    defaults |= {"enabled": True, "loggingEnabled": False}
    added = {key: value for key, value in defaults.items() if rule.get(key) in (None, "")}
    if is_icmp:
        added |= {"originalPort": "any", "translatedPort": "any", "icmpType": rule.get("icmpType") or "any"}
    return added


def _value(node: Any) -> Any:
    if len(node) == 0:
        text = node.text or ""
        if node.tag in _FLAGS and text.strip() in ("true", "false"):
            return text.strip() == "true"
        if node.tag in _NUMBERS and text.strip():
            return int(text)
        if node.tag in ("nat64Rules", "natRule"):
            return {}
        return text if node.tag == "description" else text.strip()
    return {child.tag: _value(child) for child in node if isinstance(child.tag, str)}
