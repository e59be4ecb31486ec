"""Registries that hold objects and count their changes.

Caches are valid until the number of changes increases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass
class ChangeCounter:
    """The number of changes to an inventory.

    Cached results are valid until the number increases.
    """

    count: int = 0


_TrackedItem = TypeVar("_TrackedItem", bound="Tracked")


class Tracked:
    """Base class of objects that belong to a registry.

    The registry counts each change of an attribute.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        changes: ChangeCounter | None = self.__dict__.get(_COUNTER)
        if changes is not None:
            changes.count += 1

    @classmethod
    def create(cls: type[_TrackedItem], **values: Any) -> _TrackedItem:
        """Return an object with ``values`` as attributes.

        This method is faster than the constructor. An attribute that is not in ``values`` has its class default.
        ``values`` must contain every field that has a default factory.
        """
        item = object.__new__(cls)
        item.__dict__.update(values)
        return item


_COUNTER = "_changes"
"""Attribute with the change counter of the inventory.

The attribute is not a dataclass field.
"""


_Item = TypeVar("_Item")


class Registry(dict[str, _Item]):
    """Objects of an inventory by ID. Each change of an object is counted."""

    def __init__(self, changes: ChangeCounter) -> None:
        super().__init__()
        self._changes = changes

    def __setitem__(self, key: str, value: _Item) -> None:
        self._changes.count += 1
        if isinstance(value, Tracked):
            value.__dict__[_COUNTER] = self._changes
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._changes.count += 1
        super().__delitem__(key)

    def pop(self, *arguments: Any) -> Any:
        self._changes.count += 1
        return super().pop(*arguments)

    def clear(self) -> None:
        self._changes.count += 1
        super().clear()
