"""The store of the IP sets, security groups or application profiles of an owner."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.ensure.failures import may_have_executed
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.validation import item_paths
from vcloudair_core.errors import (
    UNKNOWN,
    ConflictError,
    InvalidRequestError,
    SpecError,
    TaskFailedError,
    VcloudAirError,
)
from vcloudair_core.services.ans.edge.backend import NSXT, backend_in_version
from vcloudair_core.services.ans.groups.descriptor import SECURITY_GROUP, GroupType
from vcloudair_core.services.ans.groups.model import (
    USER,
    GroupDocument,
    GroupEdit,
    GroupObject,
    Use,
    UsedSection,
    id_tail,
)
from vcloudair_core.services.ans.groups.objects import GroupObjects
from vcloudair_core.services.ans.groups.planning import is_urn
from vcloudair_core.services.ans.groups.usage import UsageReader
from vcloudair_core.services.ans.names.objects import forget_names
from vcloudair_core.services.ans.nsxt.open_writes import OpenWrites
from vcloudair_core.transport.messages import origin_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.groups.owner import GroupOwner
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session

_IN_GROUP = "groups are not changed; remove the object from the group first"
Expectation = Callable[[Store, Document, "CheckRun"], Document]


class GroupStore(Store):
    """Read and write the groups or profiles of an edge gateway, VDC or VDC group.

    A store has the objects of one type, such as IP sets. Each changed object is written in a separate request. In check
    mode, ``expect`` adds the changes of earlier tasks to the documents.

    Attributes:
        names: The names of the objects to read, or None for all objects.
        wants_uses: True to read the rules that refer to the objects.
        wants_networks: True to read the names of networks, which identify members of security groups.
    """

    names: frozenset[str] | None = None
    wants_uses = False
    wants_networks = False

    def __init__(
        self, session: Session, owner: GroupOwner, group_type: GroupType, expect: Expectation | None = None
    ) -> None:
        self.session = session
        self.owner = owner
        self.group_type = group_type
        self.section = group_type.name
        self.backend = backend_in_version(owner.backend, session.identity.api_version)
        self.clock = session.clock
        self.objects = _objects_of(session, owner, group_type)
        self.open_writes = OpenWrites(session.settings, f"{self.lock_key} {group_type.name}")
        self._expect = expect

    @property
    def target(self) -> str:
        """The display name of the objects: ``IP sets of edge gateway web-edge``."""
        return f"{self.group_type.plural} of {self.owner.title}"

    @property
    def lock_key(self) -> str:
        """The lock key of the owner: ``https://host:443/vdcGroup/<uuid>``."""
        return f"{origin_of(self.session.identity.base_url)}/{self.owner.path}"

    @property
    def is_version_checked(self) -> bool:
        """True on NSX-V. NSX-T groups and profiles have no version.

        Source: protocol/nsxt.md §3, §4; protocol/ans.md §8.
        """
        return self.owner.backend != NSXT

    @property
    def is_written_whole(self) -> bool:
        """False, because each object is written in its own request."""
        return False

    # -- the desired state ----------------------------------------------------------------------------------------

    def narrowed(self, desired: Desired) -> GroupStore:
        """Return a store that reads only what the plan for a desired state needs."""
        store = copy.copy(self)
        is_exact = isinstance(desired, Exactly)
        store.names = None if is_exact else frozenset(spec.name or "" for spec in desired.specs)
        store.wants_uses = is_exact or isinstance(desired, Absent)
        store.wants_networks = self.group_type.name == SECURITY_GROUP and any(
            not is_urn(member) for spec in desired.specs for member in spec.members or ()
        )
        return store

    def refuse_spec_of_owner(self, desired: Desired) -> None:
        """Raise SpecError for a dynamic security group whose owner is not a VDC group.

        Source: protocol/nsxt.md §3.
        """
        if self.group_type.name != SECURITY_GROUP or self.owner.vdc_group is not None:
            return
        for path, spec in zip(item_paths(len(desired.specs)), desired.specs, strict=True):
            if spec.is_dynamic and not isinstance(desired, Absent):
                raise SpecError(
                    f"{path}.criteria".lstrip("."),
                    f"{self.owner.title} cannot own a dynamic security group",
                    hint="Set vdc_group, or use members.",
                )

    # -- reading --------------------------------------------------------------------------------------------------

    def read(self) -> Document:
        """Return the objects. In check mode, apply the changes of earlier tasks.

        Raises: ApiError, TransportError, DecodeError.
        """
        document = self._read()
        run = getattr(self.session, "check_run", None)
        return document if run is None or self._expect is None else self._expect(self, document, run)

    def _read(self) -> GroupDocument:
        if self.open_writes.is_marked():
            self.objects.wait_until_idle()
            self.open_writes.clear(is_forced=False)
        objects = tuple(self.objects.read(self.names))
        own = [item for item in objects if item.object_type == USER]
        return GroupDocument(
            self.section,
            None,
            backend=self.backend,
            objects=objects,
            sections=self._uses(own) if self.wants_uses else (),
            networks=self.objects.network_names(objects, is_complete=self.wants_networks),
        )

    def _uses(self, objects: Sequence[GroupObject]) -> tuple[UsedSection, ...]:
        """Return the rules and groups that refer to objects."""
        ids = _ids(objects)
        if not ids:
            return ()
        sections = UsageReader(self.session, self.owner, self.group_type).read(ids)
        containers = tuple(
            Use(used, self.owner.title, "group", name, {"members": sorted(used)}, {}, _IN_GROUP)
            for name, used in self.objects.containers(ids)
        )
        return (*sections, UsedSection(None, None, None, containers)) if containers else sections

    # -- writing --------------------------------------------------------------------------------------------------

    def commit(self, base: Document, document: Document) -> None:
        """Create, change and delete objects. References are removed before a deletion.

        Raises: ConflictError if another client has changed the objects; the errors of the writes.
        """
        assert isinstance(document, GroupDocument)
        assert document.edit is not None
        progress = _WriteCount()
        self.open_writes.mark()
        try:
            self._write(document.edit, progress)
        except VcloudAirError as exc:
            if not may_have_executed(exc):
                self.open_writes.clear()
            if progress.count and exc.written != UNKNOWN:
                exc.written = True
            conflict = self._conflict(exc, base)
            if conflict is None:
                raise
            raise conflict from exc
        finally:
            forget_names(self.session)
        self.open_writes.clear()

    def _write(self, edit: GroupEdit, progress: _WriteCount) -> None:
        for spec in edit.created:
            progress.step(partial(self.objects.create, spec))
        for item, spec, changed in edit.changed:
            progress.step(partial(self.objects.update, item, spec, changed))
        for section in edit.sections:
            if section.store is not None and section.document is not None and section.edited is not None:
                progress.step(partial(section.store.commit, section.document, section.edited))
        for item in edit.deleted:
            progress.step(partial(self.objects.delete, item))

    def _conflict(self, exc: VcloudAirError, base: Document) -> ConflictError | None:
        """Return a ConflictError if another client has changed the objects or their uses.

        Otherwise, return None. The server has no distinct error for an object that exists already, or that another
        client has deleted. Source: protocol/nsxt.md §1.3.
        """
        if exc.written or not isinstance(exc, (InvalidRequestError, TaskFailedError)):
            return None
        try:
            is_same = _content(self._read()) == _content(base)
        except VcloudAirError:
            return None
        if is_same:
            return None
        return ConflictError(
            f"Conflict on {self.target}: another client has changed them. {exc.message}", hint="Run the task again."
        )


class _WriteCount:
    """Count the writes that succeeded."""

    def __init__(self) -> None:
        self.count = 0

    def step(self, write: Callable[[], None]) -> None:
        """Make one write."""
        write()
        self.count += 1


def ids_in(documents: Iterable[Document]) -> frozenset[str]:
    """Return the last parts of the IDs of all objects in documents."""
    return frozenset(key for document in documents for key in _ids(getattr(document, "objects", ())))


def _ids(objects: Iterable[GroupObject]) -> frozenset[str]:
    return frozenset(id_tail(item.object_id) for item in objects if item.object_id)


def _objects_of(session: Session, owner: GroupOwner, group_type: GroupType) -> GroupObjects:
    """Return the reader and writer of objects for the owner's backend."""
    if owner.backend == NSXT:
        from vcloudair_core.services.ans.groups.nsxt_objects import NsxtObjects

        return NsxtObjects(session, owner, group_type)
    from vcloudair_core.services.ans.groups.nsxv_objects import NsxvObjects

    return NsxvObjects(session, owner, group_type)


def _content(document: Document) -> object:
    assert isinstance(document, GroupDocument)
    uses = [use.as_dict() for section in document.sections for use in section.uses]
    return {(item.object_id, item.spec) for item in document.objects}, uses
