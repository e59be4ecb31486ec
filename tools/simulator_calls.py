"""Generate tables of simulated endpoints and query types for reference pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PROFILES = ("vcd", "vchs", "vca")
_COMPUTE = "/api/compute"


@dataclass
class _Endpoint:
    """A path with its methods and profiles.

    ``notes`` are its API versions and its simplifications.
    """

    path: str
    notes: tuple[str, str]
    methods: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)


def coverage_tables() -> str:
    """Return a table of endpoints for each group of routes."""
    groups: dict[str, dict[tuple[str, tuple[str, str]], _Endpoint]] = {}
    for profile in PROFILES:
        for group, method, path, notes in _calls(profile):
            endpoint = groups.setdefault(group, {}).setdefault((path, notes), _Endpoint(path, notes))
            if method not in endpoint.methods:
                endpoint.methods.append(method)
            if profile not in endpoint.profiles:
                endpoint.profiles.append(profile)
    return "\n\n".join(f"### {group}\n\n{_table(endpoints.values())}" for group, endpoints in groups.items())


def _table(endpoints: Iterable[_Endpoint]) -> str:
    rows = ["| endpoint | methods | API versions | profiles | simplifications |", "|---|---|---|---|---|"]
    for endpoint in endpoints:
        is_everywhere = len(endpoint.profiles) == len(PROFILES)
        profiles = "all" if is_everywhere else ", ".join(f"`{name}`" for name in endpoint.profiles)
        versions, simplifications = endpoint.notes
        methods = ", ".join(endpoint.methods)
        rows.append(f"| `{endpoint.path}` | {methods} | {versions} | {profiles} | {simplifications} |")
    return "\n".join(rows)


def _calls(profile: str) -> Iterator[tuple[str, str, str, tuple[str, str]]]:
    """Yield each call as ``(group, method, path, (API versions, simplifications))``.

    Paths omit the prefix ``/api/compute`` that On-Demand adds to calls of vCloud Director. VMware Cloud Director
    Availability has its own address, so its calls are listed with the profile ``vcd``.
    """
    from vcloudair_core.simulator.profiles import built_in_routes
    from vcloudair_core.simulator.vcda.routes import vcda_routes

    for group in (*built_in_routes(profile), *(vcda_routes() if profile == "vcd" else ())):
        if group.name == "absent":
            continue  # These calls belong to another profile.
        for route in group.routes:
            notes = (route.versions or group.versions, route.simplifications or group.simplifications)
            yield group.summary, route.method, route.path.removeprefix(_COMPUTE).rstrip("/"), notes


def query_types_table() -> str:
    """Return a table of query types with their records in the simulated cloud."""
    from vcloudair_core.simulator.query.query_records import has_records
    from vcloudair_core.simulator.query.query_types import TYPES

    rows = ["| type | record | records |", "|---|---|---|"]
    for name, known in TYPES.items():
        rows.append(f"| `{name}` | `{known.record}` | {'yes' if has_records(name) else 'none'} |")
    return "\n".join(rows)
