"""Several sections of one edge as one document: read as far as needed, written section by section in a fixed order."""

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
    """A store over the stores of sections. ``tree`` of its documents is ``{section: Document}``, in writing order.

    Every read reads all sections, but for the first one after a commit, which reads what was written. ``version`` is
    the sum of the sections' own, corrected so that a commit of several sections counts as one write.
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

    def part(self, section: str) -> Store:
        """The store of one section."""
        return self._stores[section]

    def has_part(self, section: str) -> bool:
        """Return True when the backend of the edge has a section."""
        return section in self._stores

    @property
    def edge(self) -> Edge:
        """The edge gateway."""
        store = next(iter(self._stores.values()))
        assert isinstance(store, SectionStore)
        return store.edge

    def narrowed(self, sections: Iterable[str]) -> EdgeStore:
        """Return the same edge with these sections only, all of which must be there."""
        names = set(sections)
        return EdgeStore({name: self._stores[name] for name in self._stores if name in names}, is_optional=False)

    @property
    def target(self) -> str:
        """``edge gateway web-edge``."""
        return next(iter(self._stores.values())).target

    @property
    def lock_key(self) -> str:
        """The lock key of the edge, which all sections share."""
        return next(iter(self._stores.values())).lock_key

    @property
    def target_key(self) -> str:
        """The key of the edge, which all sections share."""
        return next(iter(self._stores.values())).target_key

    @property
    def is_version_checked(self) -> bool:
        """False as soon as one section's writes are not checked."""
        return all(store.is_version_checked for store in self._stores.values())

    @property
    def is_written_whole(self) -> bool:
        """True as soon as one section is written as a whole."""
        return any(store.is_written_whole for store in self._stores.values())

    def read(self) -> Document:
        """Return the sections. Those that the server lacks or the user may not read are left out, unless asked for.

        Raises what a section's store raises, also when no section can be read.
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
                is_lacking = isinstance(exc, NotFoundError) or exc.status == HTTPStatus.NOT_IMPLEMENTED
                is_denied = isinstance(exc, PermissionDeniedError)
                if not (self._is_optional and (is_lacking or is_denied)):
                    raise
                denied += [name] if is_denied else []
                missing = exc
        if not self._read and missing is not None:
            raise missing
        if denied:
            _log.warning("%s: left out %s, which this user may not read.", self.target, ", ".join(denied))
        tree = {name: self._read[name] for name in self._stores if name in self._read}
        first = next(iter(tree.values()))
        return Document(self.section, tree, self._version(tree), first.backend, first.media_type)

    def commit(self, base: Document, document: Document) -> None:
        """Write the sections that are no longer what was read.

        Raises what a section's store raises, with what was written by then and what was not.
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
    left = ", ".join(changed[position + 1 :])
    progress = f"Written before: {written}. Failed: {changed[position]}."
    return f"{progress} Not written: {left}." if left else progress
