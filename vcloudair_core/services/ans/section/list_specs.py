"""Check and resolve the specs of one list of a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.desired import Desired, Exactly
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import LiveRule, display_name, named_rules
from vcloudair_core.engine.rulelist import NamedSpec, check_no_places
from vcloudair_core.engine.validation import Problems, item_paths
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import state_of


def check_specs(one_list: Section[Any, Any], desired: Desired, specs: Sequence[Any], prefix: str) -> None:
    """Raise SpecError for repeated specs, and for positions with ``state: exact``.

    ``prefix`` is the path of the list in the input, or empty.
    """
    problems = Problems()
    one_list.check_rules(specs, item_paths(len(specs), prefix), problems)
    problems.raise_if_any()
    if isinstance(desired, Exactly):
        check_no_places(specs, prefix)


def resolved_specs(
    one_list: Section[Any, Any], store: Store, desired: Desired, specs: Sequence[Any], prefix: str
) -> Sequence[Any]:
    """Return the specs of a list with names replaced by IDs of the edge.

    Returns the same ``specs`` object if the specs contain no names.
    """
    resolved = one_list.resolve_rules(store, specs, item_paths(len(specs), prefix))
    if resolved is not specs:
        check_specs(one_list, desired, resolved, prefix)  # two names may have the same ID
    return resolved


def unsupported_in_specs(
    one_list: Section[Any, Any], specs: Sequence[Any], prefix: str, backend: str
) -> list[SpecProblem]:
    """Return a problem for each field in a list that a backend does not support."""
    problems = [one_list.unsupported_in_rule(spec, backend) for spec in specs]
    if not any(problems):
        return []
    paths = item_paths(len(specs), prefix)
    return [problem.below(path) for path, listed in zip(paths, problems, strict=True) for problem in listed]


def rules_named_by(
    one_list: Section[Any, Any], live: Sequence[LiveRule], specs: Sequence[Any], *, in_place: bool = False
) -> list[LiveRule]:
    """Return the live rules that specs identify, in the order of the specs.

    If ``in_place`` is true, the rules are in the order of ``live``.
    """
    return named_rules(one_list.noun, live, specs, in_place=in_place, identities=one_list.identities)


def lost_rules(one_list: Section[Any, Any], written: Document, current: Document) -> list[dict[str, Any]]:
    """Return the user rules of a list in ``written`` that are not in ``current``.

    Rules are compared by their IDs. Rules without IDs are compared by their identities.

    Shape: ``[{<ID field>, "name"}]``.
    """
    rules = [rule.spec for rule in state_of(current).user_rules]
    candidates = [rule.spec for rule in state_of(written).user_rules]
    if issubclass(one_list.rule_type, NamedSpec):
        [identity] = one_list.identities.shared.values()
        known = {identity.keys(spec) for spec in rules}
        return [{"name": display_name(spec)} for spec in candidates if identity.keys(spec) not in known]
    id_name = one_list.identities.numbers[0]
    kept = {spec.rule_id for spec in rules}
    lost = [spec for spec in candidates if spec.rule_id is not None and spec.rule_id not in kept]
    if lost and current.backend == NSXT:
        # A write of all rules can give the rules new ids. Source: protocol/nsxt.md §5.
        without_ids = [replace(spec, **{id_name: None}) for spec in rules]
        lost = [spec for spec in lost if replace(spec, **{id_name: None}) not in without_ids]
    lost += one_list.rules_lost(written, current)
    return [{id_name: spec.rule_id, "name": display_name(spec)} for spec in lost]
