"""The plugin for Advanced Networking Services. Modules are imported at first use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import KindRecord, ServiceRecord
from vcloudair_core.services.ans.sections import RECORDS, load_section

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import ResourceKind
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.services.ans.service import AnsService
    from vcloudair_core.session.session import Session
    from vcloudair_core.settings.settings import Settings

vcloudair_api_version = 1


def _service(session: Session) -> AnsService:
    from vcloudair_core.services.ans.service import AnsService

    return AnsService(session)


def _edge() -> ResourceKind:
    from vcloudair_core.services.ans.document.kind import EdgeKind

    return EdgeKind()


def _section_kind(name: str) -> ResourceKind:
    from vcloudair_core.services.ans.section.kinds import SectionKind

    return SectionKind(load_section(name))


def _rule_kind(name: str, rule_name: str) -> ResourceKind:
    from vcloudair_core.services.ans.section.kinds import RuleKind

    section = load_section(name)
    return RuleKind(section, next(one_list for one_list in section.lists if one_list.rule_name == rule_name))


def _certificate() -> ResourceKind:
    from vcloudair_core.services.ans.certificate.kind import CertificateKind

    return CertificateKind()


def _distributed_firewall() -> ResourceKind:
    from vcloudair_core.services.ans.distributed_firewall.section import SECTION, DistributedFirewallKind

    return DistributedFirewallKind(SECTION)


def _distributed_firewall_rule() -> ResourceKind:
    from vcloudair_core.services.ans.distributed_firewall.section import SECTION, DistributedFirewallRuleKind

    return DistributedFirewallRuleKind(SECTION)


def _group_kind(name: str) -> ResourceKind:
    from vcloudair_core.services.ans.groups.descriptor import TYPES
    from vcloudair_core.services.ans.groups.kind import GroupKind

    return GroupKind(TYPES[name])


_GROUP_SUMMARIES = {
    "ip_set": "IP sets, which firewall rules can use",
    "security_group": "Security groups with static or dynamic members",
    "application_profile": "Application profiles: named protocols and ports",
}


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """Return the service ``ans``."""
    return [ServiceRecord("ans", "Edge gateways: firewall, NAT and IPsec VPN", _service)]


@hookimpl
def vca_resource_kinds() -> list[KindRecord]:
    """Return the resource kinds for edge gateways and VDC groups.

    Each section has a kind for the whole section, and a kind for the single rules of each list. The whole edge, the
    certificates, and each type of group have one kind each.
    """
    records: list[KindRecord] = []
    for section in RECORDS:
        for rule_name, summary in ((section.rule_name, section.rule_summary), *section.other_rules):
            rule = partial(_rule_kind, section.name, rule_name)
            records.append(KindRecord(f"ans.{rule_name}", "ans", summary, rule))
        whole = partial(_section_kind, section.name)
        records.append(KindRecord(f"ans.{section.name}", "ans", section.summary, whole))
    records += [
        KindRecord(f"ans.{name}", "ans", summary, partial(_group_kind, name))
        for name, summary in _GROUP_SUMMARIES.items()
    ]
    return [
        *records,
        KindRecord("ans.edge", "ans", "A whole edge: every section in one document", _edge),
        KindRecord("ans.certificate", "ans", "Certificates of an edge or of the certificate library", _certificate),
        KindRecord(
            "ans.distributed_firewall_rule",
            "ans",
            "Single rules of the distributed firewall of a VDC group",
            _distributed_firewall_rule,
        ),
        KindRecord(
            "ans.distributed_firewall",
            "ans",
            "A whole distributed firewall of a VDC group: settings and rules",
            _distributed_firewall,
        ),
    ]


@hookimpl
def vca_plan_ready(plan: Plan, settings: Settings) -> list[str]:
    """Check firewall plans with the lint rules.

    Raises: PlanRejectedError if there are findings and the setting ``firewall_lint`` is ``reject``.
    """
    from vcloudair_core.services.ans.firewall.lint.policy import check

    return check(plan, settings)
