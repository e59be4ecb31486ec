"""The kinds ``ans.firewall_rule`` and ``ans.firewall``: one core of planning, two ways to say what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly
from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document, ResourceKind
from vcloudair_core.engine.matching import named_rules, refuse_doubles
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, check_no_places, plan_desired
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.firewall.model import Edit, Firewall, rule_words
from vcloudair_core.services.ans.firewall.parse import parse_policy, parse_rule
from vcloudair_core.services.ans.firewall.spec import (
    GLOBAL_INFOS,
    IDENTITIES,
    FirewallPolicySpec,
    FirewallRuleSpec,
    completed_rule,
    effective_rule,
    exact_policy,
    exact_rule,
)
from vcloudair_core.services.ans.section.backends import firewall_codec

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store
    from vcloudair_core.session.session import Session

_RULES = RuleListKind("firewall rule", completed_rule, effective_rule, IDENTITIES, exact=exact_rule)
_SETTINGS = ("enabled", "default_action", "default_logging")


def decoded(document: Document) -> Firewall:
    """What a firewall document says; worked out once per document."""
    if "firewall" not in document.memo:
        document.memo["firewall"] = firewall_codec(document.backend, document.media_type).decode(document)
    found: Firewall = document.memo["firewall"]
    return found


class _FirewallKind(ResourceKind):
    """What both kinds share: the section, how it is written, and what may not get lost on the way."""

    name = ""

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """The firewall of the edge that ``target`` names. Shape: ``{"edge": name or UUID, "vdc": name or UUID}``."""
        from vcloudair_core.services.ans.store import open_firewall

        return open_firewall(session, target)

    def merge(self, document: Document, plan: Plan) -> Document:
        """The document with the plan carried out."""
        edit: Edit = plan.steps
        return firewall_codec(document.backend, document.media_type).merge(document, edit)

    def losses(self, written: Document, found: Document) -> list[Mapping[str, Any]]:
        """User rules that went out with an id and did not come back under it."""
        back = {rule.spec.rule_id for rule in decoded(found).user_rules}
        return [
            {"rule_id": rule.spec.rule_id, "name": rule.spec.name}
            for rule in decoded(written).user_rules
            if rule.spec.rule_id is not None and rule.spec.rule_id not in back
        ]

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Tells what networks with host bits stand for, and warns of a firewall that is turned off under others."""
        from vcloudair_core.services.ans.section.host_bits import host_bits
        from vcloudair_core.services.ans.section.service_warnings import firewall_advice

        return (*firewall_advice(store, decoded(document), plan), *host_bits(plan))


