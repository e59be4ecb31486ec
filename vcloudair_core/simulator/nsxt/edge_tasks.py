"""Wrap route handlers of NSX-T edge gateways, and start tasks for writes.

While a task runs, its edge gateway and all other edge gateways of the same VDC group are busy. Source:
protocol/nsxt.md §1.2, §1.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from vcloudair_core.simulator.access import rights
from vcloudair_core.simulator.access.required_rights import refuse
from vcloudair_core.simulator.api.own_objects import own_edge
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edges import DISTRIBUTED_ONLY, effective_owner, gateway_urn, is_nsxt
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.simulated_tasks import Owner, SimulatedTask
from vcloudair_core.simulator.writes.entity_tasks import limit_error
from vcloudair_core.transport.messages import Headers, Response

V2_SINCE = (38, 1)
"""First API version of the paths under ``/cloudapi/2.0.0``.

Source: protocol/nsxt.md §5.
"""
_VERB_FIRST = re.compile(r"(create|update|delete)([A-Z]\w*)")


def nsxt_call(
    section: str, handler: Callable[[Any, SimulatedEdge], Response], since: tuple[int, ...] = (33, 0)
) -> Callable[[Any], Response]:
    """Return a route handler for a service of an NSX-T edge gateway.

    ``section`` is a service in ``access.rights.SECTIONS``. ``since`` is the first API version of the path. The response
    is 403 for an unknown edge gateway, for an NSX-V edge gateway, and if the edge gateway lacks the service. Source:
    protocol/nsxt.md §1.3.
    """

    def run(context: Any) -> Response:
        if not is_at_least(context.version, since):
            return no_such_path(context)
        edge = own_edge(context, json_responses.uuid_of(context.path_params["edge_id"]))
        if edge is None or not is_nsxt(edge) or edge.deployment_mode == DISTRIBUTED_ONLY:
            is_read = context.request.method == "GET"
            right = rights.view_section(section) if is_read else rights.configure_section(section)
            return refuse(context, right)
        return refusing(context, lambda: handler(context, edge))

    return run


def refusing(context: Any, handle: Callable[[], Response]) -> Response:
    """Return the response of ``handle``. A RefusedBodyError becomes an error response."""
    try:
        return handle()
    except RefusedBodyError as exc:
        return json_responses.error(exc.status, exc.code, f"[ {context.request_id} ] {exc}")


def no_such_path(context: Any) -> Response:
    """Return the error for a path that the API version lacks (inferred)."""
    message = f"[ {context.request_id} ] The path does not exist in API version {context.version}."
    return json_responses.error(404, "RESOURCE_NOT_FOUND", message)


def not_found(context: Any, kind: str, identifier: str) -> RefusedBodyError:
    """Return the error for an unknown rule or tunnel of an existing edge gateway.

    Source: protocol/vcd-modern.md §2.2.
    """
    return RefusedBodyError(f"{kind} '{identifier}' does not exist.", 404, "RESOURCE_NOT_FOUND")


def new_path(context: Any, owner: str) -> str:
    """Return a unique string from which the ID of a new object is computed.

    The string contains the number of tasks, which increases with each write. Therefore, no ID is used twice.
    """
    return f"{owner}/{len(context.simulator.tasks.all_tasks())}"


def start_edge_write(
    context: Any,
    edge: SimulatedEdge,
    operation: str,
    operation_name: str,
    apply: Callable[[], None],
    *,
    failure: str = "",
    details: str = "",
) -> Response:
    """Start a task on an edge gateway, and return 202.

    Args:
        context: The request.
        edge: The edge gateway that is busy while the task runs.
        operation: Beginning of the task's description, such as ``Updating Firewall rules``.
        operation_name: Name of the operation, such as ``createNatRule``.
        apply: Function that is called when the task succeeds.
        failure: Message with which the task fails. If empty, the task succeeds.
        details: Text of the task's details.
    """
    owner = Owner("", edge.name, "application/json", gateway_urn(edge))
    more: dict[str, Any] = {"details": details}
    if failure:
        error = {"majorErrorCode": 400, "minorErrorCode": "BAD_REQUEST", "message": failure}
        more |= {"end_status": "error", "error": error}
    return start_write(context, owner, effective_owner(edge), operation, operation_name, apply, **more)


def start_write(
    context: Any,
    owner: Owner,
    lock: str,
    operation: str,
    operation_name: str,
    apply: Callable[[], None],
    **more: Any,
) -> Response:
    """Start a task on any object, and return 202 without a body.

    The Location header contains the URL of the task. ``lock`` is the URN of the edge gateway or VDC group that is busy
    while the task runs, or an empty string. ``more`` contains other fields of :class:`SimulatedTask`. Return 400 if the
    edge gateway or VDC group is busy, or if too many tasks are running.
    """
    tasks, config = context.simulator.tasks, context.simulator.config
    holder = tasks.open_on(lock) if lock else None
    if holder is not None:
        return busy(context, lock, holder)
    error = limit_error(context)
    if error is not None:
        return error

    def end(status: str) -> None:
        if status == "success":
            apply()

    task = tasks.start(
        context.user.org,
        owner,
        f"{operation} {owner.name}({owner.urn.rpartition(':')[2]})",
        operation_name,
        user=context.user.user,
        seconds=config.nsxt_task_s,
        on_end=end,
        lock=lock,
        **more,
    )
    location = f"{context.base_url}/api/task/{task.task_id}"
    return Response(202, Headers({"Location": location, "Content-Length": "0"}), b"")


def busy(context: Any, lock: str, holder: SimulatedTask) -> Response:
    """Return the error for a write to an edge gateway or VDC group that is busy.

    Source: protocol/nsxt.md §1.3.
    """
    urn = holder.owner.urn if ":gateway:" in holder.owner.urn else lock
    kind, identifier = urn.split(":")[2:4]
    message = (
        f"[ {context.request_id} ] The entity Ref: com.vmware.vcloud.entity.{kind}:{identifier} is busy completing an "
        f"operation {operation_code(holder.operation_name)}."
    )
    return json_responses.error(400, "BUSY_ENTITY", message)


def operation_code(operation_name: str) -> str:
    """Return the operation code that the error for a busy object contains.

    ``createNatRule`` becomes ``NAT_RULE_CREATE``. Source: protocol/nsxt.md §1.3.
    """
    name = _VERB_FIRST.sub(lambda match: f"{match[2][0].lower()}{match[2][1:]}{match[1].title()}", operation_name)
    return re.sub(r"(?=[A-Z])", "_", name).upper()


def status_of(context: Any, lock: str) -> str:
    """Return the status of an edge gateway or VDC group.

    The status is CONFIGURING while a task runs (inferred). Otherwise, the status is REALIZED.
    """
    return "CONFIGURING" if context.simulator.tasks.open_on(lock) else "REALIZED"
