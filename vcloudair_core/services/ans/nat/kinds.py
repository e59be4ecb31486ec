"""The kinds ``ans.nat_rule`` and ``ans.nat``: one core of planning, two ways to say what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly
from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document, ResourceKind
from vcloudair_core.engine.matching import LiveRule, named_rules
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, check_no_places, plan_desired
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.nat.model import Nat, NatEdit, nat_rule_words
from vcloudair_core.services.ans.nat.parse import parse_nat, parse_nat_rule, refuse_nat_doubles
from vcloudair_core.services.ans.nat.spec import (
    IDENTITIES,
    NatRuleSpec,
    NatSpec,
    completed_rule,
    effective_rule,
    exact_rule,
)
from vcloudair_core.services.ans.section.backends import nat_codec

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store
    from vcloudair_core.session.session import Session

_RULES = RuleListKind("NAT rule", completed_rule, effective_rule, IDENTITIES, exact=exact_rule)


def decoded(document: Document) -> Nat:
    """What a NAT document says; worked out once per document."""
    if "nat" not in document.memo:
        document.memo["nat"] = nat_codec(document.backend, document.media_type).decode(document)
    found: Nat = document.memo["nat"]
    return found


def _named(live: Sequence[LiveRule], specs: Sequence[NatRuleSpec], *, in_place: bool = False) -> list[LiveRule]:
    return named_rules(_RULES.noun, live, specs, in_place=in_place, identities=IDENTITIES)


class _NatKind(ResourceKind):
    """What both kinds share: the section, how it is written, and what may not get lost on the way."""

    name = ""

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """The NAT of the edge that ``target`` names. Shape: ``{"edge": name or UUID, "vdc": name or UUID}``."""
        from vcloudair_core.services.ans.store import open_nat

        return open_nat(session, target)

    def merge(self, document: Document, plan: Plan) -> Document:
        """The document with the plan carried out."""
        edit: NatEdit = plan.steps
        return nat_codec(document.backend, document.media_type).merge(document, edit)

    def losses(self, written: Document, found: Document) -> list[Mapping[str, Any]]:
        """User rules that went out with an id and did not come back under it."""
        back = {rule.spec.rule_id for rule in decoded(found).user_rules}
        return [
            {"rule_id": rule.spec.rule_id, "name": rule.spec.name}
            for rule in decoded(written).user_rules
            if rule.spec.rule_id is not None and rule.spec.rule_id not in back
        ]

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Warns of a firewall that is off or lets nothing in, for what the plan changes. Costs one read of it."""
        from vcloudair_core.services.ans.nat.warnings import advise
        from vcloudair_core.services.ans.section.host_bits import host_bits

        return (*advise(store, decoded(document), plan), *host_bits(plan))


