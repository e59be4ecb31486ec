"""Which areas a profile has."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorArea
from vcloudair_core.simulator.config import COMPUTE, PROFILES


def built_in_areas(profile: str) -> tuple[SimulatorArea, ...]:
    """Areas in the order in which their routes are tried. A profile that is not known is a ValueError."""
    from vcloudair_core.simulator import area_absent, area_iam, area_metrics, area_vchs

    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}; known: {', '.join(PROFILES)}")
    areas: list[SimulatorArea] = []
    if profile in ("vchs", "all"):
        areas.append(area_vchs.area())
    if profile in ("vca", "all"):
        areas.append(area_iam.area())
        areas += [*_vcloud(COMPUTE), *_sections("hybridity", COMPUTE)]
    if profile in ("vchs", "vcd", "all"):
        areas += _vcloud("")
    if profile in ("vchs", "all"):
        areas += [*_sections("hybridity", ""), area_metrics.adapter_area()]
    return (*areas, area_absent.area(profile))


def _vcloud(prefix: str) -> list[SimulatorArea]:
    """A vCloud Director with everything behind it."""
    from vcloudair_core.simulator import (
        area_edge_settings,
        area_edge_views,
        area_metrics,
        area_object_browser,
        area_query,
        area_replications,
        area_tasks,
        area_vcd,
        area_vdc,
    )

    return [
        area_vcd.area(prefix),
        area_vdc.area(prefix),
        area_query.area(prefix),
        area_tasks.area(prefix),
        area_metrics.area(prefix),
        area_replications.area(prefix),
        *_sections("network", prefix),
        area_edge_settings.area(prefix),
        area_edge_views.area(prefix),
        area_object_browser.area(prefix),
    ]


def _sections(flavour: str, prefix: str) -> list[SimulatorArea]:
    """Every section of an edge, behind one of its two doors."""
    from vcloudair_core.simulator import area_edge, area_ipsec, area_nat

    return [area.area(flavour, prefix) for area in (area_edge, area_nat, area_ipsec)]
