"""Generate journals of recovery runs, with failures, retries, steps and pauses.

Equal arguments give equal events, to the millisecond.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

START = datetime(2026, 3, 14, 9, 0, 0, tzinfo=timezone.utc)
_TIERS = ("database", "application", "web", "backup", "desktop")
_NAMES = {"database": "db", "application": "app", "web": "web", "backup": "bkp", "desktop": "vdi"}
_TROUBLE = (
    ("the task failed: The datastore has no space left", "INTERNAL_SERVER_ERROR", "NoDiskSpace"),
    ("the task failed: No host has the memory that it needs", "BUSY_ENTITY", "InsufficientResourcesFault"),
    ("the task was aborted", "ABORTED", ""),
)

AnyEvent = dict[str, Any]


def stamp(at: datetime) -> str:
    """Return a time in the format of the journal: ISO 8601 in UTC with milliseconds."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def vm_id(number: int) -> str:
    """Return the UUID of a VM of :func:`run_events`. Numbers start at 0."""
    return str(uuid.UUID(int=0x6D00_0000_0000_4000_8000_0000_0000_0000 + number))


@dataclass
class Timeline:
    """The events of a run, with times in seconds after the start.

    :meth:`events` returns the events sorted and numbered.
    """

    start: datetime = START
    _kept: list[tuple[float, int, AnyEvent]] = field(default_factory=list)

    def add(self, second: float, event: str, **words: Any) -> None:
        self._kept.append((second, len(self._kept), {"event": event, **words}))

    def pause(self, second: float, seconds: float, reason: str, **who: Any) -> None:
        """Interrupt the run for ``seconds``, and delay all later events by this time."""
        running = self.in_flight(second)
        self._kept = [(at + seconds if at > second else at, order, words) for at, order, words in self._kept]
        self.add(second, "run_interrupted", reason=reason, in_flight=running)
        self.add(second + seconds, "run_resumed", **who)

    def stop(self, second: float, reason: str = "") -> None:
        """Drop the events after ``second``. If a reason is set, add an interruption."""
        running = self.in_flight(second)
        self._kept = [one for one in self._kept if one[0] <= second]
        if reason:
            self.add(second, "run_interrupted", reason=reason, in_flight=running)

    def in_flight(self, second: float) -> list[dict[str, str]]:
        """Return the VMs whose action is in progress ``second`` seconds after the start."""
        running: dict[str, str] = {}
        for at, _, words in sorted(self._kept, key=lambda one: one[:2]):
            if at <= second and words["event"] == "vm_starting":
                running[words["id"]] = words["name"]
            elif at <= second and words["event"] == "vm_finished":
                running.pop(words["id"], None)
        return [{"id": key, "name": name} for key, name in running.items()]

    def events(self) -> list[AnyEvent]:
        ordered = sorted(self._kept, key=lambda one: one[:2])
        return [
            {"seq": number, "at": stamp(self.start + timedelta(seconds=at)), **words}
            for number, (at, _, words) in enumerate(ordered, 1)
        ]


