"""All tasks of a simulated cloud, and functions that are scheduled for later."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.state.simulated_tasks import LIFE, OVER, Owner, SimulatedTask, T
from vcloudair_core.simulator.state.task_forms import Form
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.virtual_clock import VirtualClock


class Tasks:
    """All tasks since the last reset.

    After a reset, there is one task for each vApp: the task that deployed the vApp.
    """

    def __init__(self, world: World, clock: VirtualClock, config: SimulatorConfig) -> None:
        self._world, self._clock, self.config = world, clock, config
        self.fail_next: dict[str, str] = {}
        """Error code with which the next task fails, by name of the operation."""
        self._tasks: dict[str, SimulatedTask] = {}
        self._latest: dict[str, SimulatedTask] = {}
        """The latest task by the path of its entity."""
        self._pending: list[SimulatedTask] = []
        self._waiting: list[SimulatedTask] = []
        self._later: list[tuple[float, Callable[[], object]]] = []
        placeholders = {replication.placeholder_vapp_id for replication in world.replications.values()}
        for vapp in world.vapps.values():
            if vapp.vapp_id in placeholders:
                continue
            owner = Owner(f"/api/vApp/vapp-{vapp.vapp_id}", vapp.name, f"{T}vApp+xml")
            operation = f"Started Virtual Application {vapp.name}({vapp.vapp_id})"
            self.start(world.vdcs[vapp.vdc_id].org, owner, operation, "vappDeploy")

    def start(
        self,
        org: str,
        owner: Owner,
        operation: str,
        operation_name: str,
        *,
        polls: int = 0,
        seconds: float = 0.0,
        user: str = "",
        **more: Any,
    ) -> SimulatedTask:
        """Start a task, and return it.

        The task belongs to ``user``, or to the first user of ``org`` if ``user`` is empty. ``more`` contains other
        fields of :class:`SimulatedTask`.
        """
        task_id = self._world.make_id("task", str(len(self._tasks) + 1))
        user = user or next((user.name for user in self._world.users if user.org == org), "system")
        now = self._clock.now()
        code = self.fail_next.pop(operation_name, "")
        if code:
            error = {"majorErrorCode": 400, "minorErrorCode": code, "message": "The operation could not be completed."}
            more |= {"end_status": "error", "error": error}
        task = SimulatedTask(
            task_id, org, user, owner, operation, operation_name, now, polls=polls, seconds=seconds, **more
        )
        self._add(task)
        if task.on_start is not None:
            self._waiting.append(task)
        if task.on_end is not None:
            self._pending.append(task)
        return task

    def call_later(self, seconds: float, call: Callable[[], object]) -> None:
        """Schedule ``call`` to run after ``seconds`` on the simulated clock."""
        self._later.append((self._clock.now() + seconds, call))

    def settle(self) -> None:
        """Run all scheduled functions that are due, in the order of their due times."""
        while due := sorted(self._due(), key=lambda event: event[0]):
            for moment, apply in due:
                with self._clock.at(moment):
                    apply()

    def _due(self) -> list[tuple[float, Callable[[], object]]]:
        now = self._clock.now()
        due = [event for event in self._later if event[0] <= now]
        self._later = [event for event in self._later if event[0] > now]
        for task in list(self._waiting):
            moment = task.started + task.delay_s
            if now >= moment or task.canceled is not None:
                self._waiting.remove(task)
                if task.on_start is not None and task.canceled is None:
                    due.append((moment, functools.partial(task.on_start, task)))
        for task in list(self._pending):
            if task not in self._waiting and (status := task.status(now)) in OVER and task.on_end is not None:
                self._pending.remove(task)
                due.append((min(now, task.ended()), functools.partial(task.on_end, status)))
        return due

    def has_open_work(self) -> bool:
        """Return True if a task is in progress or a function is still scheduled."""
        self.settle()
        now = self._clock.now()
        is_running = any(task.status(now) not in OVER for task in self._tasks.values())
        return is_running or bool(self._pending or self._waiting or self._later)

    def all_tasks(self) -> list[SimulatedTask]:
        """Return the tasks of all orgs, oldest first."""
        return list(self._tasks.values())

    def restore(self, tasks: list[SimulatedTask]) -> None:
        """Replace all tasks with ``tasks``, which have ended."""
        self._tasks, self._latest = {}, {}
        for task in tasks:
            self._add(task)
        self._pending, self._waiting, self._later = [], [], []

    def _add(self, task: SimulatedTask) -> None:
        self._tasks[task.task_id] = task
        self._latest |= {key: task for key in (task.owner.path, task.lock) if key}

    def find(self, task_id: str, org: str) -> SimulatedTask | None:
        """Return the task ``task_id`` of an org, or None if it cannot be read."""
        task = self._tasks.get(task_id)
        if task is None or task.org != org or self._clock.now() > task.started + LIFE.total_seconds():
            return None
        if task.gone_after_polls is not None and task.poll_count >= task.gone_after_polls:
            return None
        return None if task.is_link_hidden and task.is_hidden(self._clock.now()) else task

    def of_all_orgs(self) -> list[SimulatedTask]:
        """Return the visible tasks of all orgs, oldest first."""
        return [task for org in self._world.orgs for task in self.of(org)]

    def of(self, org: str) -> list[SimulatedTask]:
        """Return the tasks in the task list of an org, oldest first."""
        now = self._clock.now()
        return [task for task in self._tasks.values() if self.find(task.task_id, org) and not task.is_hidden(now)]

    def status(self, task: SimulatedTask) -> str:
        """Return the current status of a task."""
        return task.status(self._clock.now())

    def running_tasks(self, org: str) -> list[SimulatedTask]:
        """Return the tasks of an org that have not ended.

        The result includes tasks that the task list does not contain yet.
        """
        return [task for task in self._tasks.values() if task.org == org and self.status(task) not in OVER]

    def open_on(self, path: str) -> SimulatedTask | None:
        """Return the running task of the object at ``path``, or None.

        ``path`` can also be the ``lock`` of a task: for an NSX-T edge, the URN of the edge's owner.
        """
        return next((task for task in self._pending if path in (task.owner.path, task.lock)), None)

    def last_on(self, path: str) -> SimulatedTask | None:
        """Return the latest task of the object at ``path``, or None. See :meth:`open_on`."""
        return self._latest.get(path)

    def cancel(self, task: SimulatedTask) -> bool:
        """Cancel a task. Return False if the task has already ended.

        Source: protocol/tasks.md §3.2.
        """
        if self.status(task) in OVER:
            return False
        task.canceled = self._clock.now()
        self.settle()
        return True

    def progress(self, task: SimulatedTask) -> int | None:
        """Return the progress of a task in percent, or None.

        The options select how the progress is computed.
        """
        return self.form(task, "").progress()

    def form(self, task: SimulatedTask, root: str) -> Form:
        """Return the :class:`Form` that builds the document of a task.

        Links in the document begin with ``root``.
        """
        return Form(self.config, self._world, task, self._clock.now(), root)

    def document(self, task: SimulatedTask, root: str) -> Any:
        """Return the Task element of a task. Links in the element begin with ``root``."""
        return self.form(task, root).document()
