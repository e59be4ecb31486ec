"""Warn about services that are off while others depend on them: firewall for NAT and IPsec, IPsec for tunnels."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.ipsec.model import Ipsec
from vcloudair_core.services.ans.section.backends import firewall_codec, ipsec_codec, nat_codec
from vcloudair_core.services.ans.section.neighbors import read_neighbor


def firewall_advice(store: Any, firewall: Firewall, plan: Plan) -> tuple[str, ...]:
    """Warn of a firewall that a plan turns off while NAT or IPsec is in use. Reads both then, and nothing otherwise."""
    if firewall.enabled is not False or not _is_switched(plan):
        return ()
    warnings: list[str] = []
    try:
        document = read_neighbor(store, "nat")
        nat = nat_codec(document.backend, document.media_type).decode(document)
        rules = sum(rule.spec.enabled is not False for rule in nat.user_rules)
        if nat.enabled is not False and rules:
            warnings.append(
                f"The firewall of {store.target} is off, and NAT works only while it is on: {_count(rules, 'NAT rule')}"
                " without effect."
            )
        document = read_neighbor(store, "ipsec")
        ipsec = ipsec_codec(document.backend, document.media_type).decode(document)
        tunnels = sum(rule.spec.enabled is not False for rule in ipsec.tunnels)
        if ipsec.settings.enabled and tunnels:
            warnings.append(
                f"The firewall of {store.target} is off while its IPsec VPN is in use: nothing filters the traffic of "
                f"{_count(tunnels, 'tunnel')}."
            )
    except VcloudAirError as exc:
        warnings.append(f"The services of {store.target} that need its firewall could not be read: {exc.message}")
    return tuple(warnings)


def ipsec_advice(store: Any, ipsec: Ipsec, plan: Plan) -> tuple[str, ...]:
    """Warn of tunnels that are set while the service is off, and of a service that is turned on without a firewall."""
    if not ipsec.settings.enabled:
        names = [
            change.identity
            for change in plan.changes
            if change.identity != "settings" and change.after is not None and change.after.get("enabled") is not False
        ]
        listed = ", ".join(repr(name) for name in names[:3]) + (" and more" if len(names) > 3 else "")
        text = f"The IPsec service of {store.target} is off, so these tunnels stay down: {listed}."
        return (f"{text} Set enabled to turn it on.",) if names else ()
    if not _is_switched(plan):
        return ()
    try:
        document = read_neighbor(store, "firewall")
        firewall = firewall_codec(document.backend, document.media_type).decode(document)
        if firewall.enabled is not False:
            return ()
    except VcloudAirError as exc:
        return (f"The firewall of {store.target} could not be read beside its IPsec VPN: {exc.message}",)
    return (f"The firewall of {store.target} is off while its IPsec VPN is in use: nothing filters its traffic.",)


def _is_switched(plan: Plan) -> bool:
    return any(change.identity == "settings" and "enabled" in change.fields for change in plan.changes)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