@dataclass(frozen=True)
class Shape:
    """The outcome of a run. VMs are named by numbers, starting at 0.

    ``failed`` has VMs whose attempts all fail. ``retried`` has VMs whose first attempt fails and whose second attempt
    succeeds. ``skipped`` has VMs that are not started. ``unchanged`` has VMs that were already recovered. With
    ``rolled_back``, all VMs except the last are rolled back at the end. ``pauses`` has the start and the duration of
    resumed interruptions, in seconds. ``ends_at`` is the time of the last event, in seconds after the start.
    ``ended_by`` is the logged reason for the end of the run, or an empty string.
    """

    vms: int = 20
    groups: int = 0
    action: str = "test"
    failed: Collection[int] = ()
    retried: Collection[int] = ()
    skipped: Collection[int] = ()
    unchanged: Collection[int] = ()
    steps: bool = True
    failing_step: bool = False
    rolled_back: bool = False
    rto_minutes: float | None = 60
    rpo_minutes: float | None = 30
    vm_targets: dict[int, dict[str, float]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    last_sync: bool = True
    max_concurrent: int = 20
    pauses: Sequence[tuple[float, float]] = ()
    ends_at: float | None = None
    ended_by: str = ""
    seed: int = 1


def run_events(shape: Shape | None = None, **words: Any) -> list[AnyEvent]:
    """Return the journal of a run, from a :class:`Shape` or from its fields."""
    return _Script(shape or Shape(**words)).events()


class _Script:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.random = random.Random(shape.seed)
        self.time = Timeline()
        self.groups = _grouped(shape)

    def events(self) -> list[AnyEvent]:
        shape, time = self.shape, self.time
        time.add(0, "run_started", **_run_started(shape, self.groups))
        second = self._step(0.4, "", "before", "Storage is quiet", "command") if shape.steps else 0.4
        for name, members in self.groups:
            second = self._group(second, name, members)
        if shape.steps:
            second = self._step(second, "", "after", "Payroll answers", "http", is_failing=shape.failing_step)
        if shape.rolled_back:
            second = self._roll_back(second)
        self._finish(second + 0.2)
        for at, seconds in shape.pauses:
            time.pause(at, seconds, "stopped by a signal", host="ops2.example.test", user="ines", pid=5150)
        if shape.ends_at is not None:
            time.stop(shape.ends_at, shape.ended_by)
        return time.events()

    def _roll_back(self, second: float) -> float:
        """Roll back all recovered VMs. The last rollback fails."""
        gone = [number for _, members in self.groups for number in members if number not in self.shape.skipped]
        listed = [{"id": vm_id(number)} for number in gone]
        self.time.add(second, "rollback_started", reason="a step failed", vms=listed)
        for number in gone:
            group = next(name for name, members in self.groups if number in members)
            words = {"id": vm_id(number), "name": _name(self.shape, number, group), "seconds": 30.0}
            is_bad = number == gone[-1]
            words |= {"verdict": "failed" if is_bad else "succeeded", "reason": "the task failed" if is_bad else ""}
            self.time.add(second + 30, "vm_rolled_back", **words, hint="Clean up the test manually." if is_bad else "")
        verdict = {"verdict": "failed", "reason": "1 VM could not be cleaned up"}
        self.time.add(second + 30.1, "rollback_finished", **verdict)
        return second + 30.2

    def _finish(self, second: float) -> None:
        shape = self.shape
        count = {word: len(set(getattr(shape, word))) for word in ("failed", "skipped", "unchanged")}
        summary = {"succeeded": shape.vms - sum(count.values()), **count}
        is_good = not shape.rolled_back and not count["failed"] and not count["skipped"] and not shape.failing_step
        reason = "" if is_good else f"failed: {count['failed']}, not started: {count['skipped']}"
        self.time.add(
            second, "run_finished", verdict="succeeded" if is_good else "failed", reason=reason, summary=summary
        )

    def _group(self, second: float, name: str, members: list[int]) -> float:
        self.time.add(second, "group_started", group=name)
        if self.shape.steps and name == "database":
            second = self._step(second + 0.1, name, "before", "Is the primary site really down?", "approval")
        free = [second + 0.1 * place for place in range(min(self.shape.max_concurrent, max(1, len(members))))]
        end = second
        for number in members:
            over = self._vm(heapq.heappop(free), number, name)
            heapq.heappush(free, over)
            end = max(end, over)
        if self.shape.steps and name == "web":
            end = self._step(end + 0.1, name, "after", "Names resolve to the new site", "network")
        bad = [number for number in members if number in self.shape.failed or number in self.shape.skipped]
        verdict, reason = ("failed", f"{len(bad)} of {len(members)} VMs did not succeed") if bad else ("succeeded", "")
        self.time.add(end + 0.1, "group_finished", group=name, verdict=verdict, reason=reason)
        return end + 0.2

    def _vm(self, second: float, number: int, group: str) -> float:
        shape = self.shape
        words = {"id": vm_id(number), "name": _name(shape, number, group), "group": group}
        synced = stamp(START - timedelta(minutes=self.random.uniform(3, 25))) if shape.last_sync else None
        if number in shape.skipped:
            reason = "not started because another VM failed"
            self._vm_over(second, words, 1, "skipped", reason=reason, seconds=0.0, last_sync=synced)
            return second
        if number in shape.unchanged:
            self._vm_over(second + 0.3, words, 1, "unchanged", seconds=0.3, last_sync=synced)
            return second + 0.3
        tries = 2 if number in shape.retried or number in shape.failed else 1
        for attempt in range(1, tries + 1):
            taken = self.random.uniform(90, 420)
            is_bad = number in shape.failed or attempt < tries
            self.time.add(second, "vm_starting", **words, attempt=attempt, last_sync=synced)
            task = f"https://cloud.example.test/api/task/{number}-{attempt}"
            self.time.add(second + 0.2, "vm_started", id=words["id"], task=task)
            self._end_of_try(second + taken, words, attempt, is_bad, attempt == tries, taken, synced)
            second += taken + (10 if attempt < tries else 0)
        return second

    def _end_of_try(
        self, second: float, words: AnyEvent, attempt: int, is_bad: bool, is_final: bool, taken: float, synced: Any
    ) -> None:
        rest: AnyEvent = {"seconds": round(taken, 3), "last_sync": synced, "is_final": is_final}
        if not is_bad:
            self._vm_over(second, words, attempt, "succeeded", task={"status": "success"}, **rest)
            return
        reason, code, vendor = self.random.choice(_TROUBLE)
        task = {
            "status": "error",
            "error_code": code,
            "vendor_code": vendor,
            "error_message": reason.partition(": ")[2],
        }
        hint = "Check the VM and its replication with `vca dr list`, then start the action again."
        request = f"req-{words['id'][-4:]}-{attempt}"
        self._vm_over(second, words, attempt, "failed", reason=reason, hint=hint, task=task, request_id=request, **rest)

    def _vm_over(self, second: float, words: AnyEvent, attempt: int, verdict: str, **rest: Any) -> None:
        given = {"reason": "", "hint": "", "task": {}, "is_final": True, **rest}
        self.time.add(second, "vm_finished", **words, attempt=attempt, verdict=verdict, **given)

    def _step(self, second: float, group: str, phase: str, name: str, kind: str, *, is_failing: bool = False) -> float:
        words = {"group": group, "phase": phase, "step": name, "kind": kind, "attempt": 1}
        taken = 48.0 if kind == "approval" else 6.5
        rest: AnyEvent = {"verdict": "succeeded", "reason": "", "hint": "", "output": "", "seconds": taken}
        if kind == "approval":
            rest["by"] = "maria"
        if kind == "network":
            rest |= {"saved": "network-1.json", "summary": {"nat": "2 added"}}
        if kind == "command":
            rest["output"] = "storage: 3 volumes quiet\n"
        if is_failing:
            rest |= {
                "verdict": "failed",
                "reason": "GET https://payroll.example/ returned status 503, not 200",
                "hint": "Check the service.",
            }
        self.time.add(second, "step_started", **words)
        self.time.add(second + taken, "step_finished", **words, **rest)
        return second + taken + 0.1


def _grouped(shape: Shape) -> list[tuple[str, list[int]]]:
    count = shape.groups or min(max(1, shape.vms // 5), 3)
    share, names = divmod(shape.vms, count), [*_TIERS[:count], *(f"group {n}" for n in range(6, count + 1))]
    found, first = [], 0
    for place, name in enumerate(names):
        size = share[0] + (1 if place < share[1] else 0)
        found.append((name, list(range(first, first + size))))
        first += size
    return found


def _name(shape: Shape, number: int, group: str) -> str:
    return shape.names.get(number) or f"{_NAMES.get(group, 'vm')}{number + 1:02d}"


def _run_started(shape: Shape, groups: list[tuple[str, list[int]]]) -> AnyEvent:
    def vm(number: int, group: str) -> AnyEvent:
        key, name = vm_id(number), _name(shape, number, group)
        href = f"https://cloud.example.test/api/vr/replication/{key}"
        targets = {"rto_minutes": None, "rpo_minutes": None, **shape.vm_targets.get(number, {})}
        return {"id": key, "name": name, "href": href, "depends_on": [], **targets}

    plan = {
        "name": "payroll", "path": "plans/payroll.yml", "description": "Payroll and its database",
        "digest": "9f2c1d7e4b8a6053c1f0e2d4a7b98c6d5e3f1a2b4c6d8e0f1a3b5c7d9e1f2a3b",
        "rto_minutes": shape.rto_minutes, "rpo_minutes": shape.rpo_minutes, "on_error": "continue",
        "max_concurrent": shape.max_concurrent,
    }  # fmt: skip
    cloud = {"url": "https://cloud.example.test", "org": "org1", "user": "demo", "api_version": "5.7"}
    listed = [
        {"name": name, "priority": place, "depends_on": [], "rto_minutes": None,
         "vms": [vm(number, name) for number in members]}
        for place, (name, members) in enumerate(groups, 1)
    ]  # fmt: skip
    return {
        "run_id": f"2026-03-14T090000-{shape.action}-payroll", "action": shape.action, "plan": plan, "cloud": cloud,
        "host": "ops1.example.test", "user": "maria", "pid": 4242, "version": "0.7.0", "groups": listed,
    }  # fmt: skip
