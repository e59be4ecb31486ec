"""Warn of a firewall that is turned off under NAT or IPsec, which need it."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.ipsec.model import Ipsec
from vcloudair_core.services.ans.nat.model import Nat
from vcloudair_core.services.ans.section.neighbors import is_switched, read_neighbor


def firewall_advice(store: Any, firewall: Firewall, plan: Plan) -> tuple[str, ...]:
    """Warn of a firewall that a plan turns off while NAT or IPsec is in use. Reads both then, and nothing otherwise."""
    if firewall.settings.enabled is not False or not is_switched(plan):
        return ()
    warnings: list[str] = []
    try:
        nat: Nat = read_neighbor(store, "nat")
        rules = sum(rule.spec.enabled is not False for rule in nat.user_rules)
        if nat.settings.enabled is not False and rules:
            warnings.append(
                f"The firewall of {store.target} is off, and NAT works only while it is on: {_count(rules, 'NAT rule')}"
                " without effect."
            )
        ipsec: Ipsec = read_neighbor(store, "ipsec")
        tunnels = sum(rule.spec.enabled is not False for rule in ipsec.rules)
        if ipsec.settings.enabled and tunnels:
            warnings.append(
                f"The firewall of {store.target} is off while its IPsec VPN is in use: nothing filters the traffic of "
                f"{_count(tunnels, 'tunnel')}."
            )
    except VcloudAirError as exc:
        warnings.append(f"The services of {store.target} that need its firewall could not be read: {exc.message}")
    return tuple(warnings)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
