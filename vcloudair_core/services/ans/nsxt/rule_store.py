"""The base class of stores of NSX-T rules: read, write and detect conflicts.

Source: protocol/nsxt.md §1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.ensure.failures import may_have_executed
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.errors import (
    ApiError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    TaskFailedError,
    VcloudAirError,
)
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.section.json_codec import JsonCodec

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects
    from vcloudair_core.services.ans.nsxt.open_writes import OpenWrites
    from vcloudair_core.services.ans.section.store import DocumentCodec
    from vcloudair_core.session.session import Session


class CloudApiStore(Store):
    """The base class of stores that read and write rules through ``/cloudapi``.

    The tree of a document is ``{<section>: <response>}``, where rules have the content of the objects that they refer
    to (see :mod:`vcloudair_core.services.ans.nsxt.references`). Writes change single objects where the API allows it.
    Before a rule is written, the store creates the firewall groups and port profiles that the rule needs.

    Attributes:
        session: The session that the store uses.
        api: The ``/cloudapi`` client of the session.
        objects: The firewall groups and port profiles that the rules can use.
        open_writes: The marker file for writes whose result is unknown.
    """

    session: Session
    api: CloudApi
    objects: HelperObjects
    open_writes: OpenWrites
    _codec: DocumentCodec

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self) -> Document:
        if self.open_writes.is_marked():
            self.wait_until_idle()
            self.open_writes.clear(is_forced=False)
        try:
            tree = self.read_tree()
        except PermissionDeniedError as exc:
            raise self._denied(exc) from exc
        except NotFoundError as exc:
            raise self.explained(exc) from exc
        return self.document_of(tree)

    def document_of(self, tree: dict[str, Any]) -> Document:
        """Return the document for a tree from ``read_tree``. Raises: DecodeError."""
        assert isinstance(self._codec, JsonCodec), type(self._codec).__name__
        return self._codec.received(tree)

    @abstractmethod
    def wait_until_idle(self) -> None:
        """Wait until the server has finished a write whose response was lost."""

    @abstractmethod
    def explained(self, exc: ApiError) -> NotFoundError:
        """Return the error to raise if the section does not exist."""

    @abstractmethod
    def read_tree(self) -> dict[str, Any]:
        """Return the tree of the current document.

        Raises: ApiError, TransportError, DecodeError.
        """

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, base: Document, document: Document) -> None:
        """Write the changed rules, and the groups and profiles that these rules need.

        Missing groups and profiles are created first, and unused ones are deleted afterwards.

        If the write fails, the created groups and profiles are deleted.

        Raises: ConflictError if the section has changed since ``base`` was read and the server refused the write;
        BusyError, other ApiErrors, TransportError, TaskFailedError, TaskTimeoutError.
        """
        before, records = self.records_of(base), self.records_of(document)
        try:
            self.open_writes.mark()
            records = self.objects.realize(records)
            self.write_changes(base, document, before, records)
        except VcloudAirError as exc:
            if not may_have_executed(exc):
                self.open_writes.clear()
                self.objects.discard_created()
            conflict = self._conflict(exc, base)
            if conflict is None:
                raise
            raise conflict from exc
        self.objects.collect(before, records)
        self.open_writes.clear()

    @abstractmethod
    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw user rules of a document, in order."""

    @abstractmethod
    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed rules and the changed settings of the document.

        All references in ``records`` have ids. Raises: the errors of :meth:`CloudApi.write`. If a call fails after the
        first write, set ``written`` of the error to True.
        """

    def _conflict(self, exc: VcloudAirError, base: Document) -> ConflictError | None:
        """Return a ConflictError if another client has changed the section.

        Otherwise, return None.

        The server has no distinct error for a rule that another client has changed or deleted. Source:
        protocol/nsxt.md §1.3, §15.
        """
        if not isinstance(exc, (InvalidRequestError, NotFoundError, PermissionDeniedError, TaskFailedError)):
            return None
        if exc.written:
            return None
        try:
            is_same = self._read().tree == base.tree
        except VcloudAirError:
            return None
        if is_same:
            return None
        if not isinstance(exc, ApiError):
            exc = ApiError(exc.message)
        return ConflictError(
            f"Conflict on {self.target}: another client has changed the {self.section} section.",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint="Run the task again.",
        )

    def _denied(self, exc: PermissionDeniedError) -> PermissionDeniedError:
        return PermissionDeniedError(
            f"Opening the {self.section} section of {self.target} failed. {exc.message}",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint=exc.hint,
        )
