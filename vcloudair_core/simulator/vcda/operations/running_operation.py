"""Start operations on replications, and apply their results when their tasks end.

Source: protocol/vcda.md §4.3, §5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.vcda.entities import (
    COMPLETE,
    FAILED,
    IN_PROGRESS,
    NOT_STARTED,
    RUNNING,
    SUCCEEDED,
    TEST,
    ReplicationEnd,
    SimulatedVappReplication,
    SimulatedVcdaTask,
    SimulatedVmReplication,
)
from vcloudair_core.simulator.vcda.operations import operation_states as states
from vcloudair_core.simulator.vcda.operations.operation_states import VcdaOperation, state_error
from vcloudair_core.simulator.vcda.operations.recovered_vms import discard, read_source, recover
from vcloudair_core.simulator.vcda.operations.request_bodies import OperationParameters
from vcloudair_core.simulator.vcda.replications.instances import add_instance
from vcloudair_core.simulator.vcda.replications.replication_documents import (
    current_document,
    destination_document,
    vapp_document,
    vms_of,
)
from vcloudair_core.simulator.vcda.vcda_responses import error_document


class OperationError(Exception):
    """An error that makes a running operation fail."""


@dataclass
class RunningOperation:
    """An operation in progress on one VM or on all VMs of a vApp.

    ``previous`` maps the IDs of VM replications to their recovery states before the operation.
    """

    context: Any
    operation: VcdaOperation
    vapp: SimulatedVappReplication
    vms: list[SimulatedVmReplication]
    is_vapp: bool
    parameters: OperationParameters
    trouble: str = ""
    code: str = ""
    """Code with which the task fails, or an empty string."""
    previous: dict[str, str] = field(default_factory=dict)

    def start(self) -> SimulatedVcdaTask:
        """Start the operation, and return its task.

        The option ``vcda_start_delay_s`` delays the change of the replication, but not the task.
        """
        context, config, now = self.context, self.context.config, self.context.simulator.clock.now()
        self.trouble = next((vm.trouble for vm in self.vms if vm.trouble), "")
        self.code = context.simulator.tasks.fail_next.pop(self.operation.workflow, "")
        delay = config.vcda_start_delay_s
        # Clients must see an operation before they see its result.
        task = self.task(max(delay + config.vcda_task_s, config.vcda_visible_after_s))
        task.visible_from = now + config.vcda_visible_after_s
        task.progress = 100 if self.trouble == "progress-100" else None
        task.running_word = "QUEUED" if self.trouble == "queued" else RUNNING
        task.gone_after_polls = 1 if self.trouble == "vanish" else config.vcda_task_gone_after or None
        for vm in self.vms:
            vm.trouble = ""
            if config.vcda_visible_after_s:
                vm.hidden_document, vm.hidden_until = current_document(context, vm), task.visible_from
        if delay:
            context.simulator.tasks.call_later(delay, lambda: self._begin_late(task))
        else:
            self._begin(task)
        return task

    def _begin(self, task: SimulatedVcdaTask) -> None:
        """Set the state of the replications in progress, and schedule the end."""
        context, now = self.context, self.context.simulator.clock.now()
        for vm in self.vms:
            self.previous[vm.replication_id] = vm.recovery_state
            vm.task_id, vm.last_error, vm.changed = task.task_id, None, now
            if self.operation.shows_progress:
                vm.recovery_state = IN_PROGRESS
            if self.operation is states.MIGRATE and vm.vm_id in context.world.vms:
                context.world.vms[vm.vm_id].status = "POWERED_OFF"
        if self.trouble != "hang":
            context.simulator.tasks.call_later(task.started + task.seconds - now, lambda: self._end(task))

    def _begin_late(self, task: SimulatedVcdaTask) -> None:
        """Begin the operation after its delay.

        The task fails if the state no longer allows the operation, because another operation began earlier.
        """
        config, known = self.context.config, self.context.world.vm_replications
        reasons = [state_error(config, vm, self.operation) for vm in self.vms]
        reasons += [
            f"The replication of '{vm.vm_name}' does not exist." for vm in self.vms if vm.replication_id not in known
        ]
        reason = next(filter(None, reasons), "")
        if not reason:
            self._begin(task)
            return
        task.state, task.ended = FAILED, self.context.simulator.clock.now()
        task.error = error_document("BadRequest", reason)

    def fail_at_once(self, reason: str) -> SimulatedVcdaTask:
        """Return a task that has already failed. The replication does not change."""
        task = self.task(0.0)
        task.state, task.ended = FAILED, task.started
        task.error = error_document("BadRequest", reason)
        return task

    def task(self, seconds: float) -> SimulatedVcdaTask:
        """Add a task of this operation to the inventory, and return it.

        ``seconds`` is the duration of the task.
        """
        context, world, first = self.context, self.context.world, self.vms[0]
        task_id = world.make_id("vcda-task", str(len(world.vcda_tasks) + 1))
        both = self.operation.is_at_both_sites or context.config.vcda_wrong_site == "forward"
        task = SimulatedVcdaTask(
            task_id,
            context.session.user,
            context.session.sites[context.endpoint.site],
            context.site if both else first.destination.site,
            self.operation.workflow,
            "vappReplication" if self.is_vapp else "vmReplication",
            self.vapp.replication_id if self.is_vapp else first.replication_id,
            self.vapp.name if self.is_vapp else first.vm_name,
            first.source.org,
            first.destination.org,
            context.simulator.clock.now(),
            seconds,
            context.request.headers.get("operationID", ""),
        )
        world.vcda_tasks[task_id] = task
        return task

    def _end(self, task: SimulatedVcdaTask) -> None:
        """Apply the result of the operation when its task ends."""
        context, task.ended = self.context, task.started + task.seconds
        error = error_document(self.code or "GeneralServerFailure", "The operation failed.")
        reason = self._failure() if not (self.code or self.trouble == "error") else error
        for vm in self.vms:
            vm.lagging_document = current_document(context, vm)
            vm.lagging_reads = context.config.vcda_state_lags
            vm.task_id, vm.changed = "", task.ended
        if reason is None:
            try:
                self._apply_all()
            except OperationError as exc:
                reason = error_document("GeneralServerFailure", str(exc))
        if reason is not None:
            self._restore(reason)
            task.state, task.error = FAILED, reason
            return
        task.state = SUCCEEDED
        task.warnings = [error_document("Warning", "A simulated warning.")] if self.trouble == "warning" else []
        task.result = self._result()

    def _failure(self) -> dict[str, Any] | None:
        """Return the error if the operation needs a source that is down, or None."""
        endpoint = self.context.endpoint
        needs_source = self.operation.needs_source or self.parameters.is_synchronized
        is_down = any(vm.is_peer_down or endpoint.is_down(vm.source.site) for vm in self.vms)
        if not (needs_source and is_down):
            return None
        return error_document(self.context.config.vcda_peer_error, "The source site cannot be reached.")

    def _restore(self, reason: dict[str, Any]) -> None:
        for vm in self.vms:
            vm.recovery_state, vm.last_error = self.previous[vm.replication_id], reason

    def _apply_all(self) -> None:
        if self.trouble == "lie":
            for vm in self.vms:
                vm.recovery_state = self.previous[vm.replication_id]
            return
        for vm in self.vms:
            _APPLY[self.operation.workflow](self, vm)
            if self.trouble == "gone":
                self._remove(vm)

    def _result(self) -> dict[str, Any] | None:
        world = self.context.world
        if not self.is_vapp:
            return destination_document(world, self.vms[0])
        return vapp_document(self.context, self.vapp) if vms_of(world, self.vapp) else None

    # -- results of each workflow --------------------------------------------------------------------------------

    def _test(self, vm: SimulatedVmReplication) -> None:
        if self.parameters.is_synchronized:
            self._sync(vm)
        self._recover(vm, is_test=True)
        vm.recovery_state = TEST

    def _clean_up(self, vm: SimulatedVmReplication) -> None:
        discard(self.context.world, vm)
        vm.recovery_state, vm.recovered_instance = NOT_STARTED, ""

    def _fail_over(self, vm: SimulatedVmReplication) -> None:
        self._recover(vm, is_test=False)
        vm.recovery_state = COMPLETE

    def _migrate(self, vm: SimulatedVmReplication) -> None:
        if self.previous[vm.replication_id] == TEST:
            discard(self.context.world, vm)
        self._sync(vm)
        self._fail_over(vm)

    def _reverse(self, vm: SimulatedVmReplication) -> None:
        """Swap the source and the destination of a replication.

        The old source VM is removed, because its disks become the new replica (inferred).
        """
        world, now = self.context.world, self.context.simulator.clock.now()
        recovered = world.vms.get(vm.recovered_vm_id)
        if recovered is None:
            raise OperationError(f"The recovered VM of '{vm.vm_name}' does not exist.")
        world.remove_recovered(vm.vm_id)
        old, new = vm.source, vm.destination
        self.vapp.recovered_vapps[f"failover@{old.site}"] = old.vapp_id
        vm.source = ReplicationEnd(new.site, new.org, new.vdc_id, vm.recovered_vapp_id, old.vapp_name)
        vm.destination = ReplicationEnd(old.site, old.org, old.vdc_id)
        vm.vm_id, vm.recovered_vm_id, vm.recovered_vapp_id = vm.recovered_vm_id, "", ""
        vm.is_reversed, vm.recovery_state, vm.recovered_instance = not vm.is_reversed, NOT_STARTED, ""
        vm.network_settings, self.vapp.network_settings = {}, {}
        read_source(world, vm)
        vm.instances.clear()
        add_instance(world, vm, now)

    def _sync(self, vm: SimulatedVmReplication) -> None:
        if not read_source(self.context.world, vm):
            raise OperationError(f"The source VM of '{vm.vm_name}' does not exist.")
        vm.lag_minutes = None
        add_instance(self.context.world, vm, self.context.simulator.clock.now())

    def _pause(self, vm: SimulatedVmReplication) -> None:
        vm.is_paused = True

    def _resume(self, vm: SimulatedVmReplication) -> None:
        vm.is_paused = False

    def _change_settings(self, vm: SimulatedVmReplication) -> None:
        settings = self.parameters.settings
        vm.description = settings.get("description", vm.description)
        vm.rpo_minutes = settings.get("rpo", vm.rpo_minutes)
        vm.connection_type = settings.get("dataConnectionType", vm.connection_type)
        vm.is_quiesced = settings.get("quiesced", vm.is_quiesced)
        vm.retention = (settings.get("retentionPolicy") or {}).get("rules") or vm.retention

    def _remove(self, vm: SimulatedVmReplication) -> None:
        """Remove a replication, but keep the recovered VM."""
        world = self.context.world
        world.vm_replications.pop(vm.replication_id, None)
        if not vms_of(world, self.vapp):
            world.vapp_replications.pop(self.vapp.replication_id, None)

    def _recover(self, vm: SimulatedVmReplication, *, is_test: bool) -> None:
        key = self.parameters.instances.get(vm.replication_id)
        vm.recovered_instance = key or (vm.instances[0].key if vm.instances else "")
        if self.trouble == "no-vm":
            return
        power_on = self.parameters.power_on and self.trouble != "off"
        nics = self.parameters.nics[vm.replication_id]
        recover(self.context.simulator, self.vapp, vm, nics, is_test=is_test, power_on=power_on)


_APPLY: dict[str, Callable[[RunningOperation, SimulatedVmReplication], None]] = {
    "failoverTest": RunningOperation._test,
    "failoverTestCleanup": RunningOperation._clean_up,
    "failover": RunningOperation._fail_over,
    "migrate": RunningOperation._migrate,
    "reverse": RunningOperation._reverse,
    "sync": RunningOperation._sync,
    "pause": RunningOperation._pause,
    "resume": RunningOperation._resume,
    "settings": RunningOperation._change_settings,
    "delete": RunningOperation._remove,
}
