"""The seams of the engine: where documents come from and go to (Store), and what they mean (ResourceKind)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.plan import Plan

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class Document:
    """One section as the server sent it, whole, with everything in it that we do not know.

    ``tree`` is parsed but otherwise raw and must not be changed in place; ``version`` is the server's counter, None
    when it gave none; ``dialect`` names the wire form. The tree is not shown: it may hold keys that are about to be
    sent. ``memo`` is room for what is derived from the tree.
    """

    section: str
    tree: Any = field(repr=False)
    version: int | None = None
    dialect: str = ""
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Store(Protocol):
    """Reads and writes one section of one thing. The only place that knows URLs."""

    @property
    def target(self) -> str:
        """What is written, for people: ``edge gateway web-edge``."""
        ...

    @property
    def lock_key(self) -> str:
        """A stable key of the thing written, equal in every process: ``https://host:443/edge/<uuid>``."""
        ...

    def read(self) -> Document:
        """One read. Raises: ApiError, TransportError, DecodeError."""
        ...

    def commit(self, document: Document) -> None:
        """One write of the whole section; waits until the server is done.

        Raises: ConflictError, BusyError, NotFoundError and other ApiErrors, TransportError, TaskError.
        """
        ...


@runtime_checkable
class Keepable(Protocol):
    """A store whose documents can be kept outside of the process. Without it, its kinds cannot be staged."""

    @property
    def section(self) -> str:
        """Which part of its thing it holds: ``firewall``."""
        ...

    @property
    def lasting_target(self) -> Mapping[str, Any]:
        """A target that opens the same store without a look-up: by UUID."""
        ...

    def dump(self, document: Document) -> bytes:
        """A document as bytes that :meth:`load` takes, fit to be kept in a file: it holds no secret."""
        ...

    def load(self, body: bytes) -> Document:
        """The document back."""
        ...


class ResourceKind(Protocol):
    """What a document means. All but ``open`` is pure."""

    @property
    def name(self) -> str:
        """``<service>.<thing>``."""
        ...

    @property
    def spec_type(self) -> type:
        """What ``parse`` returns."""
        ...

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """The store of a target such as ``{"edge": "web-edge"}``; the session's settings fill the gaps."""
        ...

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Plain data to a spec. Raises SpecError that names the field."""
        ...

    def project(self, document: Document) -> Any:
        """Plain data in the words that ``parse`` takes."""
        ...

    def plan(self, document: Document, desired: Desired) -> Plan:
        """What it takes to come from the document to the desired state."""
        ...

    def merge(self, document: Document, plan: Plan) -> Document:
        """A new document with the plan carried out. Keeps all that the plan does not name."""
        ...


@runtime_checkable
class Validates(Protocol):
    """A kind may refuse a desired state as a whole before anything is read: doubled names, two policies in one call."""

    def validate(self, desired: Desired) -> None:
        """Raises SpecError."""
        ...


@runtime_checkable
class Resolves(Protocol):
    """A kind may replace names in a desired state by what they stand for on the target: once, before the first read."""

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Without names in it, the desired state as it is, and no call. Raises: SpecError, ApiError, TransportError."""
        ...


@runtime_checkable
class Advises(Protocol):
    """A kind may say what is worth knowing about a change and is no error. It may read for that."""

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Whole sentences, or nothing.

        Called: once per run whose plan has changes, after them; ``document`` is how it is then, in check mode how it
        would be. Never raises a VcloudAirError: a warning must not fail what is already done.
        """
        ...


@runtime_checkable
class Selects(Protocol):
    """A kind may say how what was named looks in a document; without it, the whole projection is shown."""

    def select(self, document: Document, desired: Desired) -> Any:
        """Plain data, limited to what ``desired`` names."""
        ...


@runtime_checkable
class Narrows(Protocol):
    """A kind of several parts may leave alone what nobody asked for."""

    def narrow(self, store: Store, desired: Desired) -> Store:
        """A store of what ``desired`` names only."""
        ...


@runtime_checkable
class ChecksLosses(Protocol):
    """A kind may compare what was written with what is there afterwards, beyond the desired state."""

    def losses(self, written: Document, found: Document) -> list[Mapping[str, Any]]:
        """What ``written`` held, others own, and ``found`` lacks. Shape of an item: words that tell it apart."""
        ...