class FirewallRuleKind(_FirewallKind):
    """Rules, each for itself: others are kept, and so is the order unless a rule asks for a place."""

    name = "ans.firewall_rule"
    spec_type = FirewallRuleSpec

    def parse(self, data: Mapping[str, Any]) -> FirewallRuleSpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_rule(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError when two specs name one rule."""
        problems = Problems()
        paths = [f"[{position}]" if len(desired.specs) > 1 else "" for position in range(len(desired.specs))]
        refuse_doubles(desired.specs, paths, problems, IDENTITIES)
        problems.raise_if_any()
        if isinstance(desired, Exactly):
            check_no_places(desired.specs, "")

    def project(self, document: Document) -> list[dict[str, Any]]:
        """All user rules, in order, in the words that ``parse`` takes."""
        return [rule_words(rule.spec) for rule in decoded(document).user_rules]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """The rules that were named, in the order they were named."""
        found = named_rules(_RULES.noun, decoded(document).user_rules, desired.specs, identities=IDENTITIES)
        return [rule_words(rule.spec) for rule in found]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for a place that cannot be."""
        in_order = isinstance(desired, Exactly)
        listed = plan_desired(_RULES, decoded(document).user_rules, desired, desired.specs, in_order=in_order)
        return Plan(
            self.name, listed.changes, steps=Edit(steps=listed.steps if listed.changes else None), notes=listed.notes
        )


class FirewallPolicyKind(_FirewallKind):
    """The whole firewall: switch, default action, global settings, and a list of rules that keeps its order."""

    name = "ans.firewall"
    spec_type = FirewallPolicySpec

    def parse(self, data: Mapping[str, Any]) -> FirewallPolicySpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_policy(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError unless there is one policy, without places for the rules of an exact list."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one firewall policy was expected, not {len(desired.specs)}")
        if isinstance(desired, Exactly):
            check_no_places(desired.specs[0].rules or (), "rules")

    def project(self, document: Document) -> dict[str, Any]:
        """Shape: ``{enabled, default_action, default_logging, global_settings, rules, internal_rules, version}``."""
        firewall = decoded(document)
        return {
            **_settings_words(firewall),
            "rules": [rule_words(rule.spec) for rule in firewall.rules if rule.is_user],
            "internal_rules": [
                {**rule_words(rule.spec), "rule_type": rule.rule_type} for rule in firewall.rules if not rule.is_user
            ],
            "version": document.version,
        }

    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """The settings, and the rules that were named (all user rules when the list is exact), as they stand."""
        firewall = decoded(document)
        spec: FirewallPolicySpec = desired.specs[0]
        rules = firewall.user_rules
        if not isinstance(desired, Exactly) or spec.rules is None:
            rules = tuple(named_rules(_RULES.noun, rules, spec.rules or (), in_place=True, identities=IDENTITIES))
        return {**_settings_words(firewall), "rules": [rule_words(rule.spec) for rule in rules]}

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for a place that cannot be."""
        firewall = decoded(document)
        spec: FirewallPolicySpec = desired.specs[0]
        whole = exact_policy(spec) if isinstance(desired, Exactly) and not isinstance(desired, ExactLists) else spec
        settings = _Settings() if isinstance(desired, Absent) else _plan_settings(firewall, whole)
        if spec.rules is None:
            listed = ListPlan((), ())
        else:
            listed = plan_desired(
                _RULES,
                firewall.user_rules,
                desired,
                spec.rules,
                in_order=True,
                prefix="rules",
                allow_empty=spec.allow_empty,
            )
        edit = Edit(settings.changed, settings.changed_global, listed.steps if listed.changes else None)
        return Plan(self.name, (*settings.changes, *listed.changes), steps=edit, notes=listed.notes)


# -- settings ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Settings:
    changes: tuple[Change, ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    changed_global: Mapping[str, bool | int] = field(default_factory=dict)


def _settings_words(firewall: Firewall) -> dict[str, Any]:
    return {
        "enabled": True if firewall.enabled is None else firewall.enabled,
        "default_action": (firewall.default_action or "deny").casefold(),
        "default_logging": bool(firewall.default_logging),
        "global_settings": dict(firewall.global_settings),
    }


def _plan_settings(firewall: Firewall, spec: FirewallPolicySpec) -> _Settings:
    current = FirewallPolicySpec(firewall.enabled, firewall.default_action, firewall.default_logging)
    changed = diff_fields(current, spec)
    changed_global = {
        word: value
        for word, value in spec.global_settings or ()
        if not GLOBAL_INFOS[word].same(firewall.global_settings.get(word), value)
    }
    if not changed and not changed_global:
        return _Settings()
    words = _settings_words(firewall)
    before: dict[str, Any] = {name: words[name] for name in changed}
    after: dict[str, Any] = {name: wanted for name, (_, wanted) in changed.items()}
    if changed_global:
        before["global_settings"] = {
            word: firewall.global_settings.get(word, GLOBAL_INFOS[word].absent) for word in changed_global
        }
        after["global_settings"] = dict(changed_global)
    change = Change("update", "settings", before, after, (*changed, *(["global_settings"] if changed_global else [])))
    return _Settings((change,), {name: wanted for name, (_, wanted) in changed.items()}, changed_global)
