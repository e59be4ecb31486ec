"""Declarations of the fields of specs, so that comparing and showing need no conditions for single fields.

A spec is a frozen dataclass. A field that is None was not given: on update it is left as it is.
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
    """The declaration of one field: what comparing, parsing, JSON schemas, module options and reference pages use.

    In ``summary`` and ``details``, single backticks mark names of options and values, double backticks any other code.

    Attributes:
        summary: The first paragraph of the documentation; the description in JSON schemas.
        details: More paragraphs of the documentation of module options.
        identity: Names the object; not compared.
        secret: Never shown.
        unordered: Order does not matter.
        canonical: Spelling to meaning.
        absent: What None means on the server's side.
        read_only: Set by the server, accepted on input, never compared.
        input_only: Steers planning, never shown.
        unit: Unit of the value.
        source: Page and section that say so.
        choices: The values that there are.
        synonyms: Other words for a choice, offered like choices. Shape: ``{word: choice}``.
        suggestions: Values that JSON schemas offer, where the parser accepts more than can be listed.
        pattern: A regular expression of the text, or of more spellings than the choices, that JSON schemas accept.
        bounds: Lowest and highest whole number; None for no highest.
        ports: Holds ports, as numbers from 1 to 65535 or as text.
        required: Input without it is refused.
        aliases: Other names of the module option.
        alias_of: For a key of input, the field that it is another name of.
        kind: Type of the value, in place of that of the annotation: str, bool, int, dict or Path (a file).
        is_list: True for a list of ``kind``.
        keys: The keys of a mapping.
        read: Reads the value in place of what its type says: ``read(reader, name)``, with a ``Reader`` of
            ``engine.validation``.
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
        """The value in a form that is equal for equal meanings."""
        value = self.absent if value is None else value
        if value is None:
            return None
        if self.canonical is not None:
            return self.canonical(value)
        if self.unordered:
            return frozenset(value)
        return value

    def same(self, current: Any, desired: Any) -> bool:
        """True when both mean the same. Equal spellings are not looked at any closer."""
        return bool(current == desired) or bool(self.meaning(current) == self.meaning(desired))


def spec_field(summary: str, *details: str, default: Any = None, **info: Any) -> Any:
    """Return a dataclass field with its :class:`FieldInfo`. ``details`` are more paragraphs of documentation."""
    return dataclasses.field(default=default, metadata={_KEY: FieldInfo(summary=summary, details=details, **info)})


def input_key(summary: str, *details: str, **info: Any) -> FieldInfo:
    """Return the declaration of a key that input may have besides the fields of a spec, for its ``other_keys``."""
    return FieldInfo(summary=summary, details=details, **info)


_fields: dict[type, Mapping[str, FieldInfo]] = {}
_compared: dict[type, tuple[tuple[str, FieldInfo], ...]] = {}


def fields_of(spec_type: type) -> Mapping[str, FieldInfo]:
    """Every field of a spec type with its meaning, in order of definition. Undeclared fields compare by value."""
    if spec_type not in _fields:
        undeclared = FieldInfo()
        infos = {entry.name: entry.metadata.get(_KEY, undeclared) for entry in dataclasses.fields(spec_type)}
        _compared[spec_type] = tuple(
            (name, info) for name, info in infos.items() if not (info.identity or info.read_only or info.input_only)
        )
        _fields[spec_type] = infos
    return _fields[spec_type]


@dataclass(frozen=True)
class SpecKey:
    """A key of the mappings that a spec is read from: a field of the spec, or one of its ``other_keys``.

    ``kind`` is bool, int, str, Secret, Path, dict, or the spec type of mappings within; ``default`` is None or the
    value that a field has when nothing is given.
    """

    name: str
    info: FieldInfo
    kind: type
    is_list: bool
    default: Any = None


def keys_of(spec_type: type) -> tuple[SpecKey, ...]:
    """Return every key that input for a spec may have: its fields, then the entries of its ``other_keys``, if any."""
    # A cached function takes no type variable for hashable.
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
    """Fields of ``desired`` that are given and mean something else in ``current``.

    ``also`` names identity fields to compare as well (a rename). Shape: ``{field: (current value, desired value)}``.
    """
    changed: dict[str, tuple[Any, Any]] = {}
    infos = fields_of(type(desired))
    for name, info in (*_compared[type(desired)], *((name, infos[name]) for name in also)):
        value = getattr(desired, name)
        if value is None:
            continue
        current_value = getattr(current, name)
        if not info.same(current_value, value):
            changed[name] = (current_value, value)
    return changed


_PLAIN = frozenset({str, int, float, bool})
"""Most values of a long list are of these very types, and need no closer look."""


def plain(value: Any) -> Any:
    """JSON types for showing: specs as mappings, secrets as ``***``, without what is None or input-only."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Secret):
        return MASK
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown: dict[str, Any] = {}
        for name, info in fields_of(type(value)).items():
            item = getattr(value, name)
            if item is None or info.input_only:
                continue
            shown[name] = MASK if info.secret else plain(item)
        return shown
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def from_plain(spec_type: type[_SpecT], data: Mapping[str, Any]) -> _SpecT:
    """Return the spec that :func:`plain` showed. Leave out keys that are no fields of it."""
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
    """Names of the fields that hold secrets, those of specs within the spec too."""
    names: set[str] = set()
    for nested_type in _specs_within(spec_type):
        names |= {name for name, info in fields_of(nested_type).items() if info.secret}
    return frozenset(names)


def secrets_in(data: Any, names: frozenset[str]) -> Iterator[str]:
    """Every text in plain data that stands under one of ``names``, or under a name that always holds a secret.

    What stands there need not be right: a list or a mapping in place of a text is looked through to its end.
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
    """A spec type and every one that its fields are made of."""
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
        return {}  # a name that only type checkers know: what stands under it is known by its own name at most
