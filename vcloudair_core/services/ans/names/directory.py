"""The base class of directories, which read the objects that rules can name."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from typing import ClassVar

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)
from vcloudair_core.services.ans.names.objects import NamedObject, ObjectNames

_log = logging.getLogger(__name__)
_NOT_IMPLEMENTED = 501


class ObjectDirectory(ABC):
    """The objects that rules of an edge gateway or VDC group can refer to.

    Each list is cached for the session. If a name is unknown, the list is read a second time.

    Attributes:
        names: The cached names.
        member_kinds: The kinds of objects that a source or destination can name.
        service_kinds: The kinds of objects that ``applications`` can name.
        checked_prefix: The prefix of the IDs that the client must check, because the server does not. Empty if the
            server checks all IDs.
        may_lack_lists: True if a server can respond with 404 when it has no objects of a kind.
    """

    member_kinds: ClassVar[tuple[str, ...]] = ()
    service_kinds: ClassVar[tuple[str, ...]] = ()
    checked_prefix: ClassVar[str] = ""
    may_lack_lists: ClassVar[bool] = True

    def __init__(self, names: ObjectNames) -> None:
        self.names = names

    @abstractmethod
    def read_lists(self, kind: str, *, is_stale: bool) -> Mapping[str, Iterable[NamedObject]]:
        """Return the objects of a kind, in a mapping from kinds to objects.

        The mapping can include other kinds that are in the same response. If ``is_stale`` is true, earlier responses
        must not be used.

        Raises: ApiError, TransportError, DecodeError.
        """

    @abstractmethod
    def kind_of_id(self, object_id: str) -> str:
        """Return the kind of the object that ``object_id`` identifies.

        Return an empty string if this directory lists no objects with IDs of this form.
        """

    def is_checked_id(self, object_id: str) -> bool:
        """Return True if the client must check that an ID exists.

        The server does not check these IDs.
        """
        return (
            bool(self.checked_prefix) and object_id.startswith(self.checked_prefix) and bool(self.kind_of_id(object_id))
        )

    def missing_hint(self, kind: str, name: str) -> str:
        """Return a clause for the message about an unknown name, or an empty string."""
        return ""

    def load(self, kinds: Iterable[str]) -> set[str]:
        """Read the lists that are not cached, and return the kinds that were read.

        Raises: ApiError, TransportError, DecodeError.
        """
        read: set[str] = set()
        for kind in kinds:
            if not self.names.has(kind):
                read |= self._read(kind, is_stale=False)
        return read

    def refresh(self, kinds: Collection[str]) -> None:
        """Read the objects of ``kinds``, even if they are cached.

        Raises: ApiError, TransportError, DecodeError.
        """
        read: set[str] = set()
        for kind in kinds:
            if kind not in read:
                read |= self._read(kind, is_stale=True)

    def prepare_ids(self, object_ids: Iterable[str]) -> None:
        """Read the names of the objects with these IDs, for display.

        If the user is not allowed to read a name, or the server does not list the object, the ID is displayed instead.
        """
        kinds = {object_id: self.kind_of_id(object_id) for object_id in object_ids}
        kinds = {object_id: kind for object_id, kind in kinds.items() if kind and kind not in self.names.unreadable}
        fresh = self._try(set(kinds.values()), is_stale=False)
        unknown = {object_id for object_id in kinds if self.names.by_id(object_id) is None}
        self._try({kinds[object_id] for object_id in unknown - self.names.missing} - fresh, is_stale=True)
        self.names.missing |= {object_id for object_id in unknown if self.names.by_id(object_id) is None}

    def _try(self, kinds: Iterable[str], *, is_stale: bool) -> set[str]:
        """Read the objects of some kinds, and return the kinds that were read.

        Kinds that cannot be read are not read again.
        """
        fresh: set[str] = set()
        for kind in sorted(kinds):
            try:
                if kind not in fresh and (is_stale or not self.names.has(kind)):
                    fresh |= self._read(kind, is_stale=is_stale)
            except AuthenticationError:
                raise
            except (ApiError, ConfigurationError) as exc:
                _log.debug("The names of kind %s cannot be read: %s", kind, exc)
                self.names.unreadable.add(kind)
        return fresh

    def _read(self, kind: str, *, is_stale: bool) -> set[str]:
        try:
            lists = self.read_lists(kind, is_stale=is_stale)
        except (NotFoundError, ServerError) as exc:
            if not self.may_lack_lists or (isinstance(exc, ServerError) and exc.status != _NOT_IMPLEMENTED):
                raise
            lists = {kind: ()}  # a server without this kind of object
        except PermissionDeniedError as exc:
            exc.add_context("The names of objects in rules could not be looked up. Use IDs instead of names.")
            raise
        self.names.put(lists)
        return set(lists)
