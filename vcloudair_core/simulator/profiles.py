"""Areas of each profile."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorArea
from vcloudair_core.simulator.config import COMPUTE, PROFILES


def built_in_areas(profile: str) -> tuple[SimulatorArea, ...]:
    """Areas in the order in which their routes are tried. A profile that is not known is a ValueError."""
    from vcloudair_core.simulator.api import absent_routes, iam_routes, metrics_routes, vchs_routes

    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}; known: {', '.join(PROFILES)}")
    areas: list[SimulatorArea] = []
    if profile in ("vchs", "all"):
        areas.append(vchs_routes.area())
    if profile in ("vca", "all"):
        areas.append(iam_routes.area())
        areas += [*_vcloud(COMPUTE), *_sections("hybridity", COMPUTE)]
    if profile in ("vchs", "vcd", "all"):
        areas += _vcloud("")
    if profile in ("vchs", "all"):
        areas += [*_sections("hybridity", ""), metrics_routes.adapter_area()]
    return (*areas, absent_routes.area(profile))


def _vcloud(prefix: str) -> list[SimulatorArea]:
    """A vCloud Director with everything behind it."""
    from vcloudair_core.simulator.api import metrics_routes, task_routes, vcd_routes, vdc_routes
    from vcloudair_core.simulator.edge import edge_routes, firewall_settings_routes, object_browser_routes
    from vcloudair_core.simulator.query import query_routes
    from vcloudair_core.simulator.replication import replication_routes

    return [
        vcd_routes.area(prefix),
        vdc_routes.area(prefix),
        query_routes.area(prefix),
        task_routes.area(prefix),
        metrics_routes.area(prefix),
        replication_routes.area(prefix),
        *_sections("network", prefix),
        firewall_settings_routes.area(prefix),
        edge_routes.area(prefix),
        object_browser_routes.area(prefix),
    ]


def _sections(flavour: str, prefix: str) -> list[SimulatorArea]:
    """Every section of an edge, behind one of its two doors."""
    from vcloudair_core.simulator.edge import firewall_routes, ipsec_routes, nat_routes

    return [area.area(flavour, prefix) for area in (firewall_routes, nat_routes, ipsec_routes)]
