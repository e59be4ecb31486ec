"""Read the other sections of an edge, which warnings compare with, at most once each."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.kind import Document


class StoreWithNeighbors:
    """The store of a section together with documents of the same edge that are known already."""

    def __init__(self, store: Any, documents: dict[str, Document]) -> None:
        self._store = store
        self.neighbors = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def read_neighbor(store: Any, section: str) -> Document:
    """Return another section of the store's edge, without a request where it is known.

    Raises: NotFoundError, DecodeError and other errors of :meth:`SectionStore.read`.
    """
    from vcloudair_core.services.ans.store import firewall_store, ipsec_store, nat_store

    known: dict[str, Document] = getattr(store, "neighbors", {})
    if section not in known:
        open_section: Any = {"firewall": firewall_store, "nat": nat_store, "ipsec": ipsec_store}[section]
        known[section] = open_section(store.session, store.edge).read()
    return known[section]
