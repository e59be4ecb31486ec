"""Parse filter expressions of the query service.

The parser splits an expression before it percent-decodes the values. Source: protocol/query.md §4.
"""

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
    """Return a function that tests whether a record matches a filter.

    Args:
        text: The filter as in the URL, with percent-encoding.
        attributes: Names of the attributes that the filter can use.
        is_encoded: True if the filter is percent-encoded twice (``filterEncoded=true``).

    Raises:
        ValueError: The filter is invalid.
    """
    if is_encoded:
        text = unquote(text)
    if not any(op in text for op in ("==", "!=", *_ORDER)):
        # Some clients encode the whole value. Strict servers up to API 34 reject such filters.
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


def _split(text: str, separator: str) -> list[str]:
    """Split a string at each separator that is not inside parentheses.

    A separator after a backslash does not split the text (API 35).
    """
    fragments, depth, current, is_escaped = [], 0, "", False
    for character in text:
        if is_escaped or character == "\\":
            is_escaped = not is_escaped
        else:
            depth += (character == "(") - (character == ")")
            if character == separator and depth == 0:
                fragments.append(current)
                current = ""
                continue
        current += character
    if depth:
        raise ValueError("unbalanced parentheses")
    return [*fragments, current]


def _comparison(text: str, attributes: Collection[str]) -> Test:
    match = _COMPARISON.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a comparison")
    name, op = match["name"], match["op"]
    if name.startswith("metadata"):
        return _of_metadata(name.partition(":")[2], op, unquote_plus(match["value"]))
    if name not in attributes:
        raise ValueError(f"unknown attribute '{name}'")
    value = re.sub(r"\\(.)", r"\1", unquote_plus(match["value"]))
    if name == "id":
        # Rows have a link, which ends with the ID. Source: protocol/query.md §4.
        name = "href" if "href" in attributes else "id"
    if op in _ORDER:
        return _ordered(name, op, value)
    if op == "!=":
        return lambda record: not _is_same(text_of(record.get(name, "")), value)
    if "*" in value:
        # A comparison with wildcards ignores case.
        pattern = re.compile(".*".join(re.escape(fragment) for fragment in value.split("*")) + r"\Z", re.I | re.S)
        return lambda record: bool(pattern.match(text_of(record.get(name, ""))))
    return lambda record: _is_same(text_of(record.get(name, "")), value)


def _of_metadata(key: str, op: str, text: str) -> Test:
    """Return a test for a metadata condition such as ``metadata:tier==STRING:gold``.

    The type can be omitted. Source: protocol/query.md §4.3.
    """
    kind, colon, value = text.partition(":")
    if not colon or kind not in ("STRING", "NUMBER", "BOOLEAN", "DATETIME"):
        value = text

    def test(record: Record) -> bool:
        metadata: Mapping[str, Any] = getattr(getattr(record, "subject", None), "metadata", {})
        if key not in metadata:
            return False
        actual = metadata[key]
        if op in _ORDER:
            return isinstance(actual, (int, float)) and _ORDER[op](actual, float(value))
        return (text_of(actual) == value) == (op == "==")

    return test


def _ordered(name: str, op: str, value: str) -> Test:
    """Return a test that compares an attribute with a number or a time.

    Raises ValueError if ``value`` is neither a number nor a time. Source: protocol/query.md §4.
    """
    expected = _moment(value) or float(value)

    def test(record: Record) -> bool:
        actual = record.get(name)
        if isinstance(expected, datetime):
            moment = _moment(text_of(actual)) if actual is not None else None
            return moment is not None and _ORDER[op](moment, expected)
        return isinstance(actual, (int, float)) and _ORDER[op](actual, expected)

    return test


def _moment(text: str) -> datetime | None:
    """Return an ISO 8601 time with a UTC offset, or None for any other text."""
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _is_same(actual: str, expected: str) -> bool:
    """Return True if an attribute equals the value in a filter.

    A URN in a filter also equals a URL that ends with the same ID.
    """
    return actual == expected or (expected.startswith("urn:vcloud:") and actual.endswith(expected.rsplit(":", 1)[-1]))
