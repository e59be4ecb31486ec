"""The section ``nat`` with its kinds ``ans.nat`` and ``ans.nat_rule``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import RuleListKind
from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.nat.identities import IDENTITIES
from vcloudair_core.services.ans.nat.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.nat.meaning import completed_rule, effective_rule, exact_rule
from vcloudair_core.services.ans.nat.model import Nat
from vcloudair_core.services.ans.nat.parse import parse_nat, parse_nat_rule
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section
from vcloudair_core.services.ans.section.document import SectionCodec
from vcloudair_core.services.ans.section.rule_values import split_name
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.session.versions import is_at_least


class NatSection(Section[NatSpec, NatRuleSpec]):
    """The NAT section.

    NAT rules can refer to interfaces, networks and port profiles by name.
    """

    def resolve_rules(self, store: Store, specs: Sequence[NatRuleSpec], paths: Sequence[str]) -> Sequence[NatRuleSpec]:
        """Replace interface names with numbers, and resolve the names of NSX-T objects.

        Makes one API call if a rule names an interface, and no call if no rule contains a name.
        """
        objects = getattr(store, "objects", None)
        if objects is not None:
            from vcloudair_core.services.ans.nat.nsxt.names import resolve_names
            from vcloudair_core.services.ans.nat.nsxt.store import NsxtNatStore

            assert isinstance(store, NsxtNatStore)
            return resolve_names(objects, specs, paths)
        if all(spec.interface is None for spec in specs):
            return specs
        from vcloudair_core.services.ans.edge.interfaces import pick_interface, read_interfaces

        assert isinstance(store, SectionStore)
        interfaces = read_interfaces(store.session, store.edge)
        problems = Problems()
        resolved = list(specs)
        for position, (spec, path) in enumerate(zip(specs, paths, strict=True)):
            if spec.interface is not None:
                with problems.catch():
                    prefix, name = split_name(spec.interface)
                    name = name if prefix == "network" else spec.interface
                    vnic = pick_interface(interfaces, name, f"{path}.interface".lstrip("."))
                    resolved[position] = replace(spec, interface=None, vnic=vnic)
        problems.raise_if_any()
        return tuple(resolved)

    def rule_list(self, document: Document) -> RuleListKind:
        """Return the rule list kind.

        On NSX-T edge gateways, the order of rules has no meaning.
        """
        kind = super().rule_list(document)
        if document.backend != NSXT:
            return kind
        from vcloudair_core.services.ans.nat.nsxt import rules

        return replace(kind, completed=rules.completed_rule, effective=rules.effective_rule, is_ordered=False)

    def warnings(self, store: Store, state: Nat, plan: Plan) -> tuple[str, ...]:
        """Warn if the firewall is disabled or blocks the traffic of changed rules.

        Reads the firewall section once.
        """
        from vcloudair_core.services.ans.nat.warnings import nat_warnings
        from vcloudair_core.services.ans.nsxt.ignored_logging import logging_warnings

        return (*nat_warnings(store, state, plan), *logging_warnings(store, "NAT rules"))


def _json(backend: str) -> SectionCodec[NatSpec]:
    from vcloudair_core.services.ans.nat.codec_json import JsonNatCodec

    return JsonNatCodec(backend)


def _xml() -> SectionCodec[NatSpec]:
    from vcloudair_core.services.ans.nat.codec_xml import XmlNatCodec

    return XmlNatCodec()


def _nsxt(api_version: str) -> SectionCodec[NatSpec]:
    from vcloudair_core.services.ans.nat.nsxt.codec import V2_SINCE, NsxtNatCodec

    return NsxtNatCodec(is_at_least(api_version, V2_SINCE))


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.nat.nsxt.store import NsxtNatStore

    return NsxtNatStore


SECTION = NatSection(
    name="nat",
    rule_name="nat_rule",
    title="NAT",
    noun="NAT rule",
    spec_type=NatSpec,
    rule_type=NatRuleSpec,
    parse=parse_nat,
    parse_rule=parse_nat_rule,
    codecs={
        (VCLOUDAIR, JSON): lambda: _json(VCLOUDAIR),
        (NSXV, JSON): lambda: _json(NSXV),
        (NSXV, XML): _xml,
    },
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    module="vca_nat",
    identities=IDENTITIES,
    completed=completed_rule,
    effective=effective_rule,
    exact=exact_rule,
    network_fields=(
        "original_address",
        "translated_address",
        "dnat_match_source_address",
        "snat_match_destination_address",
    ),
    has_internal_rules=True,
)
