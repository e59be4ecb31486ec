"""Warn about IPsec tunnels while the IPsec service or the firewall is disabled."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.edge.neighbors import is_switched, read_neighbor
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.ipsec.model import Ipsec


def ipsec_warnings(store: Any, ipsec: Ipsec, plan: Plan) -> tuple[str, ...]:
    """Return warnings about changed tunnels that stay down or are not filtered.

    Tunnels stay down while the IPsec service is disabled. Their traffic is not filtered while the firewall is disabled.
    """
    if not ipsec.settings.enabled:
        names = [
            change.identity
            for change in plan.changes
            if change.identity != "settings" and change.after is not None and change.after.get("enabled") is not False
        ]
        listed = ", ".join(repr(name) for name in names[:3]) + (" and more" if len(names) > 3 else "")
        text = f"The IPsec service of {store.target} is disabled, so these tunnels stay down: {listed}."
        return (f"{text} Set enabled to true to enable it.",) if names else ()
    if not is_switched(plan):
        return ()
    try:
        firewall: Firewall = read_neighbor(store, "firewall")
        if firewall.settings.enabled is not False:
            return ()
    except VcloudAirError as exc:
        return (
            f"Reading the firewall of {store.target} failed, so warnings about IPsec may be missing: {exc.message}",
        )
    return (f"The firewall of {store.target} is disabled while the IPsec VPN is in use. VPN traffic is not filtered.",)
