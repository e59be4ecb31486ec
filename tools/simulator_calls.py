"""Calls and query types of the simulator, for docs/reference/simulator.md."""

from __future__ import annotations

from collections.abc import Iterator

PROFILES = ("vcd", "vchs", "vca")
_COMPUTE = "/api/compute"


def calls_table() -> str:
    """Return a table of calls: group, methods, path, and the profiles that have it."""
    calls: dict[tuple[str, str], set[str]] = {}
    methods: dict[tuple[str, str], list[str]] = {}
    for profile in PROFILES:
        for group, method, path in _calls(profile):
            key = (group, path)
            calls.setdefault(key, set()).add(profile)
            known = methods.setdefault(key, [])
            if method not in known:
                known.append(method)
    rows = ["| group | calls | profiles |", "|---|---|---|"]
    for (group, path), profiles in calls.items():
        shown = (
            "all" if len(profiles) == len(PROFILES) else ", ".join(f"`{name}`" for name in PROFILES if name in profiles)
        )
        rows.append(f"| {group} | {', '.join(methods[group, path])} `{path}` | {shown} |")
    return "\n".join(rows)


def _calls(profile: str) -> Iterator[tuple[str, str, str]]:
    """Yield group, method and path.

    On-Demand has the calls of a vCloud Director below ``/api/compute``.
    """
    from vcloudair_core.simulator.profiles import built_in_routes

    for group in built_in_routes(profile):
        if group.name == "absent":
            continue  # These calls belong to another profile.
        for route in group.routes:
            yield group.summary, route.method, route.path.removeprefix(_COMPUTE)


def query_types_table() -> str:
    """Return a table of query types with their records in the simulated cloud."""
    from vcloudair_core.simulator.query.query_records import has_records
    from vcloudair_core.simulator.query.query_types import TYPES

    rows = ["| type | record | records |", "|---|---|---|"]
    for name, known in TYPES.items():
        rows.append(f"| `{name}` | `{known.record}` | {'yes' if has_records(name) else 'none'} |")
    return "\n".join(rows)
