"""Read other sections of an edge for warnings, each at most once."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.plan import Plan
from vcloudair_core.services.ans.section.document import SectionState, state_of
from vcloudair_core.services.ans.section.kinds import open_section
from vcloudair_core.services.ans.sections import load_section


class StoreWithNeighbors:
    """A section store that caches the documents of other sections of the edge."""

    def __init__(self, store: Any, documents: dict[str, Document]) -> None:
        self._store = store
        self.neighbors = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def read_neighbor(store: Any, section: str) -> SectionState[Any]:
    """Return another section of the edge. A section is read at most once.

    Raises: NotFoundError, DecodeError and other errors of :meth:`SectionStore.read`.
    """
    known: dict[str, Document] = getattr(store, "neighbors", {})
    if section not in known:
        known[section] = open_section(load_section(section), store.session, store.edge).read()
    return state_of(known[section])


def is_switched(plan: Plan) -> bool:
    """Return True if a plan enables or disables the whole section."""
    return any(change.identity == "settings" and "enabled" in change.fields for change in plan.changes)
