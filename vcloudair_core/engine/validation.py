"""Read plain data as specs, and collect all problems with their paths."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import Any, TypeVar

from vcloudair_core.engine.fields import SpecKey, fields_of, keys_of
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.util.blank_values import MASKED_REASON, is_blank, is_masked
from vcloudair_core.util.redaction import Secret

SpecT = TypeVar("SpecT")

_TRUE = {"true", "yes", "on", "y", "t", "1"}
_FALSE = {"false", "no", "off", "n", "f", "0"}
"""Values that mean false. These are the values that Ansible's bool options accept.

Every kind of input accepts these values.
"""

LONGEST_NAME = 255
"""Maximum number of characters in a name. The API documents no limit.

A longer name is rejected, because it is probably a mistake, such as the content of a file instead of its name.
"""
CLEAR = "clear"
"""The key whose value lists the text fields to set to an empty string."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow.

These characters are rejected for every backend, so that a spec that is valid for one backend is valid for all.
"""


class Problems:
    """Collect the problems in one input, each with the path of its option.

    Example of a path: ``rules[3].source[0]``.
    """

    def __init__(self) -> None:
        self.items: list[SpecProblem] = []

    @property
    def is_empty(self) -> bool:
        """True if there are no problems."""
        return not self.items

    def add(self, path: str, reason: str, hint: str = "") -> None:
        """Add a problem."""
        self.items.append(SpecProblem(path, reason, hint))

    @contextmanager
    def catch(self, path: str = "") -> Iterator[None]:
        """Catch a SpecError in the block, and add its problems with the prefix ``path``.

        The caller can then continue and find more problems.
        """
        try:
            yield
        except SpecError as exc:
            self.items += exc.within(path).problems

    def raise_if_any(self) -> None:
        """Raise SpecError with all problems, if there are any."""
        if self.items:
            raise SpecError.of(self.items)


def item_paths(count: int, prefix: str = "") -> list[str]:
    """Return the input path of each of ``count`` specs.

    Examples: ``rules[1]``, or ``[1]`` without prefix. The path of a single spec is an empty string.
    """
    return [f"{prefix}[{position}]" if prefix or count > 1 else "" for position in range(count)]


def near(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` with similar names in ``known``, or an empty string."""
    names = {str(name).casefold(): str(name) for name in known}
    matches = [names[match] for match in difflib.get_close_matches(word.casefold(), names, n=3, cutoff=0.6)]
    return f"did you mean {' or '.join(repr(name) for name in matches)}?" if matches else ""


def one_of(word: str, known: Sequence[str]) -> str:
    """Return the error text for a value that is not in ``known``."""
    return f"{word!r} is not one of {', '.join(known)}" + (f" ({near(word, known)})" if near(word, known) else "")


