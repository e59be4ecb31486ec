"""Read specs with usual values quickly, without a Reader.

Long lists have thousands of rules. Nearly all their values are usual: text, bools and lists that need no conversion.
For usual values, a plain reader returns the same spec as the Reader. For all other input, it returns None, and the
caller uses the Reader, which converts the values and reports problems.
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

    None does not mean that the text is invalid: ``isprintable`` rejects some characters that the Reader accepts.
    """
    if type(value) is not str or not value.isprintable() or "**" in value or "NO_LOG" in value or not value.strip():
        return None  # the second and third test are parts of the masks of Ansible
    return value


def plain_line(value: Any) -> str | None:
    """Return a single line without surrounding spaces, or None."""
    text = plain_text(value)
    return text if text is not None and len(text) <= LONGEST_NAME and text == text.strip() else None


def plain_bool(value: Any) -> bool | None:
    """Return a bool unchanged, or None for other spellings such as ``yes``."""
    return value if type(value) is bool else None


def plain_digits(value: Any) -> str | None:
    """Return a string of digits without a leading zero, or None for other input."""
    is_number = type(value) is str and value.isascii() and value.isdecimal() and len(value) < 20
    return value if is_number and value[0] != "0" else None


def plain_identifier(value: Any) -> str | None:
    """Return a string of digits or a lowercase UUID, or None for other input."""
    if type(value) is str and _UUID.fullmatch(value):
        return value
    return plain_digits(value)


def plain_choice(choices: tuple[str, ...], synonyms: Mapping[str, str]) -> PlainValue:
    """Return a function that reads one of several choices.

    The function returns None for unknown values and for other spellings, such as uppercase.
    """
    known = {**{choice: choice for choice in choices}, **synonyms}
    return lambda value: known.get(value) if type(value) is str else None


def plain_list(read: Callable[[Any], str | None], *, can_be_empty: bool = False) -> PlainValue:
    """Return a function that reads a list of strings, or a single string as a list.

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
    """Return a function that reads a mapping as a spec.

    For unusual input, the function returns None.

    ``readers`` contains the functions that read values. A key is the name of a field, or the function ``read`` in the
    declaration of a field. Bools and fields with choices need no entry. Input with any other field is unusual.
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
