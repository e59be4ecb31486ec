"""Declarations of spec fields, used to compare, parse and show specs.

A spec is a frozen dataclass. A field that is None is not set: an update keeps the value on the server.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vcloudair_core.util.redaction import MASK, Secret, is_secret_name

_KEY = "vcloudair"
_SpecT = typing.TypeVar("_SpecT")


@dataclass(frozen=True)
class FieldInfo:
    """The declaration of one spec field.

    Declarations are used to compare and parse values, and to generate JSON schemas, module options and reference pages.
    In ``summary`` and ``details``, single backticks mark names of options and values. Double backticks mark all other
    code.

    Attributes:
        summary: The first paragraph of the documentation; the description in JSON schemas.
        details: More paragraphs for the documentation of module options.
        identity: True if the field identifies the object and is not compared.
        secret: True if the value is never shown.
        unordered: True if the order of the items does not matter.
        canonical: A function that returns the canonical form of a value, for comparison.
        absent: The value that the server uses for a missing field.
        read_only: True if the server sets the value. Input may contain the field, but its value is never compared.
        input_only: True if the field only controls planning and is never shown.
        unit: Unit of the value.
        source: Page and section that document the field.
        choices: The allowed values.
        synonyms: Other spellings of choices. The documentation also lists the synonyms. Shape: ``{spelling: choice}``.
        suggestions: Values that JSON schemas suggest if the parser accepts more values than can be listed.
        pattern: A regular expression for JSON schemas, if the parser accepts more spellings than ``choices`` lists.
        bounds: Lowest and highest whole number; None for no maximum.
        ports: True if the value holds ports, as numbers from 1 to 65535 or as text.
        required: True if input must have the field.
        aliases: Other names of the module option.
        alias_of: The name of the field for which this input key is an alias.
        kind: The type of the value, if it differs from the annotation: str, bool, int, dict or Path (a file).
        is_list: True if the value is a list of ``kind``.
        keys: The keys of a value that is a mapping.
        read: A function that reads the value, if the default function of the type does not fit. It is called as
            ``read(reader, name)``, with a ``Reader`` of ``engine.validation``.
    """

    summary: str = ""
    details: tuple[str, ...] = ()
    identity: bool = False
    secret: bool = False
    unordered: bool = False
    canonical: Callable[[Any], Any] | None = None
    absent: Any = None
    read_only: bool = False
    input_only: bool = False
    unit: str = ""
    source: str = ""
    choices: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    pattern: str = ""
    bounds: tuple[int, int | None] | None = None
    ports: bool = False
    required: bool = False
    aliases: tuple[str, ...] = ()
    alias_of: str = ""
    kind: type | None = None
    is_list: bool = False
    keys: Mapping[str, FieldInfo] = field(default_factory=dict)
    read: Callable[[Any, str], Any] | None = None

    def meaning(self, value: Any) -> Any:
        """Return the canonical form of a value."""
        value = self.absent if value is None else value
        if value is None:
            return None
        if self.canonical is not None:
            return self.canonical(value)
        if self.unordered:
            return frozenset(value)
        return value

    def same(self, current: Any, desired: Any) -> bool:
        """Return True if both values have the same canonical form."""
        return bool(current == desired) or bool(self.meaning(current) == self.meaning(desired))


def spec_field(summary: str, *details: str, default: Any = None, **info: Any) -> Any:
    """Return a dataclass field with its :class:`FieldInfo`.

    ``details`` are more paragraphs of documentation.
    """
    return dataclasses.field(default=default, metadata={_KEY: FieldInfo(summary=summary, details=details, **info)})


def input_key(summary: str, *details: str, **info: Any) -> FieldInfo:
    """Return the declaration of an input key that is not a field of the spec.

    Spec types list such keys in ``other_keys``.
    """
    return FieldInfo(summary=summary, details=details, **info)


_fields: dict[type, Mapping[str, FieldInfo]] = {}
_compared: dict[type, tuple[Mapping[str, FieldInfo], bool]] = {}
"""The compared fields of each spec type.

