"""Routes to read, cancel and list tasks. Source: protocol/tasks.md §2, §3."""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import is_provider
from vcloudair_core.simulator.api.own_objects import own_org
from vcloudair_core.simulator.documents.document_parts import respond
from vcloudair_core.simulator.state.simulated_tasks import SimulatedTask, T
from vcloudair_core.simulator.xml_builder import element
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes to read and cancel a task, and to list the tasks of an org."""
    return SimulatorRoutes(
        f"tasks{prefix}",
        "Tasks",
        (
            SimulatorRoute("GET", f"{prefix}/api/task/{{task_id}}", show),
            SimulatorRoute("POST", f"{prefix}/api/task/{{task_id}}/action/cancel", cancel),
            SimulatorRoute("GET", f"{prefix}/api/tasksList/{{org_id}}", show_list),
        ),
        versions="all",
    )


def show(context: Any) -> Response:
    """Return one task.

    Each GET request counts as a poll. A task with ``polls`` ends only after that number of polls.
    """
    task_id = context.path_params["task_id"]
    task = _find(context, task_id)
    if task is None:
        return _gone(context, task_id)
    document = context.simulator.tasks.document(task, context.root)
    task.poll_count += 1
    return respond(context, document)


def cancel(context: Any) -> Response:
    """Cancel a task. Return 204 while the task runs, and 400 after it has ended.

    Source: protocol/tasks.md §3.2. The status 400 is inferred.
    """
    task_id = context.path_params["task_id"]
    task = _find(context, task_id)
    if task is None:
        return _gone(context, task_id)
    if not context.simulator.tasks.cancel(task):
        return responses.error(400, "BAD_REQUEST", "The task has ended and cannot be canceled.", context.version)
    return responses.empty(204)


def _find(context: Any, task_id: str) -> SimulatedTask | None:
    """Return a task of the session's org, or None. A provider can read all tasks."""
    orgs = context.world.orgs if is_provider(context) else (context.user.org,)
    tasks = (context.simulator.tasks.find(task_id, org) for org in orgs)
    return next((task for task in tasks if task is not None), None)


def _gone(context: Any, task_id: str) -> Response:
    """Return 403 or 404 for a task that is expired, unknown, or of another org.

    The option ``task_gone_status`` selects the status, because no source states it. Source: protocol/tasks.md §7.
    """
    if context.simulator.config.task_gone_status == 404:
        return responses.error(404, "RESOURCE_NOT_FOUND", "The resource was not found.", context.version)
    return responses.no_access("task", task_id, context.version)


def show_list(context: Any) -> Response:
    """Return all tasks of the org on one page. Each task has all its fields.

    Source: protocol/tasks.md §3.3.
    """
    org = own_org(context, context.path_params["org_id"])
    if org is None:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    tasks = context.simulator.tasks
    root = element(
        "TasksList",
        {"name": "Tasks Lists", "href": f"{context.root}/api/tasksList/{org.org_id}", "type": f"{T}tasksList+xml"},
        *[tasks.document(task, context.root) for task in tasks.of(org.name)],
    )
    return respond(context, root)
