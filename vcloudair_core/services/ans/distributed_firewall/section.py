"""The resource kinds for a whole distributed firewall and for one of its rules.

Their names are ``ans.distributed_firewall`` and ``ans.distributed_firewall_rule``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.plan import Change
from vcloudair_core.engine.validation import Problems, Reader
from vcloudair_core.services.ans.distributed_firewall.spec import DistributedFirewallSpec
from vcloudair_core.services.ans.firewall.limits import DISTRIBUTED_RULE_LIMITS
from vcloudair_core.services.ans.firewall.parse import parse_rule, read_rules
from vcloudair_core.services.ans.firewall.spec import (
    IDENTITIES,
    FirewallRuleSpec,
    completed_rule,
    effective_rule,
    exact_rule,
)
from vcloudair_core.services.ans.names.rules import change_with_names, resolve_objects, with_names
from vcloudair_core.services.ans.nsxt.members import INTERNAL, INTERNAL_URN
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import names_in
from vcloudair_core.services.ans.section.expected_section import expect_document
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.services.ans.vdc_group.directory import target_group
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.services.ans.distributed_firewall.codec import DistributedFirewallCodec
    from vcloudair_core.services.ans.distributed_firewall.store import DistributedFirewallStore
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session

_FIELDS = ("enabled", "rules", "allow_empty")
_OUTPUT = ("internal_rules", "version")


def parse_distributed_firewall(data: Mapping[str, Any]) -> DistributedFirewallSpec:
    """Return the spec of a whole distributed firewall, parsed from plain data.

    Raises: SpecError with all invalid fields.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown((*_FIELDS, *_OUTPUT))
    spec = DistributedFirewallSpec(reader.boolean("enabled"), read_rules(reader), reader.boolean("allow_empty"))
    problems.raise_if_any()
    return spec


class DistributedFirewallSection(Section[DistributedFirewallSpec, FirewallRuleSpec]):
    """The section descriptor of the distributed firewall of a VDC group."""

    def prepare_store(self, store: Store, spec: DistributedFirewallSpec) -> None:
        """Make the store read the policies only if the spec sets ``enabled``."""
        if hasattr(store, "wants_policies"):
            store.wants_policies = spec.enabled is not None

    def resolve_rules(
        self, store: Store, specs: Sequence[FirewallRuleSpec], paths: Sequence[str]
    ) -> Sequence[FirewallRuleSpec]:
        """Replace object names with IDs, and resolve the names of port profiles."""
        plain = [_with_internal(spec) for spec in specs]
        is_same = all(new is old for new, old in zip(plain, specs, strict=True))
        return resolve_objects(store, specs if is_same else tuple(plain), paths)

    def plain_rule(self, rule: LiveRule, document: Document) -> dict[str, Any]:
        """Return a rule as plain data, with names instead of IDs."""
        return with_names(super().plain_rule(rule, document), names_in(document))

    def shown_change(self, change: Change, document: Document) -> Change:
        """Return a change that displays names instead of IDs."""
        return change_with_names(change, names_in(document))


def _with_internal(spec: FirewallRuleSpec) -> FirewallRuleSpec:
    """Replace the URN of the built-in internal traffic group with ``internal``."""
    if INTERNAL_URN not in (*(spec.source or ()), *(spec.destination or ())):
        return spec
    source, destination = (
        members and tuple(INTERNAL if text == INTERNAL_URN else text for text in members)
        for members in (spec.source, spec.destination)
    )
    return replace(spec, source=source, destination=destination)


SECTION = DistributedFirewallSection(
    name="distributed_firewall",
    rule_name="distributed_firewall_rule",
    title="Distributed firewall",
    noun="distributed firewall rule",
    spec_type=DistributedFirewallSpec,
    rule_type=FirewallRuleSpec,
    parse=parse_distributed_firewall,
    parse_rule=parse_rule,
    codecs={},
    rule_limits=DISTRIBUTED_RULE_LIMITS,
    module="vca_distributed_firewall",
    identities=IDENTITIES,
    completed=completed_rule,
    effective=effective_rule,
    exact=exact_rule,
    network_fields=("source", "destination"),
    has_internal_rules=True,
    owner_noun="distributed firewalls",
)


class DistributedFirewallKind(SectionKind):
    """The resource kind for a whole distributed firewall."""

    def open(self, session: Session, target: Mapping[str, Any]) -> DistributedFirewallStore:
        """Return the store of the VDC group that ``target`` or a setting selects.

        Shape of ``target``: ``{"vdc_group": name, UUID or URN}``.
        """
        return open_store(session, target)

    def project(self, document: Document) -> dict[str, Any]:
        """Return the settings and rules as plain data, without a version."""
        return {key: value for key, value in super().project(document).items() if key != "version"}


class DistributedFirewallRuleKind(RuleKind):
    """The resource kind for one rule of a distributed firewall."""

    def open(self, session: Session, target: Mapping[str, Any]) -> DistributedFirewallStore:
        """Return the store of the VDC group that ``target`` or a setting selects.

        Shape of ``target``: ``{"vdc_group": name, UUID or URN}``.
        """
        store = open_store(session, target)
        store.wants_policies = False
        return store


def open_store(session: Session, target: Mapping[str, Any]) -> DistributedFirewallStore:
    """Return the store of the VDC group that ``target`` or a setting selects.

    Raises: the errors of :func:`target_group`.
    """
    from vcloudair_core.services.ans.distributed_firewall.store import DistributedFirewallStore

    group = target_group(session, target)
    return DistributedFirewallStore(session, group, _codec(session.identity.api_version), _expected)


def _expected(store: DistributedFirewallStore, document: Document, run: CheckRun) -> Document:
    return expect_document(
        store, (DistributedFirewallKind(SECTION), DistributedFirewallRuleKind(SECTION)), document, run
    )


@cache
def _codec(api_version: str) -> DistributedFirewallCodec:
    from vcloudair_core.services.ans.distributed_firewall.codec import DistributedFirewallCodec
    from vcloudair_core.services.ans.firewall.nsxt.rule_codec import INLINE_SINCE

    return DistributedFirewallCodec(has_addresses=is_at_least(api_version, INLINE_SINCE))
