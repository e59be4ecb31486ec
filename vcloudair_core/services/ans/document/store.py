"""Read several sections of one edge, and write them in a fixed order."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.errors import ApiError, NotFoundError, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.services.ans.section.store import SectionStore

_log = logging.getLogger(__name__)


class EdgeStore(Store):
    """A store that combines the stores of sections.

    The ``tree`` of a document is ``{section: Document}`` in the order of writes. A read fetches all sections, except
    the first read after a commit, which fetches only the written sections. The ``version`` of a document is the sum of
    the section versions, adjusted so that a commit of several sections counts as one write.
    """

    section = "edge"

    def __init__(self, stores: Mapping[str, Store], *, is_optional: bool = True) -> None:
        self._stores = dict(stores)
        self._is_optional = is_optional
        self._read: dict[str, Document] = {}
        self._stale: frozenset[str] | None = None
        self._extra_steps = 0
        first = next(iter(self._stores.values()))
        self.backend = first.backend
        self.clock = first.clock

    def section_store(self, section: str) -> Store:
        """Return the store of a section."""
        return self._stores[section]

    def has_section(self, section: str) -> bool:
        """Return True if the backend of the edge has a section."""
        return section in self._stores

    @property
    def edge(self) -> Edge:
        """The edge gateway."""
        store = next(iter(self._stores.values()))
        assert isinstance(store, SectionStore)
        return store.edge

    def narrowed(self, sections: Iterable[str]) -> EdgeStore:
        """Return a store of this edge with only these sections, all of them required."""
        names = set(sections)
        return EdgeStore({name: self._stores[name] for name in self._stores if name in names}, is_optional=False)

    @property
    def target(self) -> str:
        """The display name of the edge: ``edge gateway web-edge``."""
        return next(iter(self._stores.values())).target

    @property
    def lock_key(self) -> str:
        """The lock key of the edge. All sections of the edge have this lock key."""
        return next(iter(self._stores.values())).lock_key

    @property
    def target_key(self) -> str:
        """The key of the edge. All sections of the edge have this key."""
        return next(iter(self._stores.values())).target_key

    @property
    def is_version_checked(self) -> bool:
        """True if the server checks the version of every section."""
        return all(store.is_version_checked for store in self._stores.values())

    @property
    def is_written_whole(self) -> bool:
        """True if at least one section is written as a whole."""
        return any(store.is_written_whole for store in self._stores.values())

    def read(self) -> Document:
        """Read the sections.

        An optional section is omitted if the server does not have it or the user is not allowed to read it.

        Raises: the errors of the section stores, if a required section or every section cannot be read.
        """
        missing: ApiError | None = None
        denied: list[str] = []
        stale, self._stale = self._stale, None
        for name, store in self._stores.items():
            if stale is not None and name not in stale:
                continue
            try:
                self._read[name] = store.read()
            except ApiError as exc:
                is_missing = isinstance(exc, NotFoundError) or exc.status == HTTPStatus.NOT_IMPLEMENTED
                is_denied = isinstance(exc, PermissionDeniedError)
                if not (self._is_optional and (is_missing or is_denied)):
                    raise
                denied += [name] if is_denied else []
                missing = exc
        if not self._read and missing is not None:
            raise missing
        if denied:
            _log.warning(
                "Reading %s is incomplete. The user has no permission to read these sections: %s.",
                self.target,
                ", ".join(denied),
            )
        tree = {name: self._read[name] for name in self._stores if name in self._read}
        first = next(iter(tree.values()))
        return Document(self.section, tree, self._version(tree), first.backend, first.media_type)

    def commit(self, base: Document, document: Document) -> None:
        """Write the sections of ``document`` that differ from ``base``.

        Raises: the errors of the section stores. Each error names the written sections and the sections that were not
        written.
        """
        changed = [name for name, section in document.tree.items() if section is not base.tree.get(name)]
        for position, name in enumerate(changed):
            try:
                self._stores[name].commit(base.tree[name], document.tree[name])
            except VcloudAirError as exc:
                self._extra_steps += max(0, position - 1)
                exc.add_context(_progress(changed, position))
                exc.written = True if position else exc.written
                raise
        self._extra_steps += max(0, len(changed) - 1)
        self._stale = frozenset(changed)

    def _version(self, tree: Mapping[str, Document]) -> int | None:
        versions = [section.version for section in tree.values()]
        known = [version for version in versions if version is not None]
        return sum(known) - self._extra_steps if len(known) == len(versions) else None


def _progress(changed: list[str], position: int) -> str:
    if len(changed) < 2:
        return ""
    written = ", ".join(changed[:position]) or "nothing"
    remaining = ", ".join(changed[position + 1 :])
    progress = f"Sections written before the error: {written}. Failed section: {changed[position]}."
    return f"{progress} Sections not written: {remaining}." if remaining else progress
