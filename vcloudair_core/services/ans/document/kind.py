"""The resource kind ``ans.edge``: all sections of an edge gateway in one document.

All sections are planned together. The sections are written in the order of their dependencies: the firewall first, then
NAT, then IPsec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired
from vcloudair_core.engine.kind import (
    Document,
    ResourceKind,
    Store,
)
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.validation import Problems, Reader
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.document.store import EdgeStore
from vcloudair_core.services.ans.edge.backend import BACKENDS
from vcloudair_core.services.ans.edge.directory import target_edge
from vcloudair_core.services.ans.edge.neighbors import StoreWithNeighbors
from vcloudair_core.services.ans.section.backends import refuse_unsupported
from vcloudair_core.services.ans.section.kinds import SectionKind, open_section
from vcloudair_core.services.ans.sections import SECTIONS, load_section

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_ALLOW_EMPTY = "allow_empty"
"""The key that allows empty lists, in the document or in one of its sections."""


@cache
def section_kind(name: str) -> ResourceKind:
    """Return the resource kind of a whole section."""
    return SectionKind(load_section(name))


@dataclass(frozen=True)
class EdgeSpec:
    """The desired state of each section. Omitted sections are not changed."""

    sections: Mapping[str, Any]


@dataclass(frozen=True)
class EdgeEdit:
    """The plans of the sections in an edge plan, in the order of writes."""

    plans: Mapping[str, Plan]


class EdgeKind(ResourceKind):
    """The resource kind of a whole edge. Its spec maps section names to their specs."""

    name = "ans.edge"
    spec_type = EdgeSpec

    def secret_names(self) -> frozenset[str]:
        """Return the names of the secret fields in all sections."""
        return frozenset().union(*(section_kind(name).secret_names() for name in SECTIONS))

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """Return the store of the edge that ``target`` names.

        Shape of ``target``: ``{"edge": name or UUID, "vdc": name or UUID}``.
        """
        edge = target_edge(session, target)
        sections = [load_section(name) for name in SECTIONS]
        stores = {
            section.name: open_section(section, session, edge)
            for section in sections
            if section.is_on(edge.backend) and edge.backend not in section.not_in_documents
        }
        if not stores:
            refuse_unsupported(edge, sections[0])
        return EdgeStore(stores)

    def narrow(self, store: Store, desired: Desired) -> Store:
        """Limit the store to the sections of the desired state."""
        assert isinstance(store, EdgeStore)
        sections = desired.specs[0].sections
        for name in sections:
            if not store.has_section(name):
                refuse_unsupported(store.edge, load_section(name))
                raise SpecError(
                    name,
                    f"cannot be in a document for {BACKENDS[store.backend].title} edge gateways",
                    hint=f"Use {load_section(name).module} instead.",
                )
        return store.narrowed(sections)

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in every section with IDs of the edge gateway's objects."""
        assert isinstance(store, EdgeStore)
        problems = Problems()
        resolved: dict[str, Any] = {}
        for name, spec in desired.specs[0].sections.items():
            with problems.catch(name):
                resolved[name] = (
                    section_kind(name).resolve(store.section_store(name), _with_spec(desired, spec)).specs[0]
                )
        problems.raise_if_any()
        return _with_spec(desired, EdgeSpec(resolved))

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return warnings about the changed sections.

        Warnings can depend on other sections. These sections are read from ``document``, which is the state after the
        plan.
        """
        assert isinstance(store, EdgeStore)
        warnings: list[str] = []
        neighbors = dict(document.tree)
        edit: EdgeEdit = plan.steps
        for name, section_plan in edit.plans.items():
            if not section_plan.is_empty:
                section_with_neighbors: Any = StoreWithNeighbors(store.section_store(name), neighbors)
                warnings += section_kind(name).advise(section_with_neighbors, document.tree[name], section_plan)
        return tuple(warnings)

    def parse(self, data: Mapping[str, Any]) -> EdgeSpec:
        """Parse plain data as a spec. Raises: SpecError with all invalid fields."""
        problems = Problems()
        reader = Reader(data, "", problems)
        reader.refuse_unknown((*SECTIONS, _ALLOW_EMPTY))
        allow_empty = reader.boolean(_ALLOW_EMPTY)
        specs: dict[str, Any] = {}
        for name in SECTIONS:
            section_data = data.get(name)
            if section_data is None:
                continue
            if not isinstance(section_data, Mapping):
                problems.add(name, f"a mapping was expected, not {section_data!r}")
                continue
            section = load_section(name)
            ignored = (*section.output_keys, *section.idle_keys, _ALLOW_EMPTY)
            if all(value is None or key in ignored for key, value in section_data.items()):
                problems.add(name, "is empty; add rules, tunnels or settings, or remove the section")
                continue
            if allow_empty is not None and section_data.get(_ALLOW_EMPTY) is None:
                section_data = {**section_data, _ALLOW_EMPTY: allow_empty}
            with problems.catch(name):
                specs[name] = section_kind(name).parse(section_data)
        if not specs and problems.is_empty:
            problems.add("", f"the document has no sections; supported sections are {', '.join(SECTIONS)}")
        problems.raise_if_any()
        return EdgeSpec(specs)

    def validate(self, desired: Desired) -> None:
        """Raise SpecError unless the desired state is one edge with valid sections."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one edge was expected, not {len(desired.specs)}")
        if isinstance(desired, Absent):
            raise SpecError("state", "an edge gateway cannot be deleted; use the kinds of its sections to delete rules")
        problems = Problems()
        for name, spec in desired.specs[0].sections.items():
            with problems.catch(name):
                section_kind(name).validate(_with_spec(desired, spec))
        problems.raise_if_any()

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return each section's options that the backend does not support."""
        return [
            problem.below(name)
            for name, spec in desired.specs[0].sections.items()
            for problem in section_kind(name).unsupported(_with_spec(desired, spec), backend)
        ]

    def project(self, document: Document) -> dict[str, Any]:
        """Return every section as plain data that :meth:`parse` accepts.

        Keys that only the server sets are omitted.
        """
        shown: dict[str, Any] = {}
        for name, section_document in document.tree.items():
            projection = section_kind(name).project(section_document)
            shown[name] = {key: value for key, value in projection.items() if key not in load_section(name).output_keys}
        return shown

    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """Return the sections that the desired state names."""
        shown: dict[str, Any] = {}
        for name, spec in desired.specs[0].sections.items():
            shown[name] = section_kind(name).select(document.tree[name], _with_spec(desired, spec))
        return shown

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return one plan that contains the plans of all sections."""
        problems = Problems()
        plans: dict[str, Plan] = {}
        for name, spec in desired.specs[0].sections.items():
            with problems.catch(name):
                plans[name] = section_kind(name).plan(document.tree[name], _with_spec(desired, spec))
        problems.raise_if_any()
        changes = [_in_section(name, change) for name, plan in plans.items() for change in plan.changes]
        notes = tuple(note for plan in plans.values() for note in plan.notes)
        return Plan(self.name, tuple(changes), steps=EdgeEdit(plans), notes=notes)

    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document with the plans of its sections applied."""
        edit: EdgeEdit = plan.steps
        merged = {
            name: section_kind(name).merge(document.tree[name], section_plan)
            for name, section_plan in edit.plans.items()
            if not section_plan.is_empty
        }
        return replace(document, tree={**document.tree, **merged})

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the written objects that no longer exist, section by section."""
        lost: list[Mapping[str, Any]] = []
        for name, section_document in written.tree.items():
            if name in current.tree:
                losses = section_kind(name).losses(section_document, current.tree[name])
                lost += [{"section": name, **item} for item in losses]
        return lost


def _with_spec(desired: Desired, spec: Any) -> Desired:
    return replace(desired, specs=(spec,))


def _in_section(name: str, change: Change) -> Change:
    """Prefix the title of a change with the name of its section.

    Objects in different sections can have the same name.
    """
    return replace(change, title=f"{name}: {change.title or change.identity}")
