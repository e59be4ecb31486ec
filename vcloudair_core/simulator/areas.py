"""Which areas a profile has."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorArea


def built_in_areas(profile: str) -> tuple[SimulatorArea, ...]:
    from vcloudair_core.simulator import area_edge, area_portals, area_query, area_vcd

    areas: list[SimulatorArea] = []
    if profile in ("vchs", "all"):
        areas.append(area_portals.vchs_area())
    if profile in ("vca", "all"):
        areas.append(area_portals.iam_area())
        areas += [
            area_vcd.area("/api/compute"),
            area_query.area("/api/compute"),
            area_edge.area("hybridity", "/api/compute"),
            area_edge.area("network", "/api/compute"),
        ]
    if profile in ("vchs", "vcd", "all"):
        areas += [area_vcd.area(), area_query.area(), area_edge.area("network")]
    if profile in ("vchs", "all"):
        areas.append(area_edge.area("hybridity"))
    return tuple(areas)
