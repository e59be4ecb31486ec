"""A section as it would be after the earlier check-mode tasks of a run."""

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


def expected(store: Store, section: str, document: Document, run: CheckRun) -> Document:
    """The document with all changes of the run that are known; those that do not fit it any more are left out."""
    for change in run.changes(store.target_key):
        for kind, specs in _of_section(change, section):
            try:
                desired = _STATES[change.state](tuple(kind.parse(spec) for spec in specs))
                wanted = kind.resolve(store, desired)
                plan = kind.plan(document, wanted)
                document = document if plan.is_empty else kind.merge(document, plan)
            except (VcloudAirError, KeyError) as exc:
                _log.debug("%s: an expected change does not fit: %s", store.target, type(exc).__name__)
    return document


def _of_section(change: ExpectedChange, section: str) -> list[tuple[ResourceKind, Sequence[Mapping[str, Any]]]]:
    """Return the part of a change that is about one section."""
    if change.kind == "ans.edge":
        parts = [
            {**part, **({"allow_empty": True} if change.state == "exact" else {})}
            for spec in change.specs
            if isinstance(part := spec.get(section), Mapping)
        ]
        return [(_kinds(section)[0], parts)] if parts else []
    return [(kind, change.specs) for kind in _kinds(section) if kind.name == change.kind]


def _kinds(section: str) -> list[ResourceKind]:
    if section == "firewall":
        from vcloudair_core.services.ans.firewall.kinds import FirewallPolicyKind, FirewallRuleKind

        return [FirewallPolicyKind(), FirewallRuleKind()]
    if section == "nat":
        from vcloudair_core.services.ans.nat.kinds import NatKind, NatRuleKind

        return [NatKind(), NatRuleKind()]
    from vcloudair_core.services.ans.ipsec.kinds import IpsecKind, IpsecTunnelKind

    return [IpsecKind(), IpsecTunnelKind()]
