"""Refuse to delete objects in use, and show the rules that a deletion changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vcloudair_core.engine.plan import Change
from vcloudair_core.errors import ObjectInUseError
from vcloudair_core.services.ans.groups.model import GroupDocument, GroupObject, Use, UsedSection

_SHOWN = 10


def refuse_in_use(
    document: GroupDocument, deleted: Sequence[GroupObject], forced: Collection[str | None], noun: str
) -> None:
    """Raise ObjectInUseError if a rule refers to an object to delete.

    If the name of the object is in ``forced``, only rules whose references cannot be removed are refused.
    """
    for item in deleted:
        uses = document.uses_of([item])
        if item.spec.name in forced:
            _refuse_fixed(item, [use for use in uses if use.reason], noun)
        elif uses:
            count = "1 rule uses" if len(uses) == 1 else f"{len(uses)} rules use"
            raise ObjectInUseError(
                f"Deleting the {noun} {item.spec.name!r} failed. {count} it: {_listed(uses)}.",
                uses=[use.as_dict() for use in uses],
                hint="Change these rules first, or set force: true to remove the references.",
            )


def _refuse_fixed(item: GroupObject, uses: Sequence[Use], noun: str) -> None:
    if uses:
        reasons = "; ".join(f"{use.title}: {use.reason}" for use in uses[:_SHOWN])
        raise ObjectInUseError(
            f"Deleting the {noun} {item.spec.name!r} failed. These references cannot be removed: {reasons}.",
            uses=[use.as_dict() for use in uses],
            hint="Change these rules first.",
        )


def _listed(uses: Sequence[Use]) -> str:
    more = f" and {len(uses) - _SHOWN} more" if len(uses) > _SHOWN else ""
    return ", ".join(use.title for use in uses[:_SHOWN]) + more


def removal_changes(sections: Sequence[UsedSection]) -> list[Change]:
    """Return the changes of the rules that refer to deleted objects."""
    return [
        Change("delete", use.title, dict(use.before), None)
        if use.after is None
        else Change("update", use.title, dict(use.before), dict(use.after), tuple(use.before))
        for section in sections
        for use in section.uses
    ]
