"""Check and resolve the specs of one list of a section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.engine.desired import Desired, Exactly
from vcloudair_core.engine.kind import Store
from vcloudair_core.engine.matching import LiveRule, named_rules
from vcloudair_core.engine.rulelist import check_no_places
from vcloudair_core.engine.validation import Problems, item_paths
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.section.descriptor import Section


def check_specs(one_list: Section[Any, Any], desired: Desired, specs: Sequence[Any], prefix: str) -> None:
    """Raise SpecError if specs of a list are repeated, or set positions in an exact list.

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
    return [
        problem.below(path)
        for path, spec in zip(item_paths(len(specs), prefix), specs, strict=True)
        for problem in one_list.unsupported_in_rule(spec, backend)
    ]


def rules_named_by(
    one_list: Section[Any, Any], live: Sequence[LiveRule], specs: Sequence[Any], *, in_place: bool = False
) -> list[LiveRule]:
    """Return the live rules that specs identify: in the order of the specs, or in place."""
    return named_rules(one_list.noun, live, specs, in_place=in_place, identities=one_list.identities)
