"""Query filters, for the server and for a second check on this host.

Servers differ in how they treat case, wildcards, special characters and escaping, which changed in API 35. Therefore
the server gets a filter that all servers interpret alike. This filter may match too many records, but never too few.
Every record is then compared with the conditions again. Source: protocol/query.md §4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any, Protocol
from urllib.parse import quote

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.plugin.records import RecordType
from vcloudair_core.services.query.record import Record, kind_of, moment

OPERATORS = {"eq": "==", "ne": "!=", "lt": "=lt=", "le": "=le=", "gt": "=gt=", "ge": "=ge=", "like": "=="}
"""FIQL form of each operator.

``like`` accepts ``*`` as a wildcard, and ignores case.

Source: protocol/query.md §4.1.
"""

_ORDERED = ("int", "float", "datetime")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_METADATA = re.compile(r"metadata(@SYSTEM)?:(.+)\Z", re.DOTALL)
_METADATA_TYPES = {bool: "BOOLEAN", int: "NUMBER", float: "NUMBER", datetime: "DATETIME", str: "STRING"}
_UNSAFE = re.compile(r"[^\w .@/:+-]+", re.ASCII)
"""Characters in filters that some servers do not accept.

These characters are sent as wildcards, and compared on this host.
"""

_LOOKS_TYPED = re.compile(r"[+-]?\d+(\.\d+)?\Z|true\Z|false\Z", re.IGNORECASE)
"""Text that may be the value of numeric or Boolean metadata."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
}


class Filter(Protocol):
    """A condition on records."""

    def on_server(self) -> str:
        """Return the URL-encoded filter for the server.

        The server filter matches every record that meets this filter, and possibly more records. The result is empty if
        the server cannot filter.
        """
        ...

    def is_met(self, record: Record) -> bool:
        """Return True if a record matches the filter."""
        ...

    def attributes(self) -> set[str]:
        """Return the names of the attributes that :meth:`is_met` reads."""
        ...

    def described(self) -> str:
        """Return a description for messages, such as ``name = 'web1'``."""
        ...


@dataclass(frozen=True)
class Comparison:
    """A comparison of an attribute with a value.

    If a record does not have the attribute, the value is compared with an empty string.
    """

    attribute: str
    operator: str
    value: Any

    def on_server(self) -> str:
        key = _METADATA.match(self.attribute)
        if key is not None:
            return self._metadata_on_server(key)
        text = _as_text(self.value)
        if self.operator in _COMPARE:
            return f"{self.attribute}{OPERATORS[self.operator]}{quote(text, safe='')}"
        if not text.strip():
            return ""  # the API has no documented filter for an empty value
        pattern = _harmless(text, keep_stars=self.operator == "like")
        if self.operator == "ne":
            return "" if "*" in pattern else f"{self.attribute}!={quote(text, safe='')}"
        return f"{self.attribute}=={quote(pattern, safe='*')}"

    def _metadata_on_server(self, key: re.Match[str]) -> str:
        """Return the URL-encoded filter for a metadata key.

        Wildcards in metadata filters are not documented. Source: protocol/query.md §4.3.
        """
        text = _as_text(self.value)
        if _UNSAFE.search(text) or _UNSAFE.search(key[2]) or self.operator in ("like", "ne") or not text.strip():
            return ""
        if isinstance(self.value, str) and _LOOKS_TYPED.match(text):
            return ""  # Ansible versions differ in passing it as number or text, so it is compared on this host
        kind = next(name for known, name in _METADATA_TYPES.items() if isinstance(self.value, known))
        name = f"metadata{key[1] or ''}:{quote(key[2], safe='')}"
        return f"{name}{OPERATORS[self.operator]}{kind}:{quote(text, safe='')}"

    def is_met(self, record: Record) -> bool:
        key = _METADATA.match(self.attribute)
        # Servers of API 5.x return no ID, so it is read from the link. Source: protocol/query.md §2.
        own: Any = record.id if self.attribute == "id" else record.get(self.attribute)
        actual: Any = record.metadata.get(key[2]) if key else own
        if self.operator == "like":
            return _is_like(_as_text(actual), _as_text(self.value))
        if self.operator in ("eq", "ne"):
            return self._is_same(actual) == (self.operator == "eq")
        if actual is None or actual == "":
            return False
        try:
            return _COMPARE[self.operator](*_alike(actual, self.value))
        except TypeError:
            return False

    def _is_same(self, actual: Any) -> bool:
        if isinstance(self.value, str) and not isinstance(actual, str):
            return _as_text(actual) == (self.value.lower() if isinstance(actual, bool) else self.value)
        is_number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        if is_number and isinstance(actual, str):
            return actual == _as_text(self.value)
        if self.attribute == "id" and isinstance(actual, str):
            return actual.casefold().endswith(str(self.value).casefold().rpartition(":")[2])
        return bool(actual == self.value) or (_is_blank(actual) and _is_blank(self.value))

    def attributes(self) -> set[str]:
        return {self.attribute}

    def described(self) -> str:
        symbol = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.get(self.operator, self.operator)
        return f"{self.attribute} {symbol} {_as_text(self.value)!r}"


