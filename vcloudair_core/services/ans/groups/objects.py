"""The interface to groups and profiles, which each backend implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.services.ans.groups.model import GroupObject


class GroupObjects(ABC):
    """Read and write one type of objects that an edge gateway, VDC or VDC group owns."""

    @abstractmethod
    def read(self, names: Collection[str] | None) -> list[GroupObject]:
        """Return the objects with these names, or all objects."""

    @abstractmethod
    def create(self, spec: Any) -> None:
        """Create an object."""

    @abstractmethod
    def update(self, item: GroupObject, spec: Any, changed: Sequence[str]) -> None:
        """Change the fields ``changed`` of an object."""

    @abstractmethod
    def delete(self, item: GroupObject) -> None:
        """Delete an object. It is not an error if another client has already deleted it."""

    def containers(self, ids: Collection[str]) -> Iterable[tuple[str, frozenset[str]]]:
        """Return each group that contains some of the objects, as ``(name, ids)``.

        ``ids``, here and in the result, are the last parts of the IDs of the objects.
        """
        return ()

    def network_names(self, objects: Sequence[GroupObject], *, is_complete: bool) -> Mapping[str, str]:
        """Return the names of member networks by URN.

        If ``is_complete`` is True, the result has all networks that can be members.
        """
        return {}

    def wait_until_idle(self) -> None:  # noqa: B027 - most backends write without tasks
        """Wait until the server has finished a write whose response was lost."""
