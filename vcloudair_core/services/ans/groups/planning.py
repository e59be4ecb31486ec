"""Checks of plans: members and types of security groups, and objects in use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.plan import Change
from vcloudair_core.engine.validation import item_paths, near
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, ObjectInUseError, SpecError
from vcloudair_core.services.ans.groups.model import GroupDocument, GroupObject, Use, UsedSection
from vcloudair_core.services.ans.nsxt.members import NETWORK_URN

_SHOWN = 10


def is_urn(member: str) -> bool:
    """Return True if a member of a security group is the URN of a network."""
    return member.casefold().startswith(NETWORK_URN)


class MemberNames:
    """Convert between names and URNs of networks."""

    def __init__(self, document: GroupDocument) -> None:
        self._names = document.networks

    def with_ids(self, specs: Sequence[Any]) -> tuple[Any, ...]:
        """Return specs whose members are URNs.

        Raises: NotFoundError, AmbiguousMatchError.
        """
        return tuple(
            spec if spec.members is None else replace(spec, members=tuple(map(self._urn, spec.members)))
            for spec in specs
        )

    def _urn(self, member: str) -> str:
        if is_urn(member):
            return member
        urns = [urn for urn, name in self._names.items() if name == member]
        if len(urns) > 1:
            raise AmbiguousMatchError(
                f"{len(urns)} networks are named {member!r}.",
                candidates=[{"id": urn, "name": member} for urn in urns],
                hint="Use the URN of the network.",
            )
        if not urns:
            nearest = near(member, self._names.values())
            raise NotFoundError(
                f"Network not found: {member!r}.",
                hint=f"{nearest[:1].upper()}{nearest[1:]}" or "Check the name, or use the URN of the network.",
            )
        return urns[0]

    def shown(self, urn: str) -> str:
        """Return the name of a network, or the URN if the name is not unique."""
        name = self._names.get(urn, "")
        is_unique = list(self._names.values()).count(name) == 1
        return name if name and is_unique else urn


def check_types(document: GroupDocument, specs: Sequence[Any]) -> None:
    """Raise SpecError if a spec would change the type of an existing security group.

    Source: protocol/nsxt.md §3.
    """
    live = {rule.spec.name: rule.spec for rule in document.live}
    for path, spec in zip(item_paths(len(specs)), specs, strict=True):
        current = live.get(spec.name)
        if current is None or (spec.members is None and spec.criteria is None):
            continue
        if current.is_dynamic != (spec.criteria is not None):
            field, kind = ("members", "dynamic") if current.is_dynamic else ("criteria", "static")
            raise SpecError(
                f"{path}.{field}".lstrip("."),
                f"the security group {spec.name!r} is {kind}, and its type cannot be changed",
                hint="Delete the group first, or create a group with another name.",
            )


def refuse_in_use(
    document: GroupDocument, deleted: Sequence[GroupObject], forced: Collection[str | None], noun: str
) -> None:
    """Raise ObjectInUseError if a rule refers to an object to delete.

    For an object whose name is in ``forced``, only references that cannot be removed raise the error.
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
