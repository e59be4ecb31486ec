"""Failover scenarios for one or more VMs, and functions that read the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import SimulatedReplication

TASK_S = 60.0

# Outcomes of a VM.
DONE, SILENT, STUCK = "Done!", "says nothing", "never returns"


@dataclass(frozen=True, eq=False)
class Way:
    """A scenario of a failover.

    ``prepare`` changes a new cloud. The checked VM is the last of ``vms``. If ``uuid`` is set, it replaces the ID of
    that VM.
    """

    name: str
    shows: str
    trouble: str = ""
    vms: int = 1
    config: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Simulator], object] = lambda simulator: None
    uuid: str = ""

    def cloud(self, *, has_progress: bool) -> Simulator:
        """Return a new simulator with the scenario.

        With ``has_progress``, the first task document has a ``Progress`` element. In recordings, it has none.
        """
        words: dict[str, Any] = {"queued_progress": "0"} if has_progress else {}
        words |= {"profile": "all", "replications": self.vms, "dr_task_s": TASK_S, **self.config}
        simulator = Simulator(SimulatorConfig(**words))
        judged(simulator).trouble = self.trouble
        self.prepare(simulator)
        return simulator

    def ids(self, simulator: Simulator) -> list[str]:
        """Return the IDs of the replications that the scenario fails over."""
        return [self.uuid] if self.uuid else [one[-36:] for one in simulator.world.replications]


def judged(simulator: Simulator) -> SimulatedReplication:
    """Return the replication of the checked VM."""
    return list(simulator.world.replications.values())[-1]


def is_recovered(simulator: Simulator, replication: SimulatedReplication) -> bool:
    """Return True if the replication is recovered and its VM is powered on."""
    simulator.tasks.settle()
    is_known = replication.replication_id in simulator.world.replications
    vms = [vm for vm in simulator.world.vms.values() if vm.vapp_id == replication.placeholder_vapp_id]
    is_on = any(vm.status == "POWERED_ON" for vm in vms)
    return is_known and replication.recovered_at is not None and is_on


def _fault(kind: str, method: str, path: str, **words: Any) -> Callable[[Simulator], object]:
    return lambda simulator: simulator.faults.add(kind, method=method, path=path, **words)


def _on_poll(kind: str, **words: Any) -> Callable[[Simulator], object]:
    return _fault(kind, "GET", "/api/task", skip=1, **words)


def _on_action(kind: str, **words: Any) -> Callable[[Simulator], object]:
    return _fault(kind, "POST", "/action/failover", **words)


def _expiring(simulator: Simulator) -> None:
    def expire(cloud: Simulator) -> None:
        cloud.sessions.expire_all()

    simulator.faults.add("edit", method="GET", path="/api/task", skip=1, edit=expire)


def _same_names(simulator: Simulator) -> None:
    first, second = simulator.world.replications.values()
    second.name = first.name


def _not_enabled(simulator: Simulator) -> None:
    next(iter(simulator.world.vdcs.values())).is_failover_enabled = False


def _recovered(simulator: Simulator) -> None:
    from vcloudair_core.simulator.replication.replication_states import start

    start(simulator, judged(simulator), "failover")
    simulator.clock.advance(TASK_S)
    simulator.tasks.settle()


def _tested(simulator: Simulator) -> None:
    from vcloudair_core.simulator.replication.replication_states import start

    start(simulator, judged(simulator), "testFailover")
    simulator.clock.advance(TASK_S)
    simulator.tasks.settle()


WAYS = (
    Way("no failure", "the task succeeds, the VM is on"),
    Way("the task fails", "`error`, Progress 1", "error"),
    Way("the task fails at 100 %", "`error`, Progress 100", "error", config={"progress_on_error": 100}),
    Way("the provider aborts the task", "`aborted`", "abort"),
    Way("a user cancels the task", "`canceled`", "cancel"),
    Way("the task hangs", "`running` forever", "hang"),
    Way("100 % before the task ends", "`running`, Progress 100", "progress-100"),
    Way("no progress", "never a Progress", config={"progress_mode": "absent"}),
    Way("progress stays at 0", "`success`, Progress 0", config={"progress_mode": "zero-to-success"}),
    Way("the VM is missing", "`success`, a recovered replication, no VM", "no-vm"),
    Way("the VM stays off", "`success`, a recovered replication, a VM that is off", "off"),
    Way("the task reports a false success", "`success`, an unchanged replication", "lie"),
    Way("a poll returns 503", "one 503, then `success`", prepare=_on_poll("status", status=503)),
    Way("the connection of a poll is reset", "one reset connection, then `success`", prepare=_on_poll("reset")),
    Way("a poll gets no response", "one request without a response, then `success`", prepare=_on_poll("hang")),
    Way("the session ends during the action", "401 to every call, until a new sign-in", prepare=_expiring),
    Way("the task cannot be read anymore", "403 for the task; the replication continues", "vanish"),
    Way("the replication disappears", "`success`, no replication", "gone"),
    Way("two VMs with one name, one fails", "`success` and `error`", "error", 2, prepare=_same_names),
    Way("the task's link is only in Location", "a Task without href", config={"task_links": "location"}),
    Way("the response to the action is lost", "started, no response", prepare=_on_action("reset_after")),
    Way("the action returns an HTML page", "200, not started", prepare=_on_action("html", status=200)),
    Way(
        "too many operations for a moment",
        "400 OPERATION_LIMITS_EXCEEDED, once",
        prepare=_on_action("status", status=400, code="OPERATION_LIMITS_EXCEEDED", message="Too much at once."),
    ),
    Way("the VDC does not allow failovers", "`error` VdcNotEnabledForRecoveryFault", prepare=_not_enabled),
    Way("a test was not cleaned up", "`error` OngoingFailover", prepare=_tested),
    Way("the VM is already failed over", "`error` AlreadyRecovered", prepare=_recovered),
    Way("the VM does not exist", "nothing", uuid="00000000-0000-4000-8000-000000000000"),
)
