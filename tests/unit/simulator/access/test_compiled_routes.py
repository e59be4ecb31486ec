"""Tests of route matching: by path depth first, then by pattern."""

from __future__ import annotations

import pytest

from tests.support.simulated import signed_in
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig, responses
from vcloudair_core.simulator.access.compiled_routes import compile_routes, path_depth, routes_by_depth

PATHS = ("/api/versions", "/api/org/{org_id}", "/api/vApp/{vapp_id}/metadata/")


def routes_of(*paths: str) -> SimulatorRoutes:
    made = tuple(SimulatorRoute("GET", path, lambda context: responses.empty(204), auth=False) for path in paths)
    return SimulatorRoutes("test", "Routes of a test", made)


@pytest.mark.parametrize(
    ("path", "depth"), [("/api/versions", 2), ("/api/versions/", 2), ("/api/vApp/vm-1/metadata", 4), ("/", 0)]
)
def test_a_slash_at_the_end_adds_no_depth(path: str, depth: int) -> None:
    assert path_depth(path) == depth


def test_each_route_is_below_its_depth_in_the_order_of_the_routes() -> None:
    by_depth = routes_by_depth(compile_routes((routes_of(*PATHS),), (routes_of("/api/{name}"),)))
    listed = {depth: [compiled.route.path for compiled in routes] for depth, routes in by_depth.items()}
    assert listed == {
        2: ["/api/{name}", "/api/versions"],
        3: ["/api/org/{org_id}"],
        4: ["/api/vApp/{vapp_id}/metadata/"],
    }


@pytest.mark.parametrize("path", ["/test/a/b", "/test/a/b/"])
def test_a_path_is_answered_with_and_without_a_slash_at_its_end(path: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"), routes=[routes_of("/test/{name}/b")])
    assert signed_in(simulator).get(path).status == 204