@dataclass(frozen=True)
class AllOf:
    """A filter that matches if all of its conditions match."""

    parts: tuple[Filter, ...]

    def on_server(self) -> str:
        texts = [text for condition in self.parts if (text := condition.on_server())]
        return ";".join(f"({text})" if "," in text else text for text in texts)

    def is_met(self, record: Record) -> bool:
        return all(condition.is_met(record) for condition in self.parts)

    def attributes(self) -> set[str]:
        return {name for condition in self.parts for name in condition.attributes()}

    def described(self) -> str:
        return " and ".join(condition.described() for condition in self.parts)


@dataclass(frozen=True)
class AnyOf:
    """A filter that matches if at least one of its conditions matches."""

    parts: tuple[Filter, ...]

    def on_server(self) -> str:
        texts = [condition.on_server() for condition in self.parts]
        if not all(texts):
            return ""  # the server cannot filter one of the parts
        return ",".join(f"({text})" if ";" in text or "," in text else text for text in dict.fromkeys(texts))

    def is_met(self, record: Record) -> bool:
        return any(condition.is_met(record) for condition in self.parts)

    def attributes(self) -> set[str]:
        return {name for condition in self.parts for name in condition.attributes()}

    def described(self) -> str:
        return f"({' or '.join(condition.described() for condition in self.parts)})"


@dataclass(frozen=True)
class Raw:
    """A FIQL filter from the user.

    The filter is sent unchanged, except for URL encoding. Only the server evaluates it.
    """

    text: str

    def on_server(self) -> str:
        return quote(self.text, safe="=;,()!*:@/%'~-._\\")

    def is_met(self, record: Record) -> bool:
        return True

    def attributes(self) -> set[str]:
        return set()

    def described(self) -> str:
        return self.text


EVERYTHING = AllOf(())


def parse_where(data: Any, record_type: RecordType) -> Filter:
    """Return a filter that matches records that meet all conditions.

    Conditions are ``{attribute: value | [value, ...] | {operator: value}}``. A record meets a condition with a list if
    the attribute equals one of the values. Operators are eq, ne, lt, le, gt, ge and like. An attribute can also be
    ``metadata:key`` or ``metadata@SYSTEM:key``.

    Raises: SpecError with all invalid conditions.
    """
    problems = Problems()
    if not isinstance(data, Mapping):
        problems.add("where", f"a mapping of attributes to values was expected, not {data!r}")
        problems.raise_if_any()
    parts = [
        condition for name, value in data.items() for condition in _conditions(str(name), value, record_type, problems)
    ]
    problems.raise_if_any()
    return AllOf(tuple(parts))


def _conditions(name: str, expected: Any, record_type: RecordType, problems: Problems) -> list[Filter]:
    path = f"where.{name}"
    if not (_ATTRIBUTE.match(name) or _METADATA.match(name)):
        problems.add(path, "is not an attribute")
        return []
    kind = "" if name.startswith("metadata") else kind_of(record_type, name)
    if isinstance(expected, Mapping):
        conditions: list[Filter] = []
        for word, value in expected.items():
            if word not in OPERATORS:
                hint = near(str(word), OPERATORS)
                problems.add(
                    f"{path}.{word}",
                    f"unknown operator; use one of {', '.join(OPERATORS)}" + f"{'; ' + hint if hint else ''}",
                )
                continue
            conditions.append(_one(name, word, value, kind, f"{path}.{word}", problems))
        return conditions
    return [_one(name, "eq", expected, kind, path, problems)]


