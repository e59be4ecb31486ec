"""References between the objects of a load balancer.

Specs refer to other objects by name, and documents refer to them by ID. A write can contain new objects that refer to
each other, because a client can choose the IDs of new objects. Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

MONITOR, POOL, PROFILE, SERVER = "monitor", "pool", "applicationProfile", "virtualServer"
RULE = "applicationRule"
ID_KEYS = {
    MONITOR: "monitorId",
    POOL: "poolId",
    PROFILE: "applicationProfileId",
    SERVER: "virtualServerId",
    RULE: "applicationRuleId",
}
"""API key of the ID in each list."""
NOUNS = {
    MONITOR: "monitor",
    POOL: "pool",
    PROFILE: "application profile",
    SERVER: "virtual server",
    RULE: "application rule",
}

NEW = "name:"
"""Prefix of a reference to an object that has no ID yet."""


@dataclass(frozen=True)
class ReferenceField:
    """A field of a spec that refers to another object, or to several, by name.

    Attributes:
        owner: API key of the list whose objects have the field.
        name: Name of the field in the spec.
        key: API key of the field in documents.
        target: API key of the list that contains the other objects.
    """

    owner: str
    name: str
    key: str
    target: str


FIELDS = (
    ReferenceField(POOL, "monitor", "monitorId", MONITOR),
    ReferenceField(SERVER, "application_profile", "applicationProfileId", PROFILE),
    ReferenceField(SERVER, "pool", "defaultPoolId", POOL),
    ReferenceField(SERVER, "application_rules", "applicationRuleId", RULE),
)


@dataclass(frozen=True)
class ObjectReference:
    """A reference from one object of a document to another.

    ``owner_name`` is the name of the object with the reference. ``text`` is the ID of the other object, or the prefix
    NEW and its name if it has no ID yet.
    """

    field: ReferenceField
    owner_name: str
    text: str

    @property
    def new_name(self) -> str:
        """The name that the reference contains; empty for a reference by ID."""
        return self.text[len(NEW) :] if self.text.startswith(NEW) else ""


class Records(Protocol):
    """Access to the raw objects of a document, in JSON or XML."""

    def objects(self, tree: Any, key: str) -> list[Any]:
        """Return the raw objects of a list."""
        ...

    def texts(self, record: Any, key: str) -> list[str]:
        """Return the values of a field as strings."""
        ...

    def set_text(self, record: Any, key: str, text: str) -> None:
        """Set a field of an object in place."""
        ...

    def set_texts(self, record: Any, key: str, texts: list[str]) -> None:
        """Set all values of a field of an object in place."""
        ...

    def has_certificates(self, tree: Any) -> bool:
        """Return True if an application profile refers to certificates."""
        ...


def names_by_id(records: Records, tree: Any, key: str) -> dict[str, str]:
    """Return a mapping from the IDs of the objects in a list to their names."""
    pairs = (
        (_first(records, item, ID_KEYS[key]), _first(records, item, "name")) for item in records.objects(tree, key)
    )
    return {identifier: name for identifier, name in pairs if identifier}


def name_of(text: str, names: Mapping[str, str]) -> str:
    """Return the name of a referenced object, or its ID if the name is unknown."""
    return text[len(NEW) :] if text.startswith(NEW) else names.get(text) or text


def reference_to(name: str, names: Mapping[str, str]) -> str:
    """Return the ID of a named object, or a reference by name if it has no ID."""
    return next((identifier for identifier, known in names.items() if known == name), f"{NEW}{name}")


def references(records: Records, tree: Any) -> Iterator[ObjectReference]:
    """Yield all references of a document."""
    for field in FIELDS:
        for record in records.objects(tree, field.owner):
            for text in records.texts(record, field.key):
                yield ObjectReference(field, _first(records, record, "name"), text)


def link(records: Records, tree: Any) -> None:
    """Replace references by name with references by ID, in place.

    An object without an ID gets one if another object refers to it. References to objects that do not exist are kept.
    """
    for field in FIELDS:
        for owner in records.objects(tree, field.owner):
            texts = records.texts(owner, field.key)
            linked = [_linked(records, tree, text, field.target) for text in texts]
            if linked != texts:
                records.set_texts(owner, field.key, linked)


def _linked(records: Records, tree: Any, text: str, key: str) -> str:
    """Return the ID of the object that a reference by name means.

    References by ID, and references to objects that do not exist, are returned unchanged.
    """
    if text.startswith(NEW):
        for target in records.objects(tree, key):
            if _first(records, target, "name") == text[len(NEW) :]:
                return _id_of(records, tree, target, key)
    return text


def _id_of(records: Records, tree: Any, target: Any, key: str) -> str:
    identifier = _first(records, target, ID_KEYS[key])
    if not identifier:
        numbers = [text.rpartition("-")[2] for text in names_by_id(records, tree, key)]
        identifier = f"{key}-{1 + max((int(number) for number in numbers if number.isdecimal()), default=0)}"
        records.set_text(target, ID_KEYS[key], identifier)
    return identifier


def _first(records: Records, record: Any, key: str) -> str:
    return next(iter(records.texts(record, key)), "")
