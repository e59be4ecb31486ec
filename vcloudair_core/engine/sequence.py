"""Converge several desired states of one document in their order with one write: the commit of staged changes."""

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
    """A kind with a desired state of it."""

    kind: ResourceKind
    desired: Desired

    def resolved(self, store: Store) -> DesiredResource:
        """Return it with names replaced by what they stand for on the target.

        Raises: SpecError for what the backend of the store cannot express; what :meth:`ResourceKind.resolve` raises.
        """
        refuse_unsupported(self.kind, store, self.desired)
        return DesiredResource(self.kind, self.kind.resolve(store, self.desired))

    def select(self, document: Document) -> Any:
        """Return the objects that the desired state names, as they are in a document."""
        return self.kind.select(document, self.desired)


class SequenceKind(ResourceKind):
    """A kind whose plan is that of its operations, each made on what the ones before it leave.

    A sequence that ends where it began, such as a rule made and taken out again, is nothing to do.
    """

    spec_type = DesiredResource

    def __init__(self, operations: Sequence[DesiredResource]) -> None:
        self._operations = tuple(operations)
        self._kinds = list({operation.kind.name: operation.kind for operation in operations}.values())
        self.name = self._kinds[0].name

    def open(self, session: Any, target: Mapping[str, Any]) -> Store:
        """The store of the first kind: all of them are of one section."""
        return self._kinds[0].open(session, target)

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse as the first kind does."""
        return self._kinds[0].parse(data)

    def project(self, document: Document) -> Any:
        """Project as the first kind does."""
        return self._kinds[0].project(document)

    def select(self, document: Document, desired: Desired) -> list[Any]:
        """Return the objects that each operation names, in the order of the operations."""
        return [operation.select(document) for operation in self._operations]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises what the kinds raise."""
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
        left: Document = plan.steps
        return left

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of all kinds, each once."""
        return tuple(dict.fromkeys(text for kind in self._kinds for text in kind.advise(store, document, plan)))

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the losses that the first kind with such a check finds."""
        for kind in self._kinds:
            if kind.has_own("losses"):
                return kind.losses(written, current)
        return []
