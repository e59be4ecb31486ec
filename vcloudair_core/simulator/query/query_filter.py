"""Filters of the query service: read the structure first, then decode the values. Source: protocol/query.md §4."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, unquote_plus

from vcloudair_core.simulator.xml_builder import text_of

Record = Mapping[str, Any]
Test = Callable[[Record], bool]

_COMPARISON = re.compile(r"(?P<name>[\w:@.-]+?)(?P<op>==|!=|=lt=|=le=|=gt=|=ge=)(?P<value>.*)\Z", re.S)
_STRUCTURE = {"%3D": "=", "%3B": ";", "%28": "(", "%29": ")", "%2C": ",", "%21": "!"}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=lt=": lambda a, b: a < b,
    "=le=": lambda a, b: a <= b,
    "=gt=": lambda a, b: a > b,
    "=ge=": lambda a, b: a >= b,
}


def compile_filter(text: str, attributes: Collection[str], *, is_encoded: bool = False) -> Test:
    """A test for records out of the raw text of the URL. Raises ValueError with what is wrong.

    ``is_encoded``: the whole was percent-encoded once more (``filterEncoded=true``). ``attributes`` are those that
    the type has; others are refused.
    """
    if is_encoded:
        text = unquote(text)
    if not any(op in text for op in ("==", "!=", *_ORDER)):
        # A client that encodes the whole value of the parameter; strict servers up to API 34 refused that.
        for encoded, plain in _STRUCTURE.items():
            text = text.replace(encoded, plain).replace(encoded.lower(), plain)
    return _any_of(text, attributes)


def _any_of(text: str, attributes: Collection[str]) -> Test:
    tests = [_all_of(alternative, attributes) for alternative in _split(text, ",")]
    return lambda record: any(test(record) for test in tests)


def _all_of(text: str, attributes: Collection[str]) -> Test:
    tests = []
    for condition in _split(text, ";"):
        is_group = condition.startswith("(") and condition.endswith(")")
        tests.append(_any_of(condition[1:-1], attributes) if is_group else _comparison(condition, attributes))
    return lambda record: all(test(record) for test in tests)


def _split(text: str, at: str) -> list[str]:
    """Parts between ``at`` outside of parentheses; a backslash takes the meaning of what follows (API 35)."""
    parts, depth, current, is_escaped = [], 0, "", False
    for character in text:
        if is_escaped or character == "\\":
            is_escaped = not is_escaped
        else:
            depth += (character == "(") - (character == ")")
            if character == at and depth == 0:
                parts.append(current)
                current = ""
                continue
        current += character
    if depth:
        raise ValueError("unbalanced parentheses")
    return [*parts, current]


def _comparison(text: str, attributes: Collection[str]) -> Test:
    match = _COMPARISON.match(text)
    if not match:
        raise ValueError(f"not a comparison: {text}")
    name, op = match["name"], match["op"]
    if name.startswith("metadata"):
        return _of_metadata(name.partition(":")[2], op, unquote_plus(match["value"]))
    if name not in attributes:
        raise ValueError(f"unknown attribute '{name}'")
    value = re.sub(r"\\(.)", r"\1", unquote_plus(match["value"]))
    if op in _ORDER:
        return _ordered(name, op, value)
    if op == "!=":
        return lambda record: not _is_same(text_of(record.get(name, "")), value)
    if "*" in value:
        # Wildcards make the comparison blind to case.
        pattern = re.compile(".*".join(re.escape(fragment) for fragment in value.split("*")) + r"\Z", re.I | re.S)
        return lambda record: bool(pattern.match(text_of(record.get(name, ""))))
    return lambda record: _is_same(text_of(record.get(name, "")), value)


def _of_metadata(key: str, op: str, text: str) -> Test:
    """``metadata:tier==STRING:gold``; the guide shows it without a type, too. Source: protocol/query.md §4.3."""
    kind, colon, value = text.partition(":")
    if not colon or kind not in ("STRING", "NUMBER", "BOOLEAN", "DATETIME"):
        value = text

    def test(record: Record) -> bool:
        held: Mapping[str, Any] = getattr(getattr(record, "subject", None), "metadata", {})
        if key not in held:
            return False
        actual = held[key]
        if op in _ORDER:
            return isinstance(actual, (int, float)) and _ORDER[op](actual, float(value))
        return (text_of(actual) == value) == (op == "==")

    return test


def _ordered(name: str, op: str, value: str) -> Test:
    """Numbers and times have an order. Raises ValueError. Source: protocol/query.md §4."""
    expected = _moment(value) or float(value)

    def test(record: Record) -> bool:
        actual = record.get(name)
        if isinstance(expected, datetime):
            moment = _moment(text_of(actual)) if actual is not None else None
            return moment is not None and _ORDER[op](moment, expected)
        return isinstance(actual, (int, float)) and _ORDER[op](actual, expected)

    return test


def _moment(text: str) -> datetime | None:
    """A time of ISO 8601 with its offset; None for anything else."""
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _is_same(actual: str, expected: str) -> bool:
    """References are compared as hrefs and as URNs."""
    return actual == expected or (expected.startswith("urn:vcloud:") and actual.endswith(expected.rsplit(":", 1)[-1]))
