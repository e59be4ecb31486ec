"""Predict a section in check mode from the changes that earlier tasks would make."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly, Present
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.errors import VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.session.expected_changes import CheckRun, ExpectedChange

_log = logging.getLogger(__name__)
_STATES: Mapping[str, Callable[[tuple[Any, ...]], Desired]] = {
    "present": Present,
    "absent": Absent,
    "exact": Exactly,
    "exact_lists": ExactLists,
}


def expect_document(store: Store, kinds: Sequence[ResourceKind], document: Document, run: CheckRun) -> Document:
    """Return a document with the changes that earlier tasks of the run would make.

    Changes that cannot be planned on the document are skipped. ``kinds`` has the kinds of the section. The first kind
    is the kind of the whole section.
    """
    for change in run.changes(store.target_key):
        for kind, specs in _of_section(change, store.section, kinds):
            try:
                desired = _STATES[change.state](tuple(kind.parse(spec) for spec in specs))
                desired = kind.resolve(store, desired)
                plan = kind.plan(document, desired)
                document = document if plan.is_empty else kind.merge(document, plan)
            except (VcloudAirError, KeyError) as exc:
                _log.debug(
                    "%s: skipping a change of an earlier task that cannot be planned: %s",
                    store.target,
                    type(exc).__name__,
                )
    return document


def _of_section(
    change: ExpectedChange, section: str, kinds: Sequence[ResourceKind]
) -> list[tuple[ResourceKind, Sequence[Mapping[str, Any]]]]:
    """Return the kinds of one section that a change affects, each with its specs."""
    if change.kind == "ans.edge":
        sections = [
            {**spec[section], **({"allow_empty": True} if change.state == "exact" else {})}
            for spec in change.specs
            if isinstance(spec.get(section), Mapping)
        ]
        return [(kinds[0], sections)] if sections else []
    return [(kind, change.specs) for kind in kinds if kind.name == change.kind]
