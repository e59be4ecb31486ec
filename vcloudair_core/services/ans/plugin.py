"""Advanced Networking Services as a plugin like any other. Cheap to import: the work is loaded at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import KindRecord, ServiceRecord

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


def _firewall_rule() -> ResourceKind:
    from vcloudair_core.services.ans.firewall.kinds import FirewallRuleKind

    return FirewallRuleKind()


def _firewall() -> ResourceKind:
    from vcloudair_core.services.ans.firewall.kinds import FirewallPolicyKind

    return FirewallPolicyKind()


def _edge() -> ResourceKind:
    from vcloudair_core.services.ans.document.kind import EdgeKind

    return EdgeKind()


def _nat_rule() -> ResourceKind:
    from vcloudair_core.services.ans.nat.kinds import NatRuleKind

    return NatRuleKind()


def _nat() -> ResourceKind:
    from vcloudair_core.services.ans.nat.kinds import NatKind

    return NatKind()


def _ipsec_tunnel() -> ResourceKind:
    from vcloudair_core.services.ans.ipsec.kinds import IpsecTunnelKind

    return IpsecTunnelKind()


def _ipsec() -> ResourceKind:
    from vcloudair_core.services.ans.ipsec.kinds import IpsecKind

    return IpsecKind()


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """The service ``ans``."""
    return [ServiceRecord("ans", "Edge gateways: firewall, NAT and IPsec VPN", _service)]


@hookimpl
def vca_resource_kinds() -> list[KindRecord]:
    """The kinds of edge gateways."""
    return [
        KindRecord("ans.firewall_rule", "ans", "Rules of an edge firewall, each for itself", _firewall_rule),
        KindRecord("ans.firewall", "ans", "A whole edge firewall: settings and rules", _firewall),
        KindRecord("ans.nat_rule", "ans", "NAT rules of an edge, each for itself", _nat_rule),
        KindRecord("ans.nat", "ans", "The whole NAT of an edge: its switch and rules", _nat),
        KindRecord("ans.ipsec_tunnel", "ans", "IPsec tunnels of an edge, each for itself", _ipsec_tunnel),
        KindRecord("ans.ipsec", "ans", "The whole IPsec VPN of an edge: its settings and tunnels", _ipsec),
        KindRecord("ans.edge", "ans", "A whole edge: every section in one document", _edge),
    ]


@hookimpl
def vca_plan_ready(plan: Plan, settings: Settings) -> list[str]:
    """The firewall lint. Raises PlanRejectedError when the settings ask for that."""
    from vcloudair_core.services.ans.firewall.lint_policy import check

    return check(plan, settings)
