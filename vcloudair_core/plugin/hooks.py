"""Hook specifications of the plugin API.

Each hook has a page in ``docs/reference/hooks/``.

A plugin is a module or object with functions marked ``@hookimpl``. Its distribution registers it in the entry-point
group ``vcloudair_core``. The built-in services are registered in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.plugin.records import (
        AuthRecord,
        CommandRecord,
        KindRecord,
        RecordType,
        ServiceRecord,
        SimulatorRoutes,
    )
    from vcloudair_core.session.tasks import Task
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Exchange

PROJECT = "vcloudair_core"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def vca_services() -> Sequence[ServiceRecord]:  # type: ignore[empty-body]
    """Offer services. Called once per App, at first use."""


@hookspec
def vca_resource_kinds() -> Sequence[KindRecord]:  # type: ignore[empty-body]
    """Offer resource kinds. Called once per App, at first use."""


@hookspec
def vca_record_types() -> Sequence[RecordType]:  # type: ignore[empty-body]
    """Offer record types of the query service. Called once per App, at first use."""


@hookspec
def vca_auth_methods() -> Sequence[AuthRecord]:  # type: ignore[empty-body]
    """Offer authentication methods. Called once per App, at first use."""


@hookspec(firstresult=True)
def vca_transport(settings: Settings) -> Transport | None:
    """Return the transport of a client, or None.

    Called once per client. The first result that is not None is used.
    """


@hookspec
def vca_cli_commands() -> Sequence[CommandRecord]:  # type: ignore[empty-body]
    """Offer commands of ``vca``. Called when the command line is parsed."""


@hookspec
def vca_exchange_finished(exchange: Exchange) -> None:
    """Observe an HTTP exchange. Secrets are masked.

    Called once per attempt. Errors are logged and ignored.
    """


@hookspec
def vca_plan_ready(plan: Plan, settings: Settings) -> Sequence[str] | None:
    """Return warnings about a plan, or raise PlanRejectedError.

    Called for each plan with changes, before any write.
    """


@hookspec
def vca_task_progressed(task: Task) -> None:
    """Observe a task. Called at each poll. Errors are logged and ignored."""


@hookspec
def vca_write_finished(record: Mapping[str, Any]) -> None:
    """Observe the audit record of a write. Secrets are masked.

    Called once per write, after its result is known. Errors are logged and ignored.
    """


@hookspec
def vca_simulator_routes() -> Sequence[SimulatorRoutes]:  # type: ignore[empty-body]
    """Offer routes and seed data for the simulator.

    Called when a simulator starts or is reset.
    """
