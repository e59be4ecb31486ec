"""Compare the XML and the JSON form of a document.

The comparison does not use the tables of the simulator.

A fact of an XML document is an attribute, or the text of an element. Each fact must be in the JSON document at the same
place, and the JSON document must contain no other values.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from lxml import etree

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
HEADS = ("section", "record", "reference", "networkService", "any")
"""Arrays whose elements have several names in XML."""
DEFAULTS = {("required", True), ("msgid", ""), ("transport", ""), ("id", ""), ("goldMaster", False)} | {
    ("startDelay", 0), ("stopDelay", 0), ("waitingForGuest", False), ("startAction", "powerOn"),
    ("stopAction", "powerOff"),
}  # fmt: skip
"""JSON values of attributes that are absent in the XML document."""


def differences(node: Any, value: Any, path: str = "") -> list[str]:
    """Return the facts that are in an XML element, but not in its JSON form."""
    path = f"{path}/{etree.QName(node).localname}"
    children = list(node.iterchildren(etree.Element))
    if not isinstance(value, dict):
        is_same = not children and not node.attrib and _is_same(node.text or "", value)
        return [] if is_same else [f"{path}: {node.text!r} is not {value!r}"]
    keys = {key.lower(): key for key in value}
    problems = []
    for name, text in node.attrib.items():
        if name.startswith(XSI):
            if value.get("_type") != text.rpartition(":")[2]:
                problems.append(f"{path}: the type is not {text}")
            continue
        key = keys.get(etree.QName(name).localname.lower(), "")
        others = value.get("otherAttributes") or {}
        if not ((key and _is_same(text, value[key])) or others.get(name) == text):
            problems.append(f"{path}/@{name}: {text!r} is not {value.get(key)!r}")
    if not children and (node.text or "").strip() and not _is_same(node.text, _text_of(value)):
        problems.append(f"{path}: {node.text!r} is not in {value!r}")
    seen: Counter[str] = Counter()
    for child in children:
        key = keys.get(etree.QName(child).localname.lower()) or next((head for head in HEADS if head in value), "")
        problems += differences(child, _item(value.get(key), seen[key]), path)
        seen[key] += 1
    problems += [
        f"{path}: {len(items)} {key} instead of {seen[key]}"
        for key, items in value.items()
        if isinstance(items, list) and len(_without_json_links(items)) != seen[key]
    ]
    return problems


def json_facts(value: Any, key: str = "") -> int:
    """Count the values in a JSON document that its XML form must also contain."""
    if isinstance(value, dict):
        return sum(json_facts(item, name) for name, item in value.items() if name != "_type")
    if isinstance(value, list):
        return sum(json_facts(item, key) for item in _without_json_links(value))
    return int(value is not None and (key, value) not in DEFAULTS and value != "")


def xml_facts(root: Any) -> int:
    """Count the facts in an XML document that its JSON form must also contain."""
    count = 0
    for node in root.iter(etree.Element):
        attributes = [
            (etree.QName(name).localname, text) for name, text in node.attrib.items() if not name.startswith(XSI)
        ]
        count += sum(1 for name, text in attributes if text and not _is_default(name, text))
        if not len(node) and (node.text or "").strip():
            count += int(not _is_default(etree.QName(node).localname, node.text))
    return count


def _is_default(name: str, text: str) -> bool:
    return any(name.lower() == key.lower() and _is_same(text, default) for key, default in DEFAULTS)


def _is_same(text: str, value: Any) -> bool:
    """Return True if a JSON value is equal to an XML text."""
    if isinstance(value, bool):
        return text.strip() in (("true", "1") if value else ("false", "0"))
    if isinstance(value, (int, float)):
        try:
            return float(text) == value
        except ValueError:
            return False
    if not isinstance(value, str):
        return False
    in_json = re.sub(r"\+xml\Z", "+json", text)
    at_utc = re.sub(r"(?<=[\d.])Z\Z", "+0000", re.sub(r"([+-]\d\d):(\d\d)\Z", r"\1\2", text.strip()))
    return value in (text, in_json, at_utc)


def _text_of(value: dict[str, Any]) -> Any:
    return value["value"] if "value" in value else value.get("content")


def _item(value: Any, index: int) -> Any:
    items = _without_json_links(value) if isinstance(value, list) else [value]
    return items[index] if index < len(items) else None


def _without_json_links(items: list[Any]) -> list[Any]:
    """Return an array without links that repeat the previous link with a JSON type."""
    kept: list[Any] = []
    for item in items:
        is_link = isinstance(item, dict) and "rel" in item and kept
        as_xml = {**item, "type": re.sub(r"\+json\Z", "+xml", item["type"] or "")} if is_link else None
        if as_xml is None or as_xml["type"] == item["type"] or as_xml != kept[-1]:
            kept.append(item)
    return kept
