"""The interfaces of the engine: stores read and write, kinds plan and merge."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine import fields
from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import SpecProblem
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class Document:
    """A whole section as sent by the server, including elements that we do not parse.

    ``tree`` is the parsed response before decoding. It must not be changed in place. ``version`` is the version counter
    of the section on the server, or None if the server sends no version. ``backend`` and ``media_type`` select the
    codec. ``repr`` omits the tree, because the tree may contain pre-shared keys.
    """

    section: str
    tree: Any = field(repr=False)
    version: int | None = None
    backend: str = ""
    media_type: str = ""


class Store(ABC):
    """Read and write one section of a resource. Only stores contain URLs.

    A subclass sets these attributes in ``__init__`` or as properties, unless the default fits.

    Attributes:
        section: The name of the section, such as ``firewall``.
        backend: The API of the section, such as ``nsxv``. Versions of an API that support different options are
            different backends. Empty for kinds that have only one backend.
        clock: The clock that the engine uses to wait between attempts.
    """

    section: str = ""
    backend: str = ""
    clock: Clock = SYSTEM_CLOCK

    @property
    @abstractmethod
    def target(self) -> str:
        """The display name of the resource, such as ``edge gateway web-edge``."""

    @property
    @abstractmethod
    def lock_key(self) -> str:
        """The key of the lock that writers hold, such as ``https://host:443/edge/<uuid>``.

        The key is the same in every process. Resources share a key if the server can change only one of them at a time.
        """

    @property
    def target_key(self) -> str:
        """The key of the resource. The default is :attr:`lock_key`.

        Stores of resources that share a lock override this property.
        """
        return self.lock_key

    @property
    def is_version_checked(self) -> bool:
        """True if the server rejects a write that is based on an old version.

        If False, the engine reads again immediately before a write.
        """
        return True

    @property
    def is_remembered(self) -> bool:
        """True if the last read came from a cache or a file and may be stale."""
        return False

    @property
    def is_written_whole(self) -> bool:
        """True if a commit writes the whole section, not only the changed objects.

        If True, the engine checks after each write that all objects outside of the plan still exist.
        """
        return True

    @abstractmethod
    def read(self) -> Document:
        """Return the current section. Raises: ApiError, TransportError, DecodeError."""

    @abstractmethod
    def commit(self, base: Document, document: Document) -> None:
        """Write the section and wait until the server has finished.

        If a commit makes several calls, and a call fails after an earlier call succeeded, the store sets ``written`` of
        the error to True.

        Args:
            base: The document that the plan is based on. A store that writes single objects computes its calls from the
                difference. A store that writes the whole section does not need ``base``.
            document: The section to write: ``base`` with the plan merged.

        Raises: ConflictError, BusyError, NotFoundError and other ApiErrors, TransportError, TaskError.
        """


class StageableStore(Store):
    """A store that can save its documents to a file. Staging requires such a store."""

    @property
    @abstractmethod
    def lasting_target(self) -> Mapping[str, Any]:
        """A target with UUIDs instead of names.

        Opening the store again with this target sends no request to resolve names.
        """

    @abstractmethod
    def dump(self, document: Document) -> bytes:
        """Return a document as bytes for :meth:`load`, without secrets."""

    @abstractmethod
    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved. Raises: DecodeError."""


class ResourceKind(ABC):
    """A type of resource that :meth:`Client.ensure` converges.

    A subclass sets ``name`` to ``<service>.<resource>``, and ``spec_type`` to the type that :meth:`parse` returns. All
    methods except ``open``, ``resolve`` and ``advise`` are pure. Methods that are not abstract have a default.
    """

    name: str
    spec_type: type

    @abstractmethod
    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """Return the store of a target such as ``{"edge": "web-edge"}``.

        The settings of the session supply missing keys.
        """

    @abstractmethod
    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse plain data as a spec. Raises: SpecError that names the field."""

    @abstractmethod
    def project(self, document: Document) -> Any:
        """Return a document as plain data that :meth:`parse` accepts."""

    @abstractmethod
    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the changes that bring the document to the desired state."""

    @abstractmethod
    def merge(self, document: Document, plan: Plan) -> Document:
        """Return a new document with the plan applied. All other content is kept."""

    def validate(self, desired: Desired) -> None:  # noqa: B027 - the default accepts everything
        """Check the desired state as a whole, for example for repeated names.

        The engine calls this method before the first read. Raises: SpecError.
        """

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return the options that a backend does not support, each with a hint.

        The engine calls this method after the store is opened and before the first read. The engine raises SpecError
        with all returned options.

        Args:
            desired: A desired state that :meth:`validate` has accepted.
            backend: The backend of the store.
        """
        return []

    def narrow(self, store: Store, desired: Desired) -> Store:
        """Return a store that reads only what the plan for ``desired`` needs.

        By default, it reads everything.
        """
        return store

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in a desired state with IDs of the target.

        Called once, before the first read. Makes no API call if the desired state contains no names. Raises: SpecError,
        ApiError, TransportError.
        """
        return desired

    def select(self, document: Document, desired: Desired) -> Any:
        """Return the objects that ``desired`` names, as plain data.

        The default is the projection of the whole document.
        """
        return self.project(document)

    def can_select_later(self, document: Document, desired: Desired) -> bool:
        """Return True if :meth:`select` may be called after ``ensure`` has returned.

        If True, ``select`` is called only when the caller uses the objects. It must then return the same objects as
        during ``ensure``, and must not raise an error.
        """
        return False

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return warnings about changes, as whole sentences.

        The method can read more data. It must not raise a VcloudAirError, because a warning must not fail a finished
        write.

        Called after the write, once in each run that has changes. ``document`` is the result, or the expected result in
        check mode.
        """
        return ()

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the objects that a write should have kept but deleted.

        These objects are in ``written`` but not in ``current``. Each item has the fields that identify the object.
        """
        return []

    def secret_names(self) -> frozenset[str]:
        """Return the names of the secret fields, including secret fields of nested specs."""
        return fields.secret_names(self.spec_type)

    def has_own(self, method: str) -> bool:
        """Return True if the kind overrides the default implementation of a method."""
        return getattr(type(self), method) is not getattr(ResourceKind, method)
