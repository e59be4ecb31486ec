"""The firewall section: resource kinds for the whole section and for one rule.

Their names are ``ans.firewall`` and ``ans.firewall_rule``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.firewall.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.firewall.model import Firewall
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
from vcloudair_core.services.ans.firewall.store import FirewallStore
from vcloudair_core.services.ans.names.rules import change_with_names, resolve_objects, with_names
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section
from vcloudair_core.services.ans.section.document import SectionCodec, names_in, state_of
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.session.versions import is_at_least


class FirewallSection(Section[FirewallPolicySpec, FirewallRuleSpec]):
    """The firewall section. In plain data, the global settings are a nested mapping."""

    def exact_settings(self, spec: FirewallPolicySpec, backend: str) -> FirewallPolicySpec:
        """Return the policy with defaults for all settings that are not set.

        On NSX-T, only ``enabled`` gets a default, because users cannot change the other settings.
        """
        if backend == NSXT:
            return replace(spec, enabled=True) if spec.enabled is None else spec
        return exact_policy(spec)

    def diff_settings(self, document: Document, spec: FirewallPolicySpec) -> dict[str, tuple[Any, Any]]:
        """Return the settings that differ. The global settings count as one setting.

        Shape: ``{field: (current value, desired value)}``.
        """
        settings: FirewallPolicySpec = state_of(document).settings
        changed = diff_fields(settings, spec)
        if document.backend == NSXT:
            _refuse_default_rule(changed)
            return changed
        current = dict(settings.global_settings or ())
        differing = {
            name: value
            for name, value in spec.global_settings or ()
            if not GLOBAL_INFOS[name].same(current.get(name), value)
        }
        if differing:
            shown = {name: current.get(name, GLOBAL_INFOS[name].absent) for name in differing}
            changed["global_settings"] = (shown, differing)
        return changed

    def prepare_store(self, store: Store, spec: FirewallPolicySpec) -> None:
        """Make the store read the firewall state only if the spec sets ``enabled``."""
        if hasattr(store, "wants_state"):
            store.wants_state = spec.enabled is not None

    def resolve_rules(
        self, store: Store, specs: Sequence[FirewallRuleSpec], paths: Sequence[str]
    ) -> Sequence[FirewallRuleSpec]:
        """Replace names with IDs, and resolve the port profiles of NSX-T."""
        return resolve_objects(store, specs, paths)

    def plain_rule(self, rule: LiveRule, document: Document) -> dict[str, Any]:
        """Return a rule as plain data, with names instead of IDs."""
        return with_names(super().plain_rule(rule, document), names_in(document))

    def shown_change(self, change: Change, document: Document) -> Change:
        """Return a change that displays names instead of IDs."""
        return change_with_names(change, names_in(document))

    def plain_settings(self, settings: FirewallPolicySpec) -> dict[str, Any]:
        """Return the settings as plain data.

        Shape: ``{enabled, default_action, default_logging, global_settings}``.
        """
        return {**super().plain_settings(settings), "global_settings": dict(settings.global_settings or ())}

    def warnings(self, store: Store, state: Firewall, plan: Plan) -> tuple[str, ...]:
        """Warn if the plan disables the firewall while NAT or IPsec needs the firewall."""
        from vcloudair_core.services.ans.firewall.warnings import firewall_warnings
        from vcloudair_core.services.ans.nsxt.ignored_logging import logging_warnings

        return (*firewall_warnings(store, state, plan), *logging_warnings(store, "firewall rules"))


def _refuse_default_rule(changed: Mapping[str, tuple[Any, Any]]) -> None:
    """Raise SpecError if a spec changes the default rule, which is read-only.

    Source: protocol/nsxt.md §5.
    """
    problems = [
        SpecProblem(
            name,
            f"cannot be changed on NSX-T edge gateways: the default rule is read-only and has {changed[name][0]}",
            f"Omit {name}, or add a rule for all other traffic at the bottom.",
        )
        for name in ("default_action", "default_logging")
        if name in changed
    ]
    if problems:
        raise SpecError.of(problems)


def _json(backend: str) -> SectionCodec[FirewallPolicySpec]:
    from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec

    return JsonFirewallCodec(backend)


def _xml() -> SectionCodec[FirewallPolicySpec]:
    from vcloudair_core.services.ans.firewall.codec_xml import XmlFirewallCodec

    return XmlFirewallCodec()


def _nsxt(api_version: str) -> SectionCodec[FirewallPolicySpec]:
    from vcloudair_core.services.ans.firewall.nsxt.codec import NsxtFirewallCodec
    from vcloudair_core.services.ans.firewall.nsxt.rule_codec import INLINE_SINCE

    return NsxtFirewallCodec(is_at_least(api_version, INLINE_SINCE))


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.firewall.nsxt.store import NsxtFirewallStore

    return NsxtFirewallStore


SECTION = FirewallSection(
    name="firewall",
    rule_name="firewall_rule",
    title="Firewall",
    noun="firewall rule",
    spec_type=FirewallPolicySpec,
    rule_type=FirewallRuleSpec,
    parse=parse_policy,
    parse_rule=parse_rule,
    codecs={
        (VCLOUDAIR, JSON): lambda: _json(VCLOUDAIR),
        (NSXV, JSON): lambda: _json(NSXV),
        (NSXV, XML): _xml,
    },
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    module="vca_firewall",
    store_type=FirewallStore,
    identities=IDENTITIES,
    completed=completed_rule,
    effective=effective_rule,
    exact=exact_rule,
    network_fields=("source", "destination"),
    has_internal_rules=True,
)
