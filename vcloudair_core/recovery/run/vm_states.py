"""The machines of a run and where each of them stands: from the plan, from what is replicated, and from a journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, NotFoundError, SpecError
from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.journal.event_fields import moment
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan, Step
from vcloudair_core.services.dr.model import UNKNOWN, Reference, Result
from vcloudair_core.services.dr.operations.tracker import OperationRequest
from vcloudair_core.services.dr.store import path_of

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event
    from vcloudair_core.services.dr.service import RecoveryService

WAITING, READY, FLYING, OVER = "waiting", "ready", "flying", "over"


@dataclass
class VmState:
    """One machine of a run. ``attempts``: how often it was begun. ``not_before``: when it may be tried again.

    ``is_asked``: its action may be in progress. ``known_tasks``: paths of the tasks of its attempts. ``start_again``:
    somebody decided that it may be started again.
    """

    machine: PlannedVm
    group: str
    reference: Reference
    state: str = WAITING
    attempts: int = 0
    not_before: float = 0.0
    needs_cleanup: bool = False
    result: Result | None = None
    is_asked: bool = False
    known_tasks: set[str] = field(default_factory=set)
    start_again: bool = False
    begun: OperationRequest | None = None
    """Set when a process that died may have begun it."""

    @property
    def is_fine(self) -> bool:
        return self.result is not None and self.result.verdict in ("done", "already", "would")

    @property
    def is_bad(self) -> bool:
        return self.state == OVER and not self.is_fine


@dataclass
class VmStates:
    """The machines of a run in the order of the plan, and the steps that are done or were being done."""

    plan: RecoveryPlan
    entries: dict[str, VmState]
    """By link, which is what machines are known by from here on."""

    steps_done: set[str] = field(default_factory=set)
    steps_open: set[str] = field(default_factory=set)
    steps_failed: set[str] = field(default_factory=set)

    def of(self, group: str) -> list[VmState]:
        """The machines of a group."""
        return [one for one in self.entries.values() if one.group == group]

    def named(self, name: str) -> VmState:
        """The machine that the plan calls so."""
        return next(one for one in self.entries.values() if one.machine.name == name)

    def described(self) -> list[dict[str, Any]]:
        """The groups, as in the event ``run_started``."""
        return [
            {
                "name": group.name,
                "priority": group.priority,
                "depends_on": list(group.depends_on),
                "rto_minutes": group.rto_minutes,
                "machines": [_described(one) for one in self.of(group.name)],
            }
            for group in self.plan.groups
        ]


def _described(entry: VmState) -> dict[str, Any]:
    machine = entry.machine
    return {
        "id": entry.reference.id,
        "name": entry.reference.name,
        "href": entry.reference.href,
        "depends_on": list(machine.depends_on),
        "rto_minutes": machine.rto_minutes,
        "rpo_minutes": machine.rpo_minutes,
    }


def roster_of(plan: RecoveryPlan, service: RecoveryService) -> VmStates:
    """The machines of a plan as they are replicated now, all of them found before anything starts.

    Raises: NotFoundError naming all that are not there, AmbiguousMatchError, SpecError when two are one machine.
    """
    if plan.every_machine:
        found = service.choose(None)
        if not found:
            # Nothing to do is not a success here: whoever asks for everything does not expect nothing.
            raise NotFoundError(
                "Nothing is replicated into this organization.",
                hint="Ask whether this is the organisation that is meant, and whether replication is set up.",
            )
        group = replace(plan.groups[0], machines=tuple(PlannedVm(one.name or one.id) for one in found))
        return VmStates(
            replace(plan, groups=(group,)),
            {one.href: VmState(m, group.name, one) for m, one in zip(group.machines, found, strict=True)},
        )
    named = [(group.name, machine) for group in plan.groups for machine in group.machines]
    found = service.choose([machine.name for _, machine in named])
    return VmStates(plan, _matched(named, found))


def _matched(named: Sequence[tuple[str, PlannedVm]], found: Iterable[Reference]) -> dict[str, VmState]:
    known = list(found)
    entries: dict[str, VmState] = {}
    for group, machine in named:
        one = next(ref for ref in known if machine.name in (ref.name, ref.href) or ref.id == machine.name.casefold())
        if one.href in entries:
            other = entries[one.href].machine.name
            raise SpecError("machines", f"{machine.name!r} and {other!r} are the same machine")
        entries[one.href] = VmState(machine, group, one)
    return entries


def roster_of_events(plan: RecoveryPlan, happened: Sequence[Event]) -> VmStates:
    """Where a run stood that stopped or died. Machines are those that it began with.

    Raises ConfigurationError when the journal lacks what it takes to tell: nothing is begun on a guess.
    """
    try:
        return _roster_of_events(plan, happened)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise ConfigurationError(
            f"The journal of the run is damaged, or of another version ({type(exc).__name__}: {exc}).",
            hint="It cannot be gone on with. `vca dr report` shows what it says; start a new run.",
        ) from exc


def _roster_of_events(plan: RecoveryPlan, happened: Sequence[Event]) -> VmStates:
    entries: dict[str, VmState] = {}
    by_id: dict[str, VmState] = {}
    machines = {machine.name: machine for machine in plan.machines}
    for group in happened[0]["groups"]:
        for told in group["machines"]:
            reference = Reference(told["href"], told["name"])
            machine = machines.get(told["name"]) or machines.get(told["id"]) or PlannedVm(told["name"])
            by_id[told["id"]] = entries[reference.href] = VmState(machine, group["name"], reference)
    roster = VmStates(plan, entries)
    for event in happened:
        _take_in(roster, by_id, event)
    for entry in entries.values():
        # What was left out because of another machine may go on when that one's outcome is known.
        if entry.result is not None and entry.result.verdict == "skipped":
            entry.state, entry.result = WAITING, None
    return roster


def _take_in(roster: VmStates, by_id: Mapping[str, VmState], event: Event) -> None:
    name = event["event"]
    if name in (events.STEP_STARTED, events.STEP_FINISHED) and event.get("key"):
        _take_in_step(roster, event)
    entry = by_id.get(str(event.get("id", "")))
    if entry is None:
        return
    if name == events.MACHINE_STARTING:
        entry.attempts = int(event["attempt"])
        entry.begun, entry.state, entry.result = _begun(entry, event), WAITING, None
    elif name == events.MACHINE_STARTED and entry.begun is not None:
        href = str(event.get("task") or "")
        entry.begun = replace(entry.begun, task_href=href or entry.begun.task_href)
        entry.known_tasks |= {path_of(href)} if href else set()
    elif name == events.MACHINE_NOT_STARTED:
        entry.begun, entry.attempts = None, entry.attempts - bool(event.get("is_repeated"))
    elif name == events.MACHINE_FINISHED and event["verdict"] == UNKNOWN:
        entry.state, entry.result = WAITING, None  # what it was begun with is looked for again
    elif name == events.MACHINE_FINISHED:
        entry.begun = None
        if event.get("is_final", True):
            entry.state = OVER
            entry.result = Result(
                entry.reference.id, entry.reference.name, "", str(event["verdict"]), str(event.get("reason", ""))
            )
        else:
            entry.needs_cleanup = bool(event.get("needs_cleanup"))


def _begun(entry: VmState, event: Event) -> OperationRequest:
    """The job of an action that may have been started. The time of the event stands for one that is not in it."""
    before, at = event.get("machines_before"), moment(event)
    intent_at = float(event.get("intent_at") or 0.0)
    return OperationRequest(
        entry.reference,
        was_begun=True,
        machines_before=None if before is None else frozenset(before),
        intent_at=intent_at or (at.timestamp() if at is not None else 0.0),
        is_server_time=bool(intent_at and event.get("is_server_time")),
        known_tasks=frozenset(entry.known_tasks),
        state_before=event.get("state"),
    )


def _take_in_step(roster: VmStates, event: Event) -> None:
    key = str(event["key"])
    for known in (roster.steps_open, roster.steps_done, roster.steps_failed):
        known.discard(key)
    if event["event"] == events.STEP_STARTED:
        roster.steps_open.add(key)
    elif event["verdict"] == "done":
        roster.steps_done.add(key)
    else:
        roster.steps_failed.add(key)


def steps_for(steps: Sequence[Step], action: str) -> list[tuple[int, Step]]:
    """Those that are part of an action, with their places in the plan."""
    return [(place, step) for place, step in enumerate(steps) if action in step.only]


def step_key(group: str, phase: str, place: int) -> str:
    """What a step is known by within a run."""
    return f"{group or '.'}/{phase}/{place}"


def steps_by_key(plan: RecoveryPlan) -> dict[str, Step]:
    """Every step of a plan."""
    around = [("", plan.before, plan.after), *((one.name, one.before, one.after) for one in plan.groups)]
    return {
        step_key(name, phase, place): step
        for name, *parts in around
        for phase, steps in zip(("before", "after"), parts, strict=True)
        for place, step in enumerate(steps)
    }


def policy_of(plan: RecoveryPlan, group: Group | None, step: Step | None = None) -> str:
    """What happens after a failure: as the step says, else its group, else the plan."""
    return (step.on_failure if step else "") or (group.on_failure if group else "") or plan.on_failure