The flag is true if the default of each of these fields is None.
"""


def fields_of(spec_type: type) -> Mapping[str, FieldInfo]:
    """Return the declarations of all fields of a spec type, in order of definition.

    Fields without a declaration are compared by value.
    """
    if spec_type not in _fields:
        undeclared = FieldInfo()
        infos = {entry.name: entry.metadata.get(_KEY, undeclared) for entry in dataclasses.fields(spec_type)}
        compared = {
            name: info for name, info in infos.items() if not (info.identity or info.read_only or info.input_only)
        }
        defaults = {entry.name: entry.default for entry in dataclasses.fields(spec_type)}
        _compared[spec_type] = compared, all(defaults[name] is None for name in compared)
        _fields[spec_type] = infos
    return _fields[spec_type]


@dataclass(frozen=True)
class SpecKey:
    """A key that is allowed in the input for a spec: a field or one of ``other_keys``.

    ``kind`` is bool, int, str, Secret, Path, dict, or the type of nested specs. ``default`` is the default of the
    field, or None.
    """

    name: str
    info: FieldInfo
    kind: type
    is_list: bool
    default: Any = None


def keys_of(spec_type: type) -> tuple[SpecKey, ...]:
    """Return every key that is allowed in the input for a spec.

    The fields come first, then the ``other_keys``.
    """
    # mypy does not accept a type variable as a hashable argument of a cached function.
    return _keys(typing.cast("Any", spec_type))


@cache
def _keys(spec_type: Any) -> tuple[SpecKey, ...]:
    others: Mapping[str, FieldInfo] = getattr(spec_type, "other_keys", {})
    keys = _field_keys(spec_type)
    return (*keys, *(SpecKey(name, info, info.kind or str, info.is_list) for name, info in others.items()))


@cache
def _field_keys(spec_type: Any) -> tuple[SpecKey, ...]:
    hints = _hints(spec_type)
    return tuple(_field_key(entry, hints.get(entry.name, str)) for entry in dataclasses.fields(spec_type))


def _field_key(entry: dataclasses.Field[Any], hint: Any) -> SpecKey:
    info: FieldInfo = entry.metadata.get(_KEY, FieldInfo())
    default = None if entry.default is dataclasses.MISSING else entry.default
    if info.kind is not None:
        return SpecKey(entry.name, info, info.kind, info.is_list, default)
    arguments = [argument for argument in typing.get_args(hint) if argument not in (type(None), Ellipsis)]
    if typing.get_origin(hint) is tuple:
        return SpecKey(entry.name, info, arguments[0], True, default)
    if not arguments:
        return SpecKey(entry.name, info, hint, False, default)
    inner = arguments[0]
    is_list = typing.get_origin(inner) is tuple
    return SpecKey(entry.name, info, typing.get_args(inner)[0] if is_list else inner, is_list, default)


def diff_fields(current: Any, desired: Any, *, also: tuple[str, ...] = ()) -> dict[str, tuple[Any, Any]]:
    """Return the fields of ``desired`` that are set and differ from ``current``.

    ``also`` has the names of identity fields to compare too, for example if an object can be renamed. Shape: ``{field:
    (current value, desired value)}``.
    """
    infos = fields_of(type(desired))
    compared, is_omissible = _compared[type(desired)]
    if not also and is_omissible and _are_equal(current, desired, compared):
        return {}
    changed: dict[str, tuple[Any, Any]] = {}
    for name in (*compared, *also):
        value = getattr(desired, name)
        if value is None:
            continue
        current_value = getattr(current, name)
        if current_value != value and not infos[name].same(current_value, value):
            changed[name] = (current_value, value)
    return changed


def _are_equal(current: Any, desired: Any, compared: Mapping[str, FieldInfo]) -> bool:
    """Return True if all compared fields that are set have equal values.

    Most rules of a long list are equal, and set only a few fields. A field that is missing in ``__dict__`` is not set:
    see :func:`spec_with`.
    """
    for name, value in vars(desired).items():
        if value is not None and name in compared and getattr(current, name) != value:
            return False
    return True


def spec_with(spec_type: type[_SpecT], values: dict[str, Any]) -> _SpecT:
    """Return a spec with these fields, and defaults for the other fields.

    The spec uses the dict ``values`` as its ``__dict__``. This is faster than ``__init__``: a frozen dataclass calls a
    function for every field, which takes most of the time when a long list is decoded. The result is the same, because
    defaults of specs are class attributes, and specs have no ``__post_init__``.
    """
    spec = object.__new__(spec_type)
    object.__setattr__(spec, "__dict__", values)
    return spec


_PLAIN = frozenset({str, int, float, bool})
"""Types that need no conversion. Most values of a long list are of these types."""


@cache
def _shown_fields(spec_type: type) -> tuple[tuple[str, bool], ...]:
    """Return ``(name, is_secret)`` for each field that is shown."""
    return tuple((name, info.secret) for name, info in fields_of(spec_type).items() if not info.input_only)


def plain(value: Any) -> Any:
    """Convert a value to JSON types for display.

    Specs become mappings. Fields that are None or input-only are omitted. Secrets become ``***``.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Secret):
        return MASK
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown: dict[str, Any] = {}
        for name, is_secret in _shown_fields(type(value)):
            item = getattr(value, name)
            if item is not None:
                shown[name] = MASK if is_secret else item if type(item) in _PLAIN else plain(item)
        return shown
    if isinstance(value, (tuple, list)):
        return [item if type(item) in _PLAIN else plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def from_plain(spec_type: type[_SpecT], data: Mapping[str, Any]) -> _SpecT:
    """Convert a mapping from :func:`plain` to a spec. Unknown keys are ignored."""
    values: dict[str, Any] = {}
    for key in _field_keys(typing.cast("Any", spec_type)):
        value = data.get(key.name)
        if value is None:
            continue
        if dataclasses.is_dataclass(key.kind):
            value = tuple(from_plain(key.kind, item) for item in value) if key.is_list else from_plain(key.kind, value)
        values[key.name] = tuple(value) if isinstance(value, list) else value
    return spec_type(**values)


# -- secrets -----------------------------------------------------------------------------------------------------


def secret_names(spec_type: type) -> frozenset[str]:
    """Return the names of the secret fields, including secret fields of nested specs."""
    names: set[str] = set()
    for nested_type in _specs_within(spec_type):
        names |= {name for name, info in fields_of(nested_type).items() if info.secret}
    return frozenset(names)


def secrets_in(data: Any, names: frozenset[str]) -> Iterator[str]:
    """Yield the secret values in JSON-like data.

    A value is secret if ``names`` has its key, or if the key is a usual name of a secret, such as ``password``. The
    data may be invalid: lists and mappings under such a key are searched too.
    """
    if isinstance(data, Mapping):
        for key, value in data.items():
            if str(key) in names or is_secret_name(str(key)):
                yield from _texts(value)
            else:
                yield from secrets_in(value, names)
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from secrets_in(item, names)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)


def _specs_within(spec_type: type) -> list[type]:
    """Return a spec type and the spec types of all its fields, at any depth."""
    spec_types: list[type] = []
    waiting: list[Any] = [spec_type]
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint not in spec_types:
            spec_types.append(hint)
            waiting += _hints(hint).values()
    return spec_types


def _hints(spec_type: type) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(spec_type)
    except NameError:
        return {}  # a name that is imported only for type checkers
