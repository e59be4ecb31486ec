"""Tasks of a simulated cloud: they end after some looks, some seconds of the virtual clock, or at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.clock import VirtualClock, stamp_of
from vcloudair_core.simulator.world import World
from vcloudair_core.simulator.xmlbuild import element

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
    is_cancelled: bool = False
    looks: int = field(default=0)
    namespace: str = "com.vmware.vcloud"
    end_status: str = "success"
    error: dict[str, Any] = field(default_factory=dict)
    """Attributes of the Error of a task that fails."""
    progress: int | None = None
    """Percent while it runs; by default 50."""
    gone_after_looks: int | None = None
    """It cannot be seen any more once it was looked at so often."""
    on_end: Callable[[str], None] | None = None
    """Called once, with the last status, when the task is over."""

    def status(self, now: float) -> str:
        """One of the words of api/tasks.md §3."""
        if self.is_cancelled:
            return "canceled"
        if self.looks >= self.polls and now >= self.started + self.seconds:
            return self.end_status
        return "running" if self.looks else "queued"


class Tasks:
    """Every task since the last reset; each vApp has one that deployed it."""

    def __init__(self, world: World, clock: VirtualClock) -> None:
        self._world, self._clock = world, clock
        self._tasks: dict[str, Task] = {}
        self._pending: list[Task] = []
        for vm in {vm.vapp_id: vm for vm in world.vms.values()}.values():
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

    def document(self, task: Task, root: str) -> Any:
        """The Task element. A queued one has neither Owner nor Progress nor Link. Source: api/tasks.md §2.1, §2.2."""
        status = self.status(task)
        href = f"{root}/api/task/{task.task_id}"
        is_over = status in OVER
        attributes = {
            "name": "task",
            "id": f"urn:vcloud:task:{task.task_id}",
            "status": status,
            "cancelRequested": task.is_cancelled,
            "operation": task.operation,
            "operationName": task.operation_name,
            "serviceNamespace": task.namespace,
            "startTime": stamp_of(task.started),
            "endTime": stamp_of(task.started + (0 if task.is_cancelled else task.seconds)) if is_over else None,
            "expiryTime": stamp_of(task.started + LIFE.total_seconds()),
            "href": href,
            "type": f"{T}task+xml",
        }
        is_known = status != "queued"
        owner = {"href": root + task.owner.path, "name": task.owner.name, "type": task.owner.media_type}
        org = self._world.orgs[task.org]
        user = f"{root}/api/admin/user/{self._world.make_id('user', task.user)}"
        return element(
            "Task",
            attributes,
            element("Link", {"rel": "task:cancel", "href": f"{href}/action/cancel"}) if status == "running" else None,
            element("Owner", owner) if is_known else None,
            element("Error", task.error) if status == "error" else None,
            element("User", {"href": user, "name": task.user, "type": "application/vnd.vmware.admin.user+xml"}),
            element("Organization", {"href": f"{root}/api/org/{org.org_id}", "name": org.name, "type": f"{T}org+xml"}),
            element("Progress", None, _progress(task, status)) if is_known else None,
            element("Details"),
        )


def _progress(task: Task, status: str) -> int:
    if status == "error":
        return 1  # as seen on real failed tasks: progress says nothing
    return 100 if status == "success" else 50 if task.progress is None else task.progress
