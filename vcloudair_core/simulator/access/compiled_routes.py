"""Compile the path patterns of routes, and group routes by depth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.required_rights import required_right

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class CompiledRoute:
    """A simulator route with its compiled path pattern.

    ``group`` is the name of the :class:`SimulatorRoutes` object that contains the route. ``right`` is the right that
    the user needs, or an empty string. ``is_built_in`` is false for routes of plugins.
    """

    route: SimulatorRoute
    group: str
    pattern: re.Pattern[str]
    right: str = ""
    is_built_in: bool = True


def compile_routes(built_in: Sequence[SimulatorRoutes], added: Sequence[SimulatorRoutes]) -> list[CompiledRoute]:
    """Return the compiled routes in the order in which they are matched.

    The ``added`` routes come first, so that a plugin can replace a built-in route. An added route requires only the
    right that its own ``right`` field names.
    """
    rights = [(group, route, "", False) for group in added for route in group.routes]
    for group in built_in:
        rights += [(group, route, required_right(route.method, route.path), True) for route in group.routes]
    return [
        CompiledRoute(route, group.name, _pattern(route.path), route.right or right, is_built_in)
        for group, route, right, is_built_in in rights
    ]


def routes_by_depth(routes: Sequence[CompiledRoute]) -> dict[int, list[CompiledRoute]]:
    """Group routes by the depth of their path.

    A request is then compared only with the routes of its own depth.
    """
    by_depth: dict[int, list[CompiledRoute]] = {}
    for compiled in routes:
        by_depth.setdefault(path_depth(compiled.route.path), []).append(compiled)
    return by_depth


def path_depth(path: str) -> int:
    """Return the number of segments of a path. A trailing slash is ignored."""
    return path.rstrip("/").count("/")


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return the compiled pattern of a route's path.

    Patterns are cached because all simulators have the same built-in routes.
    """
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path) + r"/?\Z")