class NatRuleKind(_NatKind):
    """Rules, each for itself: others are kept, and so is the order unless a rule asks for a place."""

    name = "ans.nat_rule"
    spec_type = NatRuleSpec

    def parse(self, data: Mapping[str, Any]) -> NatRuleSpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_nat_rule(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError when two specs mean one rule, or a rule lacks what it translates to."""
        _validate(desired, desired.specs, "")

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Names of interfaces become their numbers, in one call, and only if there are any."""
        return replace(desired, specs=_resolved(store, desired, desired.specs, ""))

    def project(self, document: Document) -> list[dict[str, Any]]:
        """All user rules, in order, in the words that ``parse`` takes."""
        return [nat_rule_words(rule.spec) for rule in decoded(document).user_rules]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """The rules that were named, in the order they were named."""
        return [nat_rule_words(rule.spec) for rule in _named(decoded(document).user_rules, desired.specs)]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for a place or a rule that cannot be."""
        in_order = isinstance(desired, Exactly)
        listed = plan_desired(_RULES, decoded(document).user_rules, desired, desired.specs, in_order=in_order)
        return Plan(
            self.name, listed.changes, steps=NatEdit(steps=listed.steps if listed.changes else None), notes=listed.notes
        )


class NatKind(_NatKind):
    """The whole of NAT: its switch, and a list of rules that keeps its order."""

    name = "ans.nat"
    spec_type = NatSpec

    def parse(self, data: Mapping[str, Any]) -> NatSpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_nat(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError unless there is one section, whose rules are complete and mean different ones."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one NAT section was expected, not {len(desired.specs)}")
        _validate(desired, desired.specs[0].rules or (), "rules")

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Names of interfaces become their numbers, in one call, and only if there are any."""
        spec: NatSpec = desired.specs[0]
        rules = spec.rules and _resolved(store, desired, spec.rules, "rules")
        return replace(desired, specs=(replace(spec, rules=rules),))

    def project(self, document: Document) -> dict[str, Any]:
        """Shape: ``{enabled, rules, internal_rules, version}``."""
        nat = decoded(document)
        return {
            "enabled": _is_on(nat),
            "rules": [nat_rule_words(rule.spec) for rule in nat.rules if rule.is_user],
            "internal_rules": [
                {**nat_rule_words(rule.spec), "rule_type": rule.rule_type} for rule in nat.rules if not rule.is_user
            ],
            "version": document.version,
        }

    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """The switch, and the rules that were named (all user rules when the list is exact), as they stand."""
        nat = decoded(document)
        spec: NatSpec = desired.specs[0]
        rules: Sequence[LiveRule] = nat.user_rules
        if not isinstance(desired, Exactly) or spec.rules is None:
            rules = _named(rules, spec.rules or (), in_place=True)
        return {"enabled": _is_on(nat), "rules": [nat_rule_words(rule.spec) for rule in rules]}

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for a place or a rule that cannot be."""
        nat = decoded(document)
        spec: NatSpec = desired.specs[0]
        if isinstance(desired, Exactly) and not isinstance(desired, ExactLists) and spec.enabled is None:
            spec = replace(spec, enabled=True)
        switched: tuple[Change, ...] = () if isinstance(desired, Absent) else _plan_switch(nat, spec)
        listed = ListPlan((), ())
        if spec.rules is not None:
            listed = plan_desired(
                _RULES,
                nat.user_rules,
                desired,
                spec.rules,
                in_order=True,
                prefix="rules",
                allow_empty=spec.allow_empty,
            )
        edit = NatEdit(spec.enabled if switched else None, listed.steps if listed.changes else None)
        return Plan(self.name, (*switched, *listed.changes), steps=edit, notes=listed.notes)


def _is_on(nat: Nat) -> bool:
    return True if nat.enabled is None else nat.enabled


def _plan_switch(nat: Nat, spec: NatSpec) -> tuple[Change, ...]:
    if not diff_fields(NatSpec(nat.enabled), spec):
        return ()
    return (Change("update", "settings", {"enabled": _is_on(nat)}, {"enabled": spec.enabled}, ("enabled",)),)


# -- before anything is planned ----------------------------------------------------------------------------------


def _paths(specs: Sequence[NatRuleSpec], prefix: str) -> list[str]:
    return [f"{prefix}[{at}]" if prefix or len(specs) > 1 else "" for at in range(len(specs))]


def _validate(desired: Desired, specs: Sequence[NatRuleSpec], prefix: str) -> None:
    """Refuse specs that mean one rule. What only a new rule needs is asked for when there is none to update."""
    problems = Problems()
    paths = _paths(specs, prefix)
    refuse_nat_doubles(specs, paths, problems)
    problems.raise_if_any()
    if isinstance(desired, Exactly):
        check_no_places(specs, prefix)


def _resolved(store: Any, desired: Desired, specs: Sequence[NatRuleSpec], prefix: str) -> tuple[NatRuleSpec, ...]:
    if all(spec.interface is None for spec in specs):
        return tuple(specs)
    from vcloudair_core.services.ans.edge.interfaces import pick_interface, read_interfaces

    known = read_interfaces(store.session, store.edge)
    found = tuple(
        spec
        if spec.interface is None
        else replace(spec, interface=None, vnic=pick_interface(known, spec.interface, f"{path}.interface".lstrip(".")))
        for spec, path in zip(specs, _paths(specs, prefix), strict=True)
    )
    _validate(desired, found, prefix)  # two names may mean one interface
    return found
