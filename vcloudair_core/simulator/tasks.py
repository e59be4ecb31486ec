"""Tasks of a simulated cloud: they end after some looks, some seconds of the virtual clock, or at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.simulator.clock import VirtualClock
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.world import World

if TYPE_CHECKING:
    from vcloudair_core.simulator.task_forms import Form

T = "application/vnd.vmware.vcloud."
OVER = ("success", "error", "canceled", "aborted")
LIFE = dt.timedelta(days=90)
"""How long a task can be looked at. Source: api/tasks.md §2.2."""


@dataclass(frozen=True)
class Owner:
    """What a task works on. ``path`` is below the API's root: ``/api/vApp/vapp-<uuid>``."""

    path: str
    name: str
    media_type: str


@dataclass
class Task:
    """One task. It is over when it was looked at ``polls`` times and ``seconds`` have passed."""

    task_id: str
    org: str
    user: str
    owner: Owner
    operation: str
    operation_name: str
    started: float
    polls: int = 0
    seconds: float = 0.0
    cancelled: float | None = None
    """When somebody cancelled it."""
    looks: int = field(default=0)
    namespace: str = "com.vmware.vcloud"
    end_status: str = "success"
    error: dict[str, Any] = field(default_factory=dict)
    """Attributes of the Error of a task that fails."""
    progress: int | None = None
    """Percent while it runs; by default what ``progress_mode`` says."""
    gone_after_looks: int | None = None
    """It cannot be seen any more once it was looked at so often."""
    on_end: Callable[[str], None] | None = None
    """Called once, with the last status, when the task is over."""

    def status(self, now: float) -> str:
        """One of the words of api/tasks.md §3."""
        if self.cancelled is not None:
            return "canceled"
        if self.looks >= self.polls and now >= self.started + self.seconds:
            return self.end_status
        return "running" if self.looks else "queued"

    def ended(self) -> float:
        """When it was over, of one that is."""
        return self.started + self.seconds if self.cancelled is None else self.cancelled

    def share(self, now: float) -> float:
        """How much of its time is over, from 0 to 1; half where nobody knows how long it takes."""
        if not 0 < self.seconds < float("inf"):
            return 0.5
        return min(1.0, max(0.0, (now - self.started) / self.seconds))


class Tasks:
    """Every task since the last reset; each vApp has one that deployed it."""

    def __init__(self, world: World, clock: VirtualClock, config: SimulatorConfig) -> None:
        self._world, self._clock, self._config = world, clock, config
        self.fail_next: dict[str, str] = {}
        """Codes that the next tasks of an operation name fail with, once each."""
        self._tasks: dict[str, Task] = {}
        self._pending: list[Task] = []
        placeholders = {one.placeholder_vapp_id for one in world.replications.values()}
        for vm in {vm.vapp_id: vm for vm in world.vms.values() if vm.vapp_id not in placeholders}.values():
            owner = Owner(f"/api/vApp/vapp-{vm.vapp_id}", vm.vapp_name, f"{T}vApp+xml")
            operation = f"Started Virtual Application {vm.vapp_name}({vm.vapp_id})"
            self.start(world.vdcs[vm.vdc_id].org, owner, operation, "vappDeploy")

    def start(
        self,
        org: str,
        owner: Owner,
        operation: str,
        operation_name: str,
        *,
        polls: int = 0,
        seconds: float = 0.0,
        **more: Any,
    ) -> Task:
        """A new task of ``org``, in the name of its first user. ``more``: other fields of a Task."""
        task_id = self._world.make_id("task", str(len(self._tasks) + 1))
        user = next((user.name for user in self._world.users if user.org == org), "system")
        now = self._clock.now()
        code = self.fail_next.pop(operation_name, "")
        if code:
            error = {"majorErrorCode": 400, "minorErrorCode": code, "message": "The operation could not be completed."}
            more |= {"end_status": "error", "error": error}
        made = Task(task_id, org, user, owner, operation, operation_name, now, polls=polls, seconds=seconds, **more)
        self._tasks[task_id] = made
        if made.on_end is not None:
            self._pending.append(made)
        return made

    def settle(self) -> None:
        """Let what is over have its effect."""
        for task in list(self._pending):
            status = self.status(task)
            if status in OVER and task.on_end is not None:
                self._pending.remove(task)
                task.on_end(status)

    def find(self, task_id: str, org: str) -> Task | None:
        """A task of that org that is not forgotten yet."""
        found = self._tasks.get(task_id)
        if found is None or found.org != org or self._clock.now() > found.started + LIFE.total_seconds():
            return None
        if found.gone_after_looks is not None and found.looks >= found.gone_after_looks:
            return None
        return found

    def of(self, org: str) -> list[Task]:
        """All tasks of an org, oldest first."""
        return [task for task in self._tasks.values() if self.find(task.task_id, org)]

    def status(self, task: Task) -> str:
        """Its state now."""
        return task.status(self._clock.now())

    def under_way(self, org: str) -> list[Task]:
        """Those that are not over."""
        return [task for task in self.of(org) if self.status(task) not in OVER]

    def cancel(self, task: Task) -> bool:
        """Whether it could be cancelled: only what is not over can. Source: api/tasks.md §3.2."""
        if self.status(task) in OVER:
            return False
        task.cancelled = self._clock.now()
        self.settle()
        return True

    def progress(self, task: Task) -> int | None:
        """Percent, as far as the switches let it be seen."""
        return self.form(task, "").progress()

    def form(self, task: Task, root: str) -> Form:
        """How a task is shown to somebody whose links begin with ``root``."""
        from vcloudair_core.simulator.task_forms import Form

        return Form(self._config, self._world, task, self._clock.now(), root)

    def document(self, task: Task, root: str) -> Any:
        """The Task element, in the form that the switches say."""
        return self.form(task, root).document()