class Reader:
    """Read typed values from a mapping, and collect problems without raising errors.

    Every getter returns None for a key that is missing, blank or invalid. Blank values, such as empty cells of a
    spreadsheet, count as missing. Values that Ansible has masked are problems.
    """

    def __init__(self, data: Mapping[str, Any], path: str, problems: Problems) -> None:
        self.data = {key: value for key, value in data.items() if not is_blank(value)}
        self._keys = tuple(data)
        self.path = path
        self.problems = problems
        for key, value in self.data.items():
            if is_masked(value):
                problems.add(self.at(str(key)), MASKED_REASON)

    def at(self, name: str) -> str:
        """Return the input path of a key."""
        return f"{self.path}.{name}" if self.path else name

    def given(self, name: str) -> bool:
        """Return True if the mapping has the key and its value is not None."""
        return self.data.get(name) is not None

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Add a problem for every unknown key, with the most similar known key."""
        names = list(known)
        for key in self._keys:
            if key not in names:
                hint = near(str(key), names)
                self.problems.add(self.at(str(key)), f"unknown field{'; ' + hint if hint else ''}")

    def text(self, name: str) -> str | None:
        """Return the value of a key as a string. Numbers such as ``8080`` are converted."""
        value = self.data.get(name)
        if isinstance(value, str):
            return self.printable(self.at(name), value)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        self.problems.add(self.at(name), f"a string was expected, not {kind_of(value)}")
        return None

    def clearable(self, name: str) -> str | None:
        """Return the text of a field, or an empty string if ``clear`` names the field.

        A blank value counts as missing, so that only ``clear`` can empty a field.
        """
        text = self.text(name)
        if name not in [item for _, item in self.items(CLEAR) or ()]:
            return text
        if text is not None:
            self.problems.add(self.at(name), f"cannot be combined with {CLEAR}: [{name}]")
        return ""

    def check_clear(self, *names: str) -> None:
        """Add a problem for every field in ``clear`` that is not in ``names``.

        ``clear`` is the option that lists the fields to empty.
        """
        for path, item in self.items(CLEAR) or ():
            if item not in names:
                self.problems.add(path, one_of(str(item), names))

    def printable(self, path: str, text: str) -> str | None:
        """Return the text if XML and JSON allow its characters; otherwise add a problem."""
        if not _UNPRINTABLE.search(text):
            return text
        self.problems.add(path, f"{text!r} contains a control character or an unpaired surrogate")
        return None

    def boolean(self, name: str) -> bool | None:
        """Return a bool. Spellings of YAML 1.1, Ansible and spreadsheets are accepted."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)) and value in (0, 1):
            return bool(value)
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        self.problems.add(self.at(name), f"true or false was expected, not {value!r}")
        return None

    def integer(self, name: str, low: int = 0, high: int | None = None) -> int | None:
        """Return an integer within bounds. A string of digits is accepted."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problems.add(self.at(name), f"a whole number was expected, not {value!r}")
            return None
        if value < low or (high is not None and value > high):
            bounds = f"{low} or more" if high is None else f"{low} to {high}"
            self.problems.add(self.at(name), f"{value} is out of range; use {bounds}")
            return None
        return value

    def identifier(self, name: str) -> str | None:
        """Return the ID of an object as a string: a positive integer or a UUID."""
        value = self.data.get(name)
        if isinstance(value, str) and _UUID.match(value.strip()):
            return value.strip().lower()
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is None or is_number or (isinstance(value, str) and value.strip().isdecimal()):
            return self.digits(name)
        self.problems.add(self.at(name), f"a number or a UUID was expected, not {value!r}")
        return None

    def digits(self, name: str) -> str | None:
        """Return a positive integer as a string without leading zeros."""
        number = self.integer(name, 1)
        return None if number is None else str(number)

    def choice(self, name: str, known: Sequence[str], synonyms: Mapping[str, str] | None = None) -> str | None:
        """Return the value of a key, in lower case.

        The value must be one of ``known``. Synonyms are replaced.
        """
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.problems.add(self.at(name), f"one of {', '.join(known)} was expected, not {value!r}")
            return None
        word = value.strip().casefold()
        word = (synonyms or {}).get(word, word)
        if word in known:
            return word
        self.problems.add(self.at(name), one_of(value, [*known, *(synonyms or {})]))
        return None

    def items(self, name: str) -> list[tuple[str, Any]] | None:
        """Return the nonblank items of a list, each with its path.

        A scalar becomes a list with one item. A string with commas is split. Nested lists are flattened, as in Ansible.
        """
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, str) and "," in value:
            value = [item.strip() for item in value.split(",") if item.strip()]
        elif isinstance(value, (str, int, Mapping)):
            value = [value]
        if isinstance(value, (bytes, bytearray)) or not isinstance(value, (Sequence, set, frozenset)):
            self.problems.add(self.at(name), f"a list was expected, not {kind_of(value)}")
            return None
        return [
            (f"{self.at(name)}[{position}]", item) for position, item in enumerate(_flat(value)) if not is_blank(item)
        ]

    def line(self, name: str, longest: int = LONGEST_NAME) -> str | None:
        """Return a string without line breaks, such as an identifier."""
        value = self.text(name)
        reason = line_complaint(value, longest)
        if reason:
            self.problems.add(self.at(name), reason)
            return None
        return value


def line_complaint(text: str | None, longest: int = LONGEST_NAME) -> str:
    """Return the reason why a name is invalid, or an empty string for a valid name.

    A name must have no line breaks and at most ``longest`` characters.
    """
    if text and any(mark in text for mark in "\r\n"):
        return "contains a line break; write it on one line"
    return f"has {len(text)} characters, at most {longest} are allowed" if text and len(text) > longest else ""


def _flat(value: Iterable[Any]) -> Iterator[Any]:
    for item in value:
        if isinstance(item, (list, tuple, set, frozenset)):
            yield from _flat(item)
        else:
            yield item


def kind_of(value: Any) -> str:
    """Return the type of an input value in words for messages, such as ``a list``."""
    names = {
        bool: "true or false",
        dict: "a mapping",
        list: "a list",
        int: "a number",
        float: "a number",
        str: "a string",
        type(None): "null",
    }
    return names.get(type(value), type(value).__name__)


# -- specs by their declarations -----------------------------------------------------------------------------------


def read_spec(
    spec_type: type[SpecT], data: Mapping[str, Any], path: str, problems: Problems, *, ignored: Iterable[str] = ()
) -> SpecT:
    """Read plain data as a spec according to the field declarations.

    Fields can be strings without line breaks, bool, int, :class:`Secret`, tuples of strings, and tuples of nested
    specs. ``choices``, ``synonyms``, ``bounds``, ``required`` and the attributes ``exclusive`` and ``clear`` of the
    spec type are checked. A spec type can check values in a method ``complaints()``, which returns ``[(field,
    reason)]``.

    Args:
        spec_type: The type of the spec.
        data: The plain data.
        path: The path of ``data`` in the input, for messages: ``rules[3]``.
        problems: The object that collects the problems.
        ignored: Keys that are accepted but not read.
    """
    reader = Reader(data, path, problems)
    keys = keys_of(spec_type)
    reader.refuse_unknown([*(key.name for key in keys), *ignored])
    values = read_fields(spec_type, reader)
    for key in keys:
        if key.info.required and not reader.given(key.name):
            problems.add(reader.at(key.name), "is required")
    for names in getattr(spec_type, "exclusive", ()):
        conflicting = [name for name in names if reader.given(name)]
        for name in conflicting[1:]:
            problems.add(reader.at(name), f"cannot be combined with {conflicting[0]}")
    spec = spec_type(**{name: value for name, value in values.items() if value is not None})
    complaints = getattr(spec, "complaints", None)
    for name, reason in complaints() if complaints is not None else ():
        problems.add(reader.at(name), reason)
    return spec


def read_fields(spec_type: type, reader: Reader, *, skip: Iterable[str] = ()) -> dict[str, Any]:
    """Read every declared field of a spec. Shape: ``{field: value}``.

    The reader collects problems instead of raising errors.
    """
    keys, fields = keys_of(spec_type), set(fields_of(spec_type)).difference(skip)
    clearable = next((key.info.choices for key in keys if key.name == CLEAR), ())
    values = {key.name: _read_value(reader, key, clearable) for key in keys if key.name in fields}
    reader.check_clear(*clearable)
    return values


def _read_value(reader: Reader, key: SpecKey, clearable: Sequence[str]) -> Any:
    if key.info.read is not None:
        return key.info.read(reader, key.name)
    if key.is_list:
        items = reader.items(key.name)
        return None if items is None else _read_items(reader, key, items)
    if key.info.choices:
        return reader.choice(key.name, key.info.choices, key.info.synonyms)
    if key.kind is bool:
        return reader.boolean(key.name)
    if key.kind is int:
        return reader.integer(key.name, *(key.info.bounds or (0, None)))
    text = reader.clearable(key.name) if key.name in clearable else reader.line(key.name)
    text = None if text is None else text.strip()
    return Secret(text) if text and key.kind is Secret else text


def _read_items(reader: Reader, key: SpecKey, items: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    values: list[Any] = []
    for path, item in items:
        if is_dataclass(key.kind):
            if isinstance(item, Mapping):
                values.append(read_spec(key.kind, item, path, reader.problems))
            else:
                # The message must not show the item, because it may be a secret.
                reader.problems.add(path, f"a mapping was expected, not {kind_of(item)}")
        elif key.info.choices and str(item).strip().casefold() not in key.info.choices:
            reader.problems.add(path, one_of(str(item), key.info.choices))
        elif isinstance(item, Mapping):
            reader.problems.add(path, "a string was expected, not a mapping")
        else:
            values.append(str(item).strip())
    return tuple(values)
