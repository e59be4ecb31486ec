"""Converge several desired states of one document, in order, with a single write.

The commit of staged changes uses this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.ensure.preparation import refuse_unsupported
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.plan import Change, Plan


@dataclass(frozen=True)
class DesiredResource:
    """A resource kind and a desired state of this kind."""

    kind: ResourceKind
    desired: Desired

    def resolved(self, store: Store) -> DesiredResource:
        """Return a copy with names replaced by IDs of the target.

        Raises: SpecError if the backend of the store does not support an option; the errors of
        :meth:`ResourceKind.resolve`.
        """
        refuse_unsupported(self.kind, store, self.desired)
        return DesiredResource(self.kind, self.kind.resolve(store, self.desired))

    def select(self, document: Document) -> Any:
        """Return the objects of the document that the desired state names."""
        return self.kind.select(document, self.desired)


class SequenceKind(ResourceKind):
    """A kind that plans several operations in order.

    Each operation is planned on the result of the previous operation. The plan is empty if the final result equals the
    document, for example if a rule is created and then deleted.
    """

    spec_type = DesiredResource

    def __init__(self, operations: Sequence[DesiredResource]) -> None:
        self._operations = tuple(operations)
        self._kinds = list({operation.kind.name: operation.kind for operation in operations}.values())
        self.name = self._kinds[0].name

    def open(self, session: Any, target: Mapping[str, Any]) -> Store:
        """Return the store of the first kind. All kinds belong to the same section."""
        return self._kinds[0].open(session, target)

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse plain data with the first kind."""
        return self._kinds[0].parse(data)

    def project(self, document: Document) -> Any:
        """Return a document as plain data in the format of the first kind."""
        return self._kinds[0].project(document)

    def select(self, document: Document, desired: Desired) -> list[Any]:
        """Return the objects that each operation names, in the order of the operations."""
        return [operation.select(document) for operation in self._operations]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the changes of all operations. Raises the errors of the kinds."""
        changes: list[Change] = []
        notes: list[str] = []
        current = document
        for operation in self._operations:
            plan = operation.kind.plan(current, operation.desired)
            changes += plan.changes
            notes += plan.notes
            current = current if plan.is_empty else operation.kind.merge(current, plan)
        if not changes or all(kind.project(current) == kind.project(document) for kind in self._kinds):
            return Plan(self.name)
        return Plan(self.name, tuple(changes), steps=current, notes=tuple(dict.fromkeys(notes)))

    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document after the last operation."""
        final: Document = plan.steps
        return final

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of all kinds without duplicates."""
        return tuple(dict.fromkeys(text for kind in self._kinds for text in kind.advise(store, document, plan)))

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the objects that the write should have kept but deleted.

        The first kind that checks for such losses reports them.
        """
        for kind in self._kinds:
            if kind.has_own("losses"):
                return kind.losses(written, current)
        return []
