"""Rebuild the state of an interrupted run from its journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.journal.event_fields import moment
from vcloudair_core.recovery.plan.model import PlannedVm, RecoveryPlan
from vcloudair_core.recovery.run.run_state import RunState, operations_of
from vcloudair_core.services.dr.model import UNKNOWN, Reference, Result
from vcloudair_core.services.dr.operations.operation import OVER, WAITING, Operation
from vcloudair_core.services.dr.wire_values import path_of

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event


def resumed_state(plan: RecoveryPlan, run_events: Sequence[Event]) -> RunState:
    """Return the operations and steps of an interrupted run.

    The VMs are the same as at the start of the run.

    Raises ConfigurationError when the journal is damaged, because an action could be started twice.
    """
    try:
        return _resumed_state(plan, run_events)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise ConfigurationError(
            "Resuming the run failed. The journal is damaged or was written by another version "
            f"({type(exc).__name__}: {exc}).",
            hint="Check the progress of the run with `vca dr report`, then start a new run.",
        ) from exc


def _resumed_state(plan: RecoveryPlan, run_events: Sequence[Event]) -> RunState:
    planned = {vm.name: vm for vm in plan.vms}
    placed = []
    for group in run_events[0]["groups"]:
        for vm in group["vms"]:
            planned_vm = (
                planned.get(vm.get("planned", ""))
                or planned.get(vm["name"])
                or planned.get(vm["id"])
                or PlannedVm(vm["name"])
            )
            reference = Reference(vm["href"], vm["name"], str(vm.get("vapp_href") or ""))
            placed.append((reference, (planned_vm, group["name"])))
    state = RunState(plan, operations_of(plan, run_events[0]["action"], placed))
    by_id = {operation.reference.id: operation for operation in state.operations}
    for event in run_events:
        _apply(state, by_id, event)
    _note_starts_together(by_id, run_events)
    for operation in state.operations:
        # A VM that was skipped because another VM failed can start if the other VM succeeds later.
        if operation.verdict == "skipped":
            _wait(operation)
    return state


def _apply(state: RunState, by_id: Mapping[str, Operation], event: Event) -> None:
    """Update the state with an event."""
    name = event["event"]
    if name in (events.STEP_STARTED, events.STEP_FINISHED) and event.get("key"):
        _apply_step(state, event)
    operation = by_id.get(str(event.get("id", "")))
    if operation is None:
        return
    if name == events.VM_STARTING:
        operation.attempts = int(event["attempt"])
        _wait(operation)
        _note_start(operation, event)
    elif name == events.VM_STARTED and operation.may_have_started:
        href = str(event.get("task") or "")
        operation.task_href = href or operation.task_href
        operation.known_tasks |= {path_of(href)} if href else set()
    elif name == events.VM_NOT_STARTED:
        operation.may_have_started, operation.attempts = False, operation.attempts - bool(event.get("is_repeated"))
    elif name == events.VM_FINISHED and event["verdict"] == UNKNOWN:
        _wait(operation)  # its task is searched for again
    elif name == events.VM_FINISHED:
        operation.may_have_started = False
        if event.get("is_final", True):
            _end(operation, event)
        else:
            operation.attempts = operation.attempts_ended = int(event.get("attempt") or operation.attempts)
            operation.needs_cleanup = bool(event.get("needs_cleanup"))


def _wait(operation: Operation) -> None:
    reference = operation.reference
    operation.state, operation.result = WAITING, Result(reference.id, reference.name, operation.action)


def _end(operation: Operation, event: Event) -> None:
    operation.state = OVER
    reference = operation.reference
    operation.result = Result(
        reference.id, reference.name, operation.action, str(event["verdict"]), str(event.get("reason", ""))
    )


def _note_start(operation: Operation, event: Event) -> None:
    """Record an action that may have been started.

    If the event has no field ``intent_at``, the time of the event is used.
    """
    before, at = event.get("vms_before"), moment(event)
    intent_at = float(event.get("intent_at") or 0.0)
    operation.may_have_started, operation.task_href = True, ""
    operation.vms_before = None if before is None else frozenset(before)
    operation.intent_at = intent_at or (at.timestamp() if at is not None else 0.0)
    operation.is_server_time = bool(intent_at and event.get("is_server_time"))
    operation.state_before = event.get("state")
    operation.operation_id = str(event.get("operation_id") or "")


def _note_starts_together(by_id: Mapping[str, Operation], run_events: Sequence[Event]) -> None:
    """Record the start of the VMs of a vApp whose own events are missing.

    One request starts all VMs of the vApp. If the process died between their events, it is not known which VMs the
    server has started, so all of them are in doubt.
    """
    starts = [event for event in run_events if event["event"] == events.VM_STARTING]
    known = {(str(event["id"]), str(event.get("operation_id") or "")) for event in starts}
    for event in starts:
        identifier = str(event.get("operation_id") or "")
        first = by_id.get(str(event["id"]))
        if first is None or not first.may_have_started or first.operation_id != identifier:
            continue
        for vm in map(str, event.get("together") or ()):
            if vm in by_id and (vm, identifier) not in known:
                known.add((vm, identifier))
                _wait(by_id[vm])
                _note_start(by_id[vm], {**event, "state": None, "vms_before": None})


def _apply_step(state: RunState, event: Event) -> None:
    key = str(event["key"])
    for keys in (state.steps_open, state.steps_done, state.steps_failed):
        keys.discard(key)
    if event["event"] == events.STEP_STARTED:
        state.steps_open.add(key)
    elif event["verdict"] == "succeeded":
        state.steps_done.add(key)
    else:
        state.steps_failed.add(key)
