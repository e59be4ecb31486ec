"""Routes that change names and descriptions of VMs and vApps.

Source: protocol/vm-writes.md §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.writes.entity_tasks import (
    BadBodyError,
    WriteTarget,
    bad_body,
    child_text,
    find_target,
    no_target,
    read_body,
    start_write,
)
from vcloudair_core.transport.messages import Response

MAX_NAME_LENGTH = 128


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the route that changes names and descriptions of VMs and vApps."""
    path = f"{prefix}/api/vApp/{{entity_id}}"
    return SimulatorRoutes(
        f"updates{prefix}",
        "Names and descriptions of VMs and vApps",
        (SimulatorRoute("PUT", path, update),),
        versions="all",
    )


def update(context: Any) -> Response:
    """Change the name and description of a VM or vApp.

    The sections of the document are ignored, because each section has its own URL.
    """
    target = find_target(context)
    if target is None:
        return no_target(context)
    is_vm = isinstance(target.entity, Vm)
    try:
        root = read_body(context, "Vm" if is_vm else "VApp", target.owner.media_type)
        name = _checked_name(context, target, root.get("name", target.entity.name))
    except BadBodyError as exc:
        return bad_body(context, exc)
    description = child_text(root, "Description")

    def apply() -> None:
        target.entity.name = name
        if description is not None:
            target.entity.description = description

    return start_write(context, target, "Updating", "vappUpdateVm" if is_vm else "vdcUpdateVapp", apply)


def _checked_name(context: Any, target: WriteTarget, name: str) -> str:
    """Return the new name of a VM or vApp.

    Raises BadBodyError if the name is invalid or already in use.
    """
    if not name or len(name) > MAX_NAME_LENGTH:
        raise BadBodyError(f"validation error on field 'name': must have 1 to {MAX_NAME_LENGTH} characters")
    world, entity = context.world, target.entity
    if isinstance(entity, Vm):
        siblings = world.vms_of_vapp(entity.vapp_id)
        message, code = f'There is already a VM named "{name}".', "BAD_REQUEST"
    else:
        siblings = world.in_vdc(entity.vdc_id, world.vapps)
        message, code = f"The VCD entity {name} already exists.", "DUPLICATE_NAME"
    if any(sibling.name == name and sibling is not entity for sibling in siblings):
        raise BadBodyError(message, 400, code)
    return name
