"""Start tasks that write to VMs and vApps.

While a task is running, its VM or vApp is busy and rejects other writes.

Source: protocol/tasks.md §5, protocol/vm-writes.md §1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see
from vcloudair_core.simulator.json_documents.json_reader import to_xml
from vcloudair_core.simulator.json_documents.negotiation import is_json_body
from vcloudair_core.simulator.state.entities import VApp, Vm
from vcloudair_core.simulator.state.simulated_tasks import Owner, SimulatedTask, T
from vcloudair_core.transport.messages import Response


@dataclass(frozen=True)
class WriteTarget:
    """The VM or vApp that a write changes, and the VMs that the write affects."""

    entity: Vm | VApp
    vms: Sequence[Vm]
    owner: Owner
    urn_kind: str
    identifier: str


def target_of(world: Any, entity: Vm | VApp) -> WriteTarget:
    """Return the write target for a VM or vApp."""
    if isinstance(entity, Vm):
        owner = Owner(f"/api/vApp/vm-{entity.vm_id}", entity.name, f"{T}vm+xml")
        return WriteTarget(entity, [entity], owner, "vm", entity.vm_id)
    owner = Owner(f"/api/vApp/vapp-{entity.vapp_id}", entity.name, f"{T}vApp+xml")
    return WriteTarget(entity, world.vms_of_vapp(entity.vapp_id), owner, "vapp", entity.vapp_id)


def find_target(context: Any) -> WriteTarget | None:
    """Return the VM or vApp in the path if the user can see it, or None."""
    kind, _, identifier = context.path_params["entity_id"].partition("-")
    shelves = {"vm": context.world.vms, "vapp": context.world.vapps}
    entity = shelves.get(kind, {}).get(identifier)
    if entity is None or not can_see(context, entity):
        return None
    return target_of(context.world, entity)


def no_target(context: Any) -> Response:
    """Return the error for a VM or vApp that is unknown or belongs to another org."""
    kind, _, identifier = context.path_params["entity_id"].partition("-")
    return responses.no_access("vm" if kind == "vm" else "vapp", identifier, context.version)


def start_write(
    context: Any, target: WriteTarget, operation: str, operation_name: str, apply: Callable[[], None]
) -> Response:
    """Start a task on a VM or vApp, and return 202 with the task.

    ``apply`` is called when the task succeeds, to change the state. Return 400 if the VM or vApp is busy, or if too
    many tasks are running.
    """
    holder = _holder(context, target)
    busy = next((vm for vm in target.vms if vm.is_busy), None)
    if holder is not None or busy is not None:
        return _busy(context, target, holder)
    for vm in target.vms:
        vm.is_busy = True

    def finish() -> None:
        for vm in target.vms:
            vm.is_busy = False

    text = f"{operation} Virtual {'Machine' if target.urn_kind == 'vm' else 'Application'}"
    text = f"{text} {target.entity.name}({target.identifier})"
    response = start_task(context, target.owner, text, operation_name, apply, finish)
    if response.status != 202:
        finish()
    return response


def start_task(
    context: Any,
    owner: Owner,
    operation: str,
    operation_name: str,
    apply: Callable[[], None],
    finish: Callable[[], None] = lambda: None,
) -> Response:
    """Start a task on any object, and return 202 with the task.

    ``apply`` is called when the task succeeds. ``finish`` is called when the task ends with any status. Return 400 if
    too many tasks are running.
    """
    error = limit_error(context)
    if error is not None:
        return error

    def end(status: str) -> None:
        finish()
        if status == "success":
            apply()

    tasks, config = context.simulator.tasks, context.simulator.config
    task = tasks.start(
        context.user.org,
        owner,
        operation,
        operation_name,
        user=context.user.user,
        seconds=config.vm_task_s,
        on_end=end,
    )
    form = tasks.form(task, context.root)
    document = form.document(is_first=True)
    return responses.entity(document, f"{T}task+xml", context.version, status=202, headers=form.headers())


def limit_error(context: Any) -> Response | None:
    """Return an error if too many tasks are running, or None.

    Source: protocol/tasks.md §4.3.
    """
    limit = context.simulator.config.limit_per_user
    if not limit or len(context.simulator.tasks.running_tasks(context.user.org)) < limit:
        return None
    message = (
        f"The maximum number of simultaneous operations for user {context.user.user} on organization "
        f"{context.user.org} has been reached."
    )
    return responses.error(400, "OPERATION_LIMITS_EXCEEDED", message, context.version)


def _holder(context: Any, target: WriteTarget) -> SimulatedTask | None:
    """Return the running task that makes a VM or vApp busy, or None.

    A task of a vApp also makes its VMs busy.
    """
    paths = [target.owner.path]
    if isinstance(target.entity, Vm):
        paths.append(f"/api/vApp/vapp-{target.entity.vapp_id}")
    tasks = (context.simulator.tasks.open_on(path) for path in paths)
    return next((task for task in tasks if task is not None), None)


def _busy(context: Any, target: WriteTarget, holder: SimulatedTask | None) -> Response:
    name = re.sub(r"(?=[A-Z])", "_", holder.operation_name).upper() if holder else "VAPP_UPDATE_VM"
    lock = f" {name}(com.vmware.vcloud.entity.task:{holder.task_id})" if holder else ""
    reference = f"com.vmware.vcloud.entity.{target.urn_kind}:{target.identifier}"
    message = f"The entity Ref: {reference} is busy completing an operation {name}.{lock}"
    return responses.error(400, "BUSY_ENTITY", message, context.version)


class BadBodyError(Exception):
    """An invalid request body. The exception text is the error message."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status, self.code = status, code


def bad_body(context: Any, exc: BadBodyError) -> Response:
    """Return the error response for an invalid request body."""
    return responses.error(exc.status, exc.code, str(exc), context.version)


def read_body(context: Any, root_name: str, media_type: str, *, is_required: bool = True) -> Any:
    """Return the root element of the request body. A JSON body is converted to XML.

    Return None if the body is empty and ``is_required`` is false. Raises BadBodyError for an invalid body, a wrong root
    element or a wrong Content-Type (415).
    """
    body = context.request.body
    if not body.strip() and not is_required:
        return None
    if is_json_body(context.request, media_type, context.version):
        try:
            return to_xml(body, f"vcloud:{root_name}")
        except ValueError as exc:
            raise BadBodyError(f"Bad request: {exc}") from exc
    sent = context.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if sent and sent not in (media_type.lower(), "application/xml", "text/xml", "application/*+xml"):
        raise BadBodyError(f"Unsupported media type: {sent}", 415, "UNSUPPORTED_MEDIA_TYPE")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise BadBodyError(f"Bad request: {exc}") from exc
    if etree.QName(root).localname != root_name:
        raise BadBodyError(f"Bad request: {etree.QName(root).localname} was sent instead of {root_name}.")
    return root


def child_text(root: Any, name: str) -> str | None:
    """Return the text of the child element whose local name is ``name``, or None."""
    for child in root:
        if etree.QName(child).localname == name:
            return (child.text or "").strip()
    return None
