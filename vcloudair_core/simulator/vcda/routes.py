"""The built-in routes of VMware Cloud Director Availability."""

from __future__ import annotations

from vcloudair_core.plugin.records import SimulatorRoutes


def vcda_routes() -> tuple[SimulatorRoutes, ...]:
    """Return the routes of VCDA, in the order in which they are matched."""
    from vcloudair_core.simulator.vcda import (
        site_routes,
        vcda_session_routes,
        vcda_task_routes,
    )
    from vcloudair_core.simulator.vcda.operations import operation_routes
    from vcloudair_core.simulator.vcda.replications import vcda_replication_routes

    modules = (vcda_session_routes, site_routes, vcda_replication_routes, operation_routes, vcda_task_routes)
    return tuple(module.routes() for module in modules)
