"""The built-in routes of each simulator profile."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator.config import COMPUTE, PROFILES


def built_in_routes(profile: str) -> tuple[SimulatorRoutes, ...]:
    """Return the routes of a profile, in the order in which they are matched.

    Raises ValueError for an unknown profile.
    """
    from vcloudair_core.simulator.api import absent_routes, iam_routes, metrics_routes, vchs_routes

    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; expected one of {', '.join(PROFILES)}")
    routes: list[SimulatorRoutes] = []
    if profile in ("vchs", "all"):
        routes.append(vchs_routes.routes())
    if profile in ("vca", "all"):
        routes += iam_routes.routes()
        routes += [*_vcloud(COMPUTE), *_sections("hybridity", COMPUTE)]
    if profile in ("vchs", "vcd", "all"):
        routes += _vcloud("")
    if profile in ("vcd", "all"):
        routes += [*_cloudapi(), *_nsxt()]
    if profile in ("vchs", "all"):
        routes += [*_sections("hybridity", ""), metrics_routes.adapter_routes()]
    return (*routes, absent_routes.routes(profile))


def _vcloud(prefix: str) -> list[SimulatorRoutes]:
    """Return the routes of vCloud Director and its edge gateways, under ``prefix``."""
    from vcloudair_core.simulator.api import (
        admin_routes,
        edge_gateway_routes,
        metrics_routes,
        task_routes,
        vapp_routes,
        vcd_routes,
        vdc_routes,
    )
    from vcloudair_core.simulator.edge import (
        edge_routes,
        firewall_settings_routes,
        object_browser_routes,
    )
    from vcloudair_core.simulator.query import query_routes
    from vcloudair_core.simulator.replication import replication_routes
    from vcloudair_core.simulator.writes import metadata_routes, power_routes, snapshot_routes, update_routes

    return [
        vcd_routes.routes(prefix),
        vdc_routes.routes(prefix),
        vapp_routes.routes(prefix),
        admin_routes.routes(prefix),
        edge_gateway_routes.routes(prefix),
        query_routes.routes(prefix),
        task_routes.routes(prefix),
        metrics_routes.routes(prefix),
        *[module.routes(prefix) for module in (power_routes, snapshot_routes, metadata_routes, update_routes)],
        replication_routes.routes(prefix),
        *_sections("network", prefix),
        firewall_settings_routes.routes(prefix),
        edge_routes.routes(prefix),
        object_browser_routes.routes(prefix),
    ]


def _cloudapi() -> list[SimulatorRoutes]:
    """Return the routes of VMware Cloud Director under ``/cloudapi`` and ``/oauth``."""
    from vcloudair_core.simulator.cloudapi import (
        network_routes,
        oauth_routes,
        organization_routes,
        session_routes,
        token_routes,
        vdc_group_routes,
    )

    modules = (session_routes, oauth_routes, token_routes, organization_routes, network_routes, vdc_group_routes)
    return [module.routes() for module in modules]


def _nsxt() -> list[SimulatorRoutes]:
    """Return the routes of services of NSX-T edge gateways and VDC groups."""
    from vcloudair_core.simulator.nsxt.firewall import dfw_routes, edge_firewall_routes, group_routes, profile_routes
    from vcloudair_core.simulator.nsxt.ipsec import certificate_library, tunnel_routes
    from vcloudair_core.simulator.nsxt.l2vpn import tunnel_routes as l2vpn_routes
    from vcloudair_core.simulator.nsxt.load_balancer import routes as load_balancer_routes
    from vcloudair_core.simulator.nsxt.nat import rule_routes as nat_rule_routes
    from vcloudair_core.simulator.nsxt.network_services import (
        dhcp_bindings,
        dhcp_forwarder,
        dns_forwarder,
        network_dhcp,
        static_routes,
    )

    modules = (
        *(dfw_routes, group_routes, profile_routes, nat_rule_routes, tunnel_routes, certificate_library),
        *(dns_forwarder, dhcp_forwarder, network_dhcp, dhcp_bindings, static_routes, load_balancer_routes),
        l2vpn_routes,
    )
    return [*edge_firewall_routes.routes(), *[module.routes() for module in modules]]


def _sections(flavor: str, prefix: str) -> list[SimulatorRoutes]:
    """Return the routes of all edge sections in an API flavor."""
    from vcloudair_core.simulator.edge import firewall_routes, ipsec_routes, nat_routes
    from vcloudair_core.simulator.edge_services import grouping_routes, service_routes

    sections = [module.routes(flavor, prefix) for module in (firewall_routes, nat_routes, ipsec_routes)]
    groups = [] if flavor == "hybridity" else [grouping_routes.routes(prefix)]
    return [*sections, *service_routes.routes(flavor, prefix), *groups]
