"""Tasks over the wire: look, cancel, list. Source: protocol/tasks.md §2, §3."""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.state.simulated_tasks import T
from vcloudair_core.simulator.xml_builder import element
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """GET and cancel of a task, and the tasks of an org."""
    return SimulatorRoutes(
        f"tasks{prefix}",
        "Tasks",
        (
            SimulatorRoute("GET", f"{prefix}/api/task/{{task_id}}", show),
            SimulatorRoute("POST", f"{prefix}/api/task/{{task_id}}/action/cancel", cancel),
            SimulatorRoute("GET", f"{prefix}/api/tasksList/{{org_id}}", show_list),
        ),
    )


def show(context: Any) -> Response:
    """One task; looking at it lets it go on when it was started with ``polls``."""
    task_id = context.path_params["task_id"]
    task = context.simulator.tasks.find(task_id, context.user.org)
    if task is None:
        return _gone(context, task_id)
    document = context.simulator.tasks.document(task, context.root)
    task.looks += 1
    return responses.entity(document, f"{T}task+xml", context.version)


def cancel(context: Any) -> Response:
    """204 while it runs; 400 when it is over. Source: protocol/tasks.md §3.2 (400: not known, chosen)."""
    task_id = context.path_params["task_id"]
    task = context.simulator.tasks.find(task_id, context.user.org)
    if task is None:
        return _gone(context, task_id)
    if not context.simulator.tasks.cancel(task):
        return responses.error(400, "BAD_REQUEST", "The task is over and cannot be cancelled.", context.version)
    return responses.empty(204)


def _gone(context: Any, task_id: str) -> Response:
    """Expired, never there, or somebody else's: which status it is, no source tells. Source: protocol/tasks.md §7."""
    if context.simulator.config.task_gone_status == 404:
        return responses.error(404, "RESOURCE_NOT_FOUND", "The resource was not found.", context.version)
    return responses.no_access("task", task_id, context.version)


def show_list(context: Any) -> Response:
    """Every task of the org, whole and not paged. Source: protocol/tasks.md §3.3."""
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    tasks = context.simulator.tasks
    root = element(
        "TasksList",
        {"name": "Tasks Lists", "href": f"{context.root}/api/tasksList/{org.org_id}", "type": f"{T}tasksList+xml"},
        *[tasks.document(task, context.root) for task in tasks.of(org.name)],
    )
    return responses.entity(root, f"{T}tasksList+xml", context.version)
