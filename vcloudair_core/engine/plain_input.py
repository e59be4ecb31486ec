"""Read specs with usual values quickly, without a Reader.

Long lists have thousands of rules, and nearly all their values are usual: text, bools and lists with items that need
no conversion. A plain reader accepts only input that the Reader reads without a problem, and returns the same spec. For
all other input it returns None, and the caller uses the Reader, which finds the problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from vcloudair_core.engine.fields import keys_of, spec_with
from vcloudair_core.engine.validation import LONGEST_NAME

SpecT = TypeVar("SpecT")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_SCALARS = frozenset((str, int))

PlainValue = Callable[[Any], Any]
"""A function that returns the value that the Reader returns, or None.

None means that the value is unusual, so the Reader has to read it.
"""


def plain_text(value: Any) -> str | None:
    """Return a string that the Reader returns unchanged, or None.

    ``isprintable`` also excludes some characters that the Reader accepts, which then reads the value.
    """
    if type(value) is not str or not value.isprintable() or "**" in value or "NO_LOG" in value or not value.strip():
        return None  # the second and third test are parts of the masks of Ansible
    return value


def plain_line(value: Any) -> str | None:
    """Return a single line without surrounding spaces, or None."""
    text = plain_text(value)
    return text if text is not None and len(text) <= LONGEST_NAME and text == text.strip() else None


def plain_bool(value: Any) -> bool | None:
    """Return a bool, or None for its other spellings."""
    return value if type(value) is bool else None


def plain_digits(value: Any) -> str | None:
    """Return the string of a positive number without leading zeros, or None."""
    is_number = type(value) is str and value.isascii() and value.isdecimal() and len(value) < 20
    return value if is_number and value[0] != "0" else None


def plain_identifier(value: Any) -> str | None:
    """Return a positive number or a UUID in lower case, or None."""
    if type(value) is str and _UUID.fullmatch(value):
        return value
    return plain_digits(value)


def plain_choice(choices: tuple[str, ...], synonyms: Mapping[str, str]) -> PlainValue:
    """Return a function for a field with choices, for values in lower case."""
    known = {**{choice: choice for choice in choices}, **synonyms}
    return lambda value: known.get(value) if type(value) is str else None


def plain_list(read: Callable[[Any], str | None], *, can_be_empty: bool = False) -> PlainValue:
    """Return a function for a list of strings.

    ``read`` returns the value of an item, or None for an unusual item.
    """

    def read_list(value: Any) -> tuple[str, ...] | None:
        items = value if type(value) is list else (value,)
        values: list[str] = []
        for item in items:
            text = read(item) if type(item) in _SCALARS else None
            if text is None:
                return None
            values.append(text)
        return tuple(values) if values or can_be_empty else None

    return read_list


def plain_reader(spec_type: type[SpecT], readers: Mapping[Any, PlainValue]) -> Callable[[Any], SpecT | None]:
    """Return a function that reads a plain mapping as a spec.

    For unusual input, the function returns None. ``readers`` has the function for the name of a field, or for the
    function ``read`` in the declaration of fields. Fields with choices and bools need no function. Input with a key
    that has no function is unusual.
    """
    values = _values_of(spec_type, readers)
    known = frozenset(key.name for key in keys_of(spec_type))

    def read(data: Any) -> SpecT | None:
        if type(data) is not dict:
            return None
        fields: dict[str, Any] = {}
        for name, value in data.items():
            if value is None or value == "":
                if name in known:
                    continue  # a blank value counts as missing
                return None
            read_value = values.get(name)
            item = None if read_value is None else read_value(value)
            if item is None:
                return None
            fields[name] = item
        return spec_with(spec_type, fields)

    return read


def _values_of(spec_type: type, readers: Mapping[Any, PlainValue]) -> dict[str, PlainValue]:
    values: dict[str, PlainValue] = {}
    for key in keys_of(spec_type):
        if key.info.input_only or key.name in getattr(spec_type, "other_keys", {}):
            continue
        read = readers.get(key.name) or readers.get(key.info.read)
        if read is None and key.info.read is None and not key.is_list:
            read = plain_choice(key.info.choices, key.info.synonyms) if key.info.choices else None
            read = plain_bool if read is None and key.kind is bool else read
        if read is not None:
            values[key.name] = read
    return values
