"""Routes of sites, of the product, and of policies.

Source: protocol/vcda.md §2, §7.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.vcda.vcda_responses import item, page, shown
from vcloudair_core.simulator.vcda.vcda_sessions import ADMINISTRATORS
from vcloudair_core.transport.messages import Response


def routes() -> SimulatorRoutes:
    """Return the routes of sites, of the product, and of policies."""
    return SimulatorRoutes(
        "vcda-sites",
        "VCDA sites",
        (
            SimulatorRoute("GET", "/sites", sites, simplifications="both sites are VDCs of one cloud"),
            SimulatorRoute("GET", "/vc-sites", on_premises_sites, simplifications="no on-premises sites"),
            SimulatorRoute("GET", "/diagnostics/about", about),
            SimulatorRoute(
                "GET", "/policies", policies, right=ADMINISTRATORS, simplifications="only for the provider; no policies"
            ),
        ),
        versions="all",
    )


def sites(context: Any) -> Response:
    """Return both sites.

    ``isLocal`` marks the site of this endpoint. The values of ``state`` are inferred.
    """
    endpoint = context.endpoint
    documents = [
        {
            "site": site,
            "isLocal": site == endpoint.site,
            "state": "DOWN" if endpoint.is_down(site) else "OK",
            "apiUrl": f"https://{site}.example.test:8046",
            "isProviderDeployment": True,
        }
        for site in (endpoint.site, endpoint.peer)
    ]
    return item(context.version, shown(context, documents))


def on_premises_sites(context: Any) -> Response:
    """Return the on-premises sites. There are none."""
    return item(context.version, [])


def about(context: Any) -> Response:
    """Return the product and its version.

    The version is the newest one of the option ``vcda_versions``.
    """
    newest = context.config.vcda_versions[-1]
    document = {
        "serviceType": "CLOUD",
        "productName": "VMware Cloud Director Availability",
        "buildVersion": f"{newest}.1.0.0-24220000",
        "buildDate": 1704067200000,
    }
    return item(context.version, document)


def policies(context: Any) -> Response:
    """Return the replication policies. There are none."""
    return page(context, [], lambda value: value)
