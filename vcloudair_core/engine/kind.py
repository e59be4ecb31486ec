"""The seams of the engine: where documents come from and go to (Store), and what they mean (ResourceKind)."""

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
    """A section as the server sent it, whole, with everything in it that we do not know.

    ``tree`` is parsed but otherwise raw and must not be changed in place; ``version`` is the server's counter, None
    when it gave none; ``backend`` and ``media_type`` tell which codec reads it. The tree is not shown: it may hold keys
    that are about to be sent.
    """

    section: str
    tree: Any = field(repr=False)
    version: int | None = None
    backend: str = ""
    media_type: str = ""


class Store(ABC):
    """The source and destination of one section of one thing. The only place that knows URLs.

    Attributes with a default are set by the stores that know better, in ``__init__`` or as properties.

    Attributes:
        section: The name of the section that the store holds: ``firewall``.
        backend: The API that the store speaks: ``nsxv``. Versions of an API that differ in what they can express are
            backends of their own. Empty for kinds with one backend only.
        clock: Used by the engine to wait between attempts.
    """

    section: str = ""
    backend: str = ""
    clock: Clock = SYSTEM_CLOCK

    @property
    @abstractmethod
    def target(self) -> str:
        """The thing that is written, for people: ``edge gateway web-edge``."""

    @property
    @abstractmethod
    def lock_key(self) -> str:
        """A stable key of what one writer at a time changes, equal in every process: ``https://host:443/edge/<uuid>``.

        Several things share it where the server changes them one at a time.
        """

    @property
    def target_key(self) -> str:
        """A stable key of the thing written itself. Override it where several things share a lock."""
        return self.lock_key

    @property
    def is_version_checked(self) -> bool:
        """True when the server refuses a write that is based on an old version.

        Where it is False, the engine reads once more right before a write.
        """
        return True

    @property
    def is_remembered(self) -> bool:
        """True when the last read came from memory or a file, so that it may be old."""
        return False

    @property
    def is_written_whole(self) -> bool:
        """True when a commit replaces the whole section, so that objects of others go out with it.

        The engine then makes sure that they came back.
        """
        return True

    @abstractmethod
    def read(self) -> Document:
        """Return the section as it is now. Raises: ApiError, TransportError, DecodeError."""

    @abstractmethod
    def commit(self, base: Document, document: Document) -> None:
        """Write the section and wait until the server is done.

        A store that makes several calls and fails after the first one sets ``written`` of the error to True.

        Args:
            base: The document that was read and planned on. A store that writes object by object works out its calls
                from the difference; one that writes the whole section has no use for it.
            document: The section as it is to be: ``base`` with the plan merged.

        Raises: ConflictError, BusyError, NotFoundError and other ApiErrors, TransportError, TaskError.
        """


class StageableStore(Store):
    """A store whose documents fit in a file. The kinds of other stores cannot be staged."""

    @property
    @abstractmethod
    def lasting_target(self) -> Mapping[str, Any]:
        """A target that opens the same store without a look-up: by UUID."""

    @abstractmethod
    def dump(self, document: Document) -> bytes:
        """Return a document as bytes that :meth:`load` takes, without any secret."""

    @abstractmethod
    def load(self, body: bytes) -> Document:
        """Return the document of :meth:`dump`. Raises: DecodeError."""


class ResourceKind(ABC):
    """The meaning of a document: what :meth:`Client.ensure` converges.

    All but ``open``, ``resolve`` and ``advise`` is pure. A subclass has ``name``, ``<service>.<thing>``, and
    ``spec_type``, the type that :meth:`parse` returns. Methods that are not abstract have a default for kinds that need
    no more.
    """

    name: str
    spec_type: type

    @abstractmethod
    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """Return the store of a target such as ``{"edge": "web-edge"}``; the session's settings fill the gaps."""

    @abstractmethod
    def parse(self, data: Mapping[str, Any]) -> Any:
        """Return plain data as a spec. Raises: SpecError that names the field."""

    @abstractmethod
    def project(self, document: Document) -> Any:
        """Return a document as plain data in the words that ``parse`` takes."""

    @abstractmethod
    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the changes that lead from the document to the desired state."""

    @abstractmethod
    def merge(self, document: Document, plan: Plan) -> Document:
        """Return a new document with the plan carried out. Keeps all that the plan does not name."""

    def validate(self, desired: Desired) -> None:  # noqa: B027 - the default refuses nothing
        """Refuse a desired state as a whole before anything is read: repeated names, two policies in one call.

        Raises: SpecError.
        """

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return the options of a desired state that a backend cannot express, each with the way out as its hint.

        The engine asks after the store is opened and before anything is read, and raises SpecError with all of them.

        Args:
            desired: A desired state that :meth:`validate` has accepted.
            backend: That of the store.
        """
        return []

    def narrow(self, store: Store, desired: Desired) -> Store:
        """Return a store of what ``desired`` names only, for a kind of several parts."""
        return store

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in a desired state by what they stand for on the target. Called once, before the first read.

        Makes no call when there are no names. Raises: SpecError, ApiError, TransportError.
        """
        return desired

    def select(self, document: Document, desired: Desired) -> Any:
        """Return plain data of a document, limited to what ``desired`` names. The default is the whole projection."""
        return self.project(document)

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return warnings about changes, as whole sentences. May read for that.

        Called once per run whose plan has changes, after them. ``document`` is the result, in check mode the
        prediction. Never raises a VcloudAirError: a warning must not fail what is already done.
        """
        return ()

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Compare what was written with what is there afterwards, beyond the desired state.

        Returns: what ``written`` held, others own, and ``current`` lacks. Shape of an item: fields that tell it apart.
        """
        return []

    def secret_names(self) -> frozenset[str]:
        """Return the names of the fields that hold secrets, in specs within the spec too."""
        return fields.secret_names(self.spec_type)

    def has_own(self, method: str) -> bool:
        """Return whether a kind has more than the default of a method."""
        return getattr(type(self), method) is not getattr(ResourceKind, method)