def _one(name: str, operator: str, value: Any, kind: str, path: str, problems: Problems) -> Filter:
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = tuple(_one(name, operator, item, kind, path, problems) for item in value)
        if operator in ("eq", "like"):
            if not parts:
                problems.add(path, "must not be an empty list")
            return AnyOf(parts)
        return AllOf(parts)
    return Comparison(name, operator, _value(value, operator, kind, path, problems))


def _value(value: Any, operator: str, kind: str, path: str, problems: Problems) -> Any:
    if value is None:
        value = ""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()  # YAML parses a day as a date
    if not isinstance(value, (str, bool, int, float, datetime)):
        problems.add(path, f"{value!r} must be a string, a number, a boolean or a time")
        return ""
    if operator == "like":
        return _as_text(value)
    if operator in _COMPARE and kind and kind not in _ORDERED:
        problems.add(path, "lt, le, gt and ge need an attribute with numbers or times")
        return ""
    return _of_kind(value, kind, path, problems)


def _of_kind(value: Any, kind: str, path: str, problems: Problems) -> Any:
    """Return the value converted to the type ``kind``, such as True for ``"true"``.

    An invalid value becomes an empty string and is added to ``problems``.
    """
    if not isinstance(value, str):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return _as_text(value) if kind in ("str", "uri") else float(value) if kind == "float" and is_number else value
    text = value.strip()
    if kind in ("", "str", "uri") or not text:
        return value
    try:
        if kind == "bool":
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        return moment(text) if kind == "datetime" else int(text) if kind == "int" else float(text)
    except (ValueError, KeyError):
        problems.add(
            path, f"{value!r} is not { {'bool': 'true or false', 'datetime': 'a time'}.get(kind, 'a number') }"
        )
        return ""


def _alike(actual: Any, expected: Any) -> tuple[Any, Any]:
    """Return both values as numbers or times, or unchanged if that is not possible."""
    if isinstance(actual, datetime) and isinstance(expected, datetime):
        return tuple(value if value.tzinfo else value.replace(tzinfo=timezone.utc) for value in (actual, expected))  # type: ignore[return-value]
    if isinstance(actual, (int, float)) and isinstance(expected, str):
        try:
            return actual, float(expected)
        except ValueError:
            return actual, expected
    if isinstance(actual, datetime) and isinstance(expected, str):
        try:
            return _alike(actual, moment(expected))
        except ValueError:
            return actual, expected
    return actual, expected


def _is_blank(value: Any) -> bool:
    """Return True for None and blank text, which servers send for missing values.

    Source: protocol/recorded-responses.md §3.
    """
    return value is None or (isinstance(value, str) and not value.strip())


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _harmless(text: str, *, keep_stars: bool) -> str:
    """Replace characters that servers interpret differently with wildcards.

    Leading and trailing spaces also become wildcards. If ``keep_stars`` is true, stars in the text stay wildcards.
    """
    if keep_stars:
        return re.sub(r"\*+", "*", "*".join(_harmless(piece, keep_stars=False) for piece in text.split("*")))
    inner = _UNSAFE.sub("*", text)
    stripped = inner.strip()
    if stripped != inner:
        inner = f"{'*' if inner[0] != stripped[:1] else ''}{stripped}{'*' if inner[-1] != stripped[-1:] else ''}"
    return re.sub(r"\*+", "*", inner)


def _is_like(actual: str, pattern: str) -> bool:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    return re.fullmatch(expression, actual, re.IGNORECASE | re.DOTALL) is not None


def both(first: Filter, second: Filter) -> Filter:
    """Return a filter that matches records that both filters match."""
    return AllOf(
        tuple(
            condition
            for whole in (first, second)
            for condition in (whole.parts if isinstance(whole, AllOf) else (whole,))
        )
    )


def quoted(values: Sequence[str]) -> str:
    """Return values as a comma-separated list for the URL, each value encoded."""
    return quote(",".join(values), safe=",:@")
