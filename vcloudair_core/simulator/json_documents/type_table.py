"""Load the types of vCloud documents from ``types.json``.

The table has three parts:

* ``namespaces``: the namespace of each prefix;
* ``elements``: the type ``T`` of each global element, or ``T for H`` if the element can replace the element ``H``;
* ``types``: the lines of each type, separated by semicolons.

A line has one of these forms:

* ``< T``: the type extends T
* ``= kind``: the type contains text of this kind
* ``Name T *``: an element; ``*`` marks an element that can be repeated
* ``@name kind =default``: an attribute
* ``*any``: elements of other namespaces
* ``@*``: attributes of other namespaces
* ``!``: the type is abstract
* ``~``: the type has text between its elements

A kind is ``string``, ``integer``, ``number``, ``boolean``, ``dateTime`` or ``any``. Names without a prefix have the
prefix of their type. tools/make_json_tables.py generates the file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

SCALARS = frozenset(("string", "integer", "number", "boolean", "dateTime", "any"))
EXTENSIBLE, RESOURCE, SECTION = "vcloud:VCloudExtensibleType", "vcloud:ResourceType", "ovf:Section_Type"
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_RENAMED = {"Property": "_property"}
"""JSON keys that do not follow from the element name.

These element names are reserved in Java.
"""


@dataclass(frozen=True)
class Field:
    """A field of a type.

    ``role`` is ``attribute``, ``element``, ``text``, ``any`` (other elements) or ``other`` (other attributes). ``name``
    is the name in XML, with its namespace in braces.
    """

    key: str
    role: str
    name: str = ""
    type: str = "string"
    is_list: bool = False
    default: str | None = None


@dataclass(frozen=True)
class DocumentType:
    """A type with its own and inherited fields, in the order of the schema."""

    name: str
    bases: tuple[str, ...]
    fields: tuple[Field, ...]
    is_abstract: bool
    is_mixed: bool

    @cached_property
    def class_name(self) -> str:
        """Return the value of ``_type``, such as ``VirtualHardwareSectionType``."""
        return self.name.partition(":")[2].replace("_", "")

    @cached_property
    def is_marked(self) -> bool:
        """Return True if JSON objects of the type contain the key ``_type``.

        The class of such an object depends on the document. Examples are sections, records, typed values, and other
        types that extend an abstract type.
        """
        return self.is_mixed or any(is_family(base) for base in self.bases)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the XML names of all fields."""
        return frozenset(field.name for field in self.fields)

    @cached_property
    def element_keys(self) -> dict[str, str]:
        """Return a mapping from the tags of child elements to JSON keys."""
        return {field.name: field.key for field in self.fields if field.role == "element"}

    @cached_property
    def has_any(self) -> bool:
        """Return True if the type permits elements of other namespaces."""
        return any(field.role == "any" for field in self.fields)

    @cached_property
    def is_document(self) -> bool:
        """Return True if the attribute ``type`` is the media type of the element itself.

        In a reference, ``type`` is the media type of the target.
        """
        return not {RESOURCE, SECTION}.isdisjoint((self.name, *self.bases))

    @cached_property
    def json_fields(self) -> tuple[Field, ...]:
        """Return the fields in the order of JSON documents.

        ``otherAttributes`` comes first and ``vCloudExtension`` last, as in recorded documents.
        """
        if EXTENSIBLE not in (self.name, *self.bases):
            return self.fields
        ranks = {"otherAttributes": 0, "vCloudExtension": 2}
        return tuple(sorted(self.fields, key=lambda field: ranks.get(field.key, 1)))


