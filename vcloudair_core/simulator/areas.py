"""Which areas a profile has."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorArea


def built_in_areas(profile: str) -> tuple[SimulatorArea, ...]:
    from vcloudair_core.simulator import area_edge, area_nat, area_portals, area_query, area_vcd

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
            area_nat.area("hybridity", "/api/compute"),
            area_nat.area("network", "/api/compute"),
            area_nat.interfaces_area("/api/compute"),
        ]
    if profile in ("vchs", "vcd", "all"):
        areas += [area_vcd.area(), area_query.area(), area_edge.area("network")]
        areas += [area_nat.area("network"), area_nat.interfaces_area()]
    if profile in ("vchs", "all"):
        areas += [area_edge.area("hybridity"), area_nat.area("hybridity")]
    return tuple(areas)
