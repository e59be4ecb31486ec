"""Warn about a disabled firewall while NAT or IPsec is in use.

While the firewall is disabled, NAT has no effect, and the traffic of IPsec tunnels is not filtered.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.edge.neighbors import is_switched, read_neighbor
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.ipsec.model import Ipsec
from vcloudair_core.services.ans.nat.model import Nat


def firewall_warnings(store: Any, firewall: Firewall, plan: Plan) -> tuple[str, ...]:
    """Return warnings if a plan disables the firewall while NAT or IPsec is in use.

    The NAT and IPsec sections are read only if the plan disables the firewall.
    """
    if firewall.settings.enabled is not False or not is_switched(plan):
        return ()
    warnings: list[str] = []
    try:
        nat: Nat = read_neighbor(store, "nat")
        rules = sum(rule.spec.enabled is not False for rule in nat.user_rules)
        if nat.settings.enabled is not False and rules:
            warnings.append(
                f"The firewall of {store.target} is disabled. NAT works only while the firewall is enabled, so "
                f"{_count(rules, 'NAT rule')} will have no effect."
            )
        ipsec: Ipsec = read_neighbor(store, "ipsec")
        tunnels = sum(rule.spec.enabled is not False for rule in ipsec.rules)
        if ipsec.settings.enabled and tunnels:
            warnings.append(
                f"The firewall of {store.target} is disabled while the IPsec VPN is in use. The traffic of "
                f"{_count(tunnels, 'tunnel')} is not filtered."
            )
    except VcloudAirError as exc:
        warnings.append(
            f"Reading the NAT and IPsec sections of {store.target} failed, so warnings may be missing: {exc.message}"
        )
    return tuple(warnings)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