@cache
def load_table() -> dict[str, Any]:
    """Return the contents of ``types.json``."""
    text = (files("vcloudair_core.simulator.json_documents") / "types.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def is_family(name: str) -> bool:
    """Return True if JSON objects of the subtypes of ``name`` contain ``_type``.

    The result is True for abstract types, except for the abstract base types of nearly all entities.
    """
    if name in (EXTENSIBLE, "vcloud:AbstractVAppType", "vcloud:NetworkType"):
        return False
    return "!" in _lines(name)


@cache
def load_type(name: str) -> DocumentType:
    """Return a type of the table. Raises KeyError for an unknown type."""
    lines = _lines(name)
    bases: list[str] = []
    fields: dict[str, Field] = {}
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "<":
            base = load_type(rest)
            bases += [rest, *base.bases]
            fields |= {field.key: field for field in base.fields}
        elif mark == "~":
            fields["content"] = Field("content", "text")
        elif mark != "!":
            field = _field(line, name.partition(":")[0])
            fields.setdefault(field.key, field)
    return DocumentType(name, tuple(bases), tuple(fields.values()), "!" in lines, "~" in lines)


def _lines(name: str) -> list[str]:
    return str(load_table()["types"][name]).split("; ")


def _field(line: str, prefix: str) -> Field:
    """Return the field that a line of the table describes.

    ``prefix`` is the namespace prefix of the type.
    """
    if line == "*any":
        return Field("any", "any", is_list=True)
    if line == "@*":
        return Field("otherAttributes", "other")
    if line.startswith("= "):
        return Field("value", "text", type=line[2:])
    name, kind, *marks = line.split(" ", 2)
    if name.startswith("@"):
        default = marks[0][1:] if marks else None
        qualified = qualify(name[1:]) if ":" in name else name[1:]
        return Field(json_key(name[1:]), "attribute", qualified, kind, default=default)
    qualified = qualify(name if ":" in name else f"{prefix}:{name}")
    return Field(json_key(name), "element", qualified, kind, is_list=bool(marks))


def json_key(name: str) -> str:
    """Return the JSON key of an XML name: the first word is in lower case.

    For example, the key of ``MACAddress`` is ``macAddress``, and the key of ``VCloudExtension`` is ``vCloudExtension``.
    """
    local = name.rpartition(":")[2]
    word = _WORD.match(local)
    return _RENAMED.get(local) or (local if word is None else word[0].lower() + local[word.end() :])


def qualify(name: str) -> str:
    """Return a prefixed name with its namespace in braces."""
    prefix, _, local = name.partition(":")
    return f"{{{load_table()['namespaces'][prefix]}}}{local}"


def prefixed(tag: str) -> str:
    """Return a name with its prefix, or the local name for an unknown namespace."""
    namespace, _, local = tag.removeprefix("{").rpartition("}")
    return f"{_prefixes()[namespace]}:{local}" if namespace in _prefixes() else local


@cache
def _prefixes() -> dict[str, str]:
    return {namespace: prefix for prefix, namespace in load_table()["namespaces"].items()}


@cache
def element_type(tag: str) -> str | None:
    """Return the type of a global element by its tag, or None for an unknown element."""
    line = load_table()["elements"].get(prefixed(tag))
    return line.partition(" ")[0] if line else None


@cache
def head_of(tag: str) -> str:
    """Return the tag of the element that ``tag`` can replace, or an empty string."""
    line = load_table()["elements"].get(prefixed(tag), "")
    head = line.partition(" for ")[2]
    return qualify(head) if head else ""


@cache
def members_of(head: str) -> dict[str, str]:
    """Return a mapping from class names to the elements that can replace ``head``.

    The keys are values of ``_type``. The values are tags.
    """
    members: dict[str, str] = {}
    for name, line in load_table()["elements"].items():
        kind, _, own_head = line.partition(" for ")
        if own_head and qualify(own_head) == head and kind not in SCALARS:
            members.setdefault(load_type(kind).class_name, qualify(name))
    return members


@cache
def classes() -> dict[str, str]:
    """Return a mapping from class names (the values of ``_type``) to type names."""
    return {name.partition(":")[2].replace("_", ""): name for name in load_table()["types"] if "." not in name}
