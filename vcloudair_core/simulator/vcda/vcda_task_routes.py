"""Routes and documents of tasks of VMware Cloud Director Availability.

Source: protocol/vcda.md §5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.vcda.entities import RUNNING, SimulatedVcdaTask
from vcloudair_core.simulator.vcda.vcda_responses import error, item, page, shown, whole_number
from vcloudair_core.transport.messages import Response


def routes() -> SimulatorRoutes:
    """Return the routes of tasks."""
    return SimulatorRoutes(
        "vcda-tasks",
        "VCDA tasks",
        (SimulatorRoute("GET", "/tasks", list_tasks), SimulatorRoute("GET", "/tasks/{task_id}", read)),
        versions="all",
        simplifications="only tasks of operations on replications; lists start with the newest task",
    )


def milliseconds(moment: float | None) -> int:
    """Return a time in milliseconds since 1970, or -1 if there is no time."""
    return -1 if moment is None else round(moment * 1000)


def may_read_task(context: Any, task: SimulatedVcdaTask) -> bool:
    """Return True if a task belongs to the org of the session.

    The provider can read all tasks.
    """
    orgs = set(context.session.sites.values())
    return context.session.is_provider or bool(orgs & {task.org, task.source_org, task.destination_org})


def task_document(context: Any, task: SimulatedVcdaTask) -> dict[str, Any]:
    """Return the JSON object of a task."""
    now = context.simulator.clock.now()
    is_running = task.state == RUNNING
    names = dict(pair.partition("=")[::2] for pair in context.config.vcda_workflow_types)
    elapsed = min(99, int(100 * (now - task.started) / task.seconds)) if task.seconds else 0
    return {
        "id": task.task_id,
        "user": task.user,
        "site": task.site,
        "workflowInfo": {
            "type": names.get(task.workflow, task.workflow),
            "resourceType": task.resource_type,
            "resourceId": task.resource_id,
            "resourceName": task.resource_name,
        },
        "progress": (elapsed if task.progress is None else task.progress) if is_running else 100,
        "state": _shown_state(task),
        "lastUpdated": milliseconds(now if is_running else task.ended),
        "startTime": milliseconds(task.started),
        "endTime": milliseconds(task.ended),
        "resultType": None,
        "result": task.result,
        "error": task.error,
        "warnings": task.warnings,
    }


def _shown_state(task: SimulatedVcdaTask) -> str:
    return task.running_word if task.state == RUNNING else task.state


def read(context: Any) -> Response:
    """Return a task. Each call counts as a poll."""
    task = context.world.vcda_tasks.get(context.path_params["task_id"])
    if task is None or not may_read_task(context, task) or not _is_at_site(context, task) or _is_gone(task):
        return error(404, "TaskNotFound", "The task does not exist.", context.path_params["task_id"])
    task.poll_count += 1
    return item(context.version, shown(context, task_document(context, task)))


def _is_at_site(context: Any, task: SimulatedVcdaTask) -> bool:
    return bool(context.config.vcda_task_site == "optional" or task.site == context.site)


def _is_gone(task: SimulatedVcdaTask) -> bool:
    return task.gone_after_polls is not None and task.poll_count >= task.gone_after_polls


_FILTERS: dict[str, Callable[[SimulatedVcdaTask, str], bool]] = {
    "state": lambda task, text: _shown_state(task) in text.split(","),
    "resourceType": lambda task, text: task.resource_type in text.split(","),
    "user": lambda task, text: task.user == text,
    "sourceOrg": lambda task, text: task.source_org == text,
    "destinationOrg": lambda task, text: task.destination_org == text,
}
"""Conditions of the parameters of ``GET /tasks``."""


def list_tasks(context: Any) -> Response:
    """Return a page of the tasks that match the parameters, newest first."""
    now, values = context.simulator.clock.now(), {name: context.parameter(name) for name in _FILTERS}
    tasks = [
        task
        for task in reversed(context.world.vcda_tasks.values())
        if task.site == context.site
        and task.visible_from <= now
        and not _is_gone(task)
        and may_read_task(context, task)
    ]
    tasks = [task for task in tasks if all(not text or _FILTERS[name](task, text) for name, text in values.items())]
    after, before = (whole_number(context, name, -1) for name in ("startTimeAfter", "startTimeBefore"))
    tasks = [task for task in tasks if after < 0 or milliseconds(task.started) >= after]
    tasks = [task for task in tasks if before < 0 or milliseconds(task.started) <= before]
    operation_id, search = context.parameter("operationID"), context.config.vcda_operation_id_search
    if operation_id and search != "ignored":
        tasks = [task for task in tasks if search == "exact" and task.operation_id == operation_id]
    return page(context, tasks, lambda task: task_document(context, task))
