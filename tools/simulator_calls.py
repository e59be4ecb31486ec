"""Calls and query types of the simulator, for docs/reference/simulator.md."""

from __future__ import annotations

from collections.abc import Iterator

PROFILES = ("vcd", "vchs", "vca")
_COMPUTE = "/api/compute"


def calls_table() -> str:
    """Return a table of calls: area, method, path, and the profiles that have it."""
    calls: dict[tuple[str, str], set[str]] = {}
    methods: dict[tuple[str, str], list[str]] = {}
    for profile in PROFILES:
        for area, method, path in _calls(profile):
            key = (area, path)
            calls.setdefault(key, set()).add(profile)
            known = methods.setdefault(key, [])
            if method not in known:
                known.append(method)
    rows = ["| area | calls | profiles |", "|---|---|---|"]
    for (area, path), profiles in calls.items():
        shown = (
            "all" if len(profiles) == len(PROFILES) else ", ".join(f"`{name}`" for name in PROFILES if name in profiles)
        )
        rows.append(f"| {area} | {', '.join(methods[area, path])} `{path}` | {shown} |")
    return "\n".join(rows)


def _calls(profile: str) -> Iterator[tuple[str, str, str]]:
    """Yield area, method and path.

    On-Demand has the calls of a vCloud Director below ``/api/compute``.
    """
    from vcloudair_core.simulator.profiles import built_in_areas

    for area in built_in_areas(profile):
        if area.name == "absent":
            continue  # answers to calls that belong to another profile
        for route in area.routes:
            yield area.summary, route.method, route.path.removeprefix(_COMPUTE)


def query_types_table() -> str:
    """Return a table of query types: record, and if the simulated cloud has any."""
    from vcloudair_core.simulator.query.query_records import has_records
    from vcloudair_core.simulator.query.query_types import TYPES

    rows = ["| type | record | records |", "|---|---|---|"]
    for name, known in TYPES.items():
        rows.append(f"| `{name}` | `{known.record}` | {'yes' if has_records(name) else 'none'} |")
    return "\n".join(rows)
