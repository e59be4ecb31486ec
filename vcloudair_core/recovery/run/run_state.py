"""State of a run: the operations on its VMs, and the steps that are done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import NotFoundError, SpecError
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan, Step
from vcloudair_core.services.dr.model import Reference
from vcloudair_core.services.dr.network_mapping import NetworkMapping
from vcloudair_core.services.dr.operations.operation import Operation

if TYPE_CHECKING:
    from vcloudair_core.services.dr.service import RecoveryService


@dataclass
class RunState:
    """The operations of a run and the state of its steps.

    Operations are in the order of the plan. The sets of finished, open and failed steps contain step keys.
    """

    plan: RecoveryPlan
    operations: tuple[Operation, ...]
    steps_done: set[str] = field(default_factory=set)
    steps_open: set[str] = field(default_factory=set)
    steps_failed: set[str] = field(default_factory=set)

    def of(self, group_name: str) -> list[Operation]:
        """Return the operations of a group."""
        return [operation for operation in self.operations if operation.group_name == group_name]

    def described(self) -> list[dict[str, Any]]:
        """Return the groups in the format of the event ``run_started``."""
        planned = {vm.name: vm for vm in self.plan.vms}
        return [
            {
                "name": group.name,
                "priority": group.priority,
                "depends_on": list(group.depends_on),
                "rto_minutes": group.rto_minutes,
                "vms": [_described(operation, planned[operation.name]) for operation in self.of(group.name)],
            }
            for group in self.plan.groups
        ]


def _described(operation: Operation, vm: PlannedVm) -> dict[str, Any]:
    return {
        "id": operation.reference.id,
        "name": operation.reference.name,
        "href": operation.reference.href,
        **({"vapp_href": operation.reference.vapp_href} if operation.reference.vapp_href else {}),
        "planned": operation.name,
        "depends_on": list(vm.depends_on),
        "rto_minutes": vm.rto_minutes,
        "rpo_minutes": vm.rpo_minutes,
    }


def state_of(plan: RecoveryPlan, action: str, service: RecoveryService) -> RunState:
    """Return the state of a new run, with a replication for each VM of the plan.

    Raises: NotFoundError, which names all VMs that are not replicated; AmbiguousMatchError; SpecError when two names
        refer to the same VM.
    """
    if plan.all_vms:
        references = service.choose(None, action)
        if not references:
            # A user who selects all VMs expects some, so this must not end as a success.
            raise NotFoundError(
                "No VM is replicated into this organization.",
                hint="Check the organization, and that replication is set up.",
            )
        vms = tuple(PlannedVm(reference.name or reference.id) for reference in references)
        plan = replace(plan, groups=(replace(plan.groups[0], vms=vms),))
    else:
        matches = _matched(plan.vms, service.choose_each([vm.name for vm in plan.vms], action))
        placed = [(vm, group.name) for group in plan.groups for vm in group.vms]
        pairs = [(reference, place) for place in placed for reference in matches[place[0].name]]
        return RunState(plan, operations_of(plan, action, pairs))
    placed = [(vm, group.name) for group in plan.groups for vm in group.vms]
    return RunState(plan, operations_of(plan, action, zip(references, placed, strict=True)))


def operations_of(
    plan: RecoveryPlan, action: str, placed: Iterable[tuple[Reference, tuple[PlannedVm, str]]]
) -> tuple[Operation, ...]:
    """Return an operation for each replication.

    Each item of ``placed`` is ``(replication, (VM of the plan, name of its group))``.
    """
    groups = {group.name: group for group in plan.groups}
    operations: dict[str, Operation] = {}
    required: dict[str, tuple[str, ...]] = {}
    for reference, (vm, group_name) in placed:
        required[reference.href] = vm.depends_on
        operations[reference.href] = Operation(
            reference,
            action,
            plan.power_on if vm.power_on is None else vm.power_on,
            plan.vm_timeout if vm.vm_timeout is None else vm.vm_timeout,
            vm.point or plan.point,
            NetworkMapping(vm.networks) if vm.networks else None,
            name=vm.name,
            group_name=group_name,
            on_error=policy_of(plan, groups.get(group_name)),
            retries=vm.retries,
            retry_delay=vm.retry_delay_s,
        )
    by_name: dict[str, list[Operation]] = {}
    for operation in operations.values():
        by_name.setdefault(operation.name, []).append(operation)
    for href, operation in operations.items():
        operation.depends_on = tuple(needed for name in required[href] for needed in by_name[name])
    return tuple(operations.values())


def _matched(vms: Sequence[PlannedVm], matches: Mapping[str, list[Reference]]) -> Mapping[str, list[Reference]]:
    """Return ``matches``, the replications that match each VM name.

    Raises SpecError when two names refer to the same VM.
    """
    names: dict[str, str] = {}
    for vm in vms:
        for reference in matches[vm.name]:
            if reference.href in names:
                raise SpecError("vms", f"{vm.name!r} and {names[reference.href]!r} are the same VM")
            names[reference.href] = vm.name
    return matches


def steps_for(steps: Sequence[Step], action: str) -> list[tuple[int, Step]]:
    """Return ``(position in the list, step)`` for each step that an action runs."""
    return [(position, step) for position, step in enumerate(steps) if action in step.only]


def step_key(group: str, phase: str, position: int) -> str:
    """Return the key of a step within a run."""
    return f"{group or '.'}/{phase}/{position}"


def steps_by_key(plan: RecoveryPlan) -> dict[str, Step]:
    """Return all steps of a plan as ``{step key: step}``."""
    owners = [("", plan.before, plan.after), *((group.name, group.before, group.after) for group in plan.groups)]
    return {
        step_key(name, phase, position): step
        for name, *phases in owners
        for phase, steps in zip(("before", "after"), phases, strict=True)
        for position, step in enumerate(steps)
    }


def policy_of(plan: RecoveryPlan, group: Group | None, step: Step | None = None) -> str:
    """Return the ``on_error`` policy that applies to a step or group."""
    return (step.on_error if step else "") or (group.on_error if group else "") or plan.on_error
