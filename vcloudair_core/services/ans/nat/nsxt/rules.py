"""Complete and adapt NAT rules of NSX-T edge gateways.

Source: protocol/nsxt.md §6, §13.2.
"""

from __future__ import annotations

from dataclasses import replace

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.fields import diff_fields, fields_of
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT
from vcloudair_core.services.ans.edge.limits import problems_of
from vcloudair_core.services.ans.nat import meaning
from vcloudair_core.services.ans.nat.limits import RULE_LIMITS
from vcloudair_core.services.ans.nat.spec import DNAT, NatRuleSpec, port_meaning

_ANY_VERSION = (999, 0)
"""A version that lifts all limits by version, which earlier code has checked."""

_CHECKED = frozenset(limit.option for limit in RULE_LIMITS[NSXT]) | {"action", "protocol"}


def completed_rule(spec: NatRuleSpec) -> NatRuleSpec:
    """Return the spec of a new rule with defaults for all fields that are not set.

    Raises: SpecError for missing fields, and for combinations of values that the edge gateway does not support.
    """
    completed = meaning.completed_rule(spec)
    _refuse_unsupported(completed)
    return completed


def effective_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """Return a spec that is adapted to ``current``, the rule that the spec updates.

    If a DNAT rule does not translate the port, its profile contains the original port. Therefore, the translated port
    ``any`` means the original port.

    Raises: SpecError for combinations of values that the edge gateway does not support.
    """
    effective = meaning.effective_rule(spec, current)
    if spec.protocol == ANY and spec.application is None and current.application:
        effective = replace(effective, application="")
    whole = merged_rule(current, effective)
    if whole.action == DNAT and whole.protocol != "icmp" and _keeps_port(effective, current):
        effective = replace(effective, translated_port=whole.original_port)
        whole = replace(whole, translated_port=whole.original_port)
    if not _CHECKED.isdisjoint(diff_fields(current, effective)):
        _refuse_unsupported(whole)
    return effective


def merged_rule(current: NatRuleSpec, spec: NatRuleSpec) -> NatRuleSpec:
    """Return the existing rule with the fields that a spec sets."""
    values = {name: value for name in fields_of(NatRuleSpec) if (value := getattr(spec, name)) is not None}
    return replace(current, **values)


def _keeps_port(spec: NatRuleSpec, current: NatRuleSpec) -> bool:
    """Return True if the updated rule does not translate the port.

    This is the case if the spec has the translated port ``any``, or if it changes only the original port of a rule that
    does not translate the port.
    """
    if spec.translated_port is not None:
        return port_meaning(spec.translated_port) == port_meaning(ANY)
    kept = port_meaning(current.translated_port or ANY) == port_meaning(current.original_port or ANY)
    return kept and spec.original_port is not None


def _refuse_unsupported(spec: NatRuleSpec) -> None:
    problems = problems_of(spec, RULE_LIMITS[NSXT], _ANY_VERSION, BACKENDS[NSXT].title)
    if problems:
        raise SpecError.of(problems)
