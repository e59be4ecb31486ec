"""Live view of a recovery run: progress bars, VMs in progress, time left."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vcloudair_core.recovery.journal import events
from vcloudair_core.util.escaping import on_one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from vcloudair_core.recovery.journal.events import Event, Observer

_MOST_ROWS = 12
_BAR = 24
_VERBS = {
    "test": "tested", "cleanup": "cleaned up", "failover": "failed over", "migrate": "migrated", "reverse": "reversed",
    "failback": "failed back", "pause": "paused", "resume": "resumed", "sync": "synchronized",
}  # fmt: skip


@dataclass
class _Group:
    total: int
    succeeded: int = 0
    failed: int = 0
    state: str = "waiting"


@dataclass
class _Vm:
    name: str
    group: str
    began: float
    status: str = "starting"


@dataclass
class RunView:
    """The state of a run, built from its events. ``__rich__`` renders the state."""

    action: str = ""
    title: str = ""
    began: float = 0.0
    groups: dict[str, _Group] = field(default_factory=dict)
    in_progress: dict[str, _Vm] = field(default_factory=dict)
    steps: dict[str, tuple[str, float]] = field(default_factory=dict)
    durations: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_rolling_back: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def update(self, event: Event) -> None:
        """Update the state with an event."""
        with self._lock:
            handler = getattr(self, f"_on_{event['event']}", None)
            if handler is not None:
                handler(event)

    def _on_run_started(self, event: Event) -> None:
        self.action, self.began = event["action"], time.monotonic()
        name = event["plan"]["name"] or ", ".join(group["name"] for group in event["groups"] if group["name"] != "vms")
        self.title = f"{event['action']} {name}".strip()
        self.groups = {group["name"]: _Group(len(group["vms"])) for group in event["groups"]}

    def _on_group_started(self, event: Event) -> None:
        self.groups[event["group"]].state = "running"

    def _on_group_finished(self, event: Event) -> None:
        self.groups[event["group"]].state = event["verdict"]

    def _on_step_started(self, event: Event) -> None:
        self.steps[event["key"]] = (f"{event['group'] or 'plan'}: {event['step']}", time.monotonic())

    def _on_step_finished(self, event: Event) -> None:
        self.steps.pop(event["key"], None)
        if event["verdict"] == "failed":
            self.problems.append(f"{event['step']}: {event['reason']}")

    def _on_vm_starting(self, event: Event) -> None:
        self.in_progress[event["id"]] = _Vm(event["name"], event["group"], time.monotonic())

    def _on_vm_started(self, event: Event) -> None:
        if event["id"] in self.in_progress:
            self.in_progress[event["id"]].status = "queued"

    def _on_vm_progressed(self, event: Event) -> None:
        if event["id"] in self.in_progress:
            percent = f" {event['progress']}%" if event["progress"] is not None else ""
            word = "verifying" if event["status"] == "success" else event["status"]
            self.in_progress[event["id"]].status = f"{word}{percent if word != 'verifying' else ''}"

    def _on_vm_finished(self, event: Event) -> None:
        self.in_progress.pop(event["id"], None)
        if not event["is_final"]:
            self.problems.append(f"{event['name']}: {event['reason']}; retrying")
            return
        group = self.groups.get(event["group"])
        if group is None:
            return
        if event["verdict"] in ("succeeded", "unchanged"):
            group.succeeded += 1
        else:
            group.failed += 1
            if event["verdict"] == "failed":
                self.problems.append(f"{event['name']}: {event['reason']}")
        if event["verdict"] == "succeeded" and event["seconds"]:
            self.durations.append(event["seconds"])

    def _on_rollback_started(self, event: Event) -> None:
        self.is_rolling_back = True

    # -- drawing -------------------------------------------------------------------------------------------------

    def __rich__(self) -> RenderableType:
        from rich.console import Group

        with self._lock:
            parts: list[RenderableType] = [_text(self._headline(), "bold"), self._bars()]
            if self.in_progress or self.steps:
                parts.append(self._rows())
            parts += [_text(f"  ! {problem}", "red") for problem in self.problems[-3:]]
            return Group(*parts)

    def _headline(self) -> str:
        total = sum(group.total for group in self.groups.values())
        finished = sum(group.succeeded + group.failed for group in self.groups.values())
        succeeded = sum(group.succeeded for group in self.groups.values())
        verb = _VERBS.get(self.action, "succeeded")
        headline = f"{self.title}   {succeeded} of {total} {verb}   {clock_of(self._age())}"
        left = self._left(total - finished)
        headline += f"   about {clock_of(left)} left" if left is not None else ""
        return headline + ("   rolling back" if self.is_rolling_back else "")

    def _age(self) -> float:
        return time.monotonic() - self.began

    def _left(self, open_: int) -> float | None:
        """Return the estimated remaining seconds, or None if no VM has finished yet."""
        finished = sum(group.succeeded + group.failed for group in self.groups.values())
        return self._age() / finished * open_ if finished and open_ else None

    def _bars(self) -> RenderableType:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name, group in self.groups.items():
            green = round(_BAR * group.succeeded / group.total) if group.total else _BAR
            red = min(_BAR - green, round(_BAR * group.failed / group.total + 0.49)) if group.failed else 0
            bar = _text("█" * green, "green") + _text("█" * red, "red")
            bar += _text("░" * (_BAR - green - red), "dim")
            counts = f"{group.succeeded}/{group.total}" + (f", {group.failed} failed" if group.failed else "")
            table.add_row(_text(f"  {name}"), bar, _text(counts), _text(group.state, "dim"))
        return table

    def _rows(self) -> RenderableType:
        from rich.table import Table

        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        for title, began in self.steps.values():
            table.add_row(_text(f"    {title}"), _text("step"), _text(clock_of(now - began)))
        shown = sorted(self.in_progress.values(), key=lambda vm: vm.began)[:_MOST_ROWS]
        for vm in shown:
            table.add_row(_text(f"    {vm.name}"), _text(vm.status), _text(clock_of(now - vm.began)))
        more = len(self.in_progress) - len(shown)
        if more > 0:
            table.add_row(_text(f"    and {more} more", "dim"), "", "")
        return table


def _text(text: str, style: str = "") -> Text:
    """Return a ``rich`` Text on one line, with control characters escaped."""
    from rich.text import Text

    return Text(on_one_line(text), style=style)


def clock_of(seconds: float) -> str:
    """Format a duration in seconds, such as 1:05 or 2:00:00."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class LiveRun:
    """Live display of a run on a terminal."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._view = RunView()
        self._live = Live(self._view, console=console, refresh_per_second=8, transient=True)

    def observe(self, event: Event) -> None:
        """Update the display with an event of the run."""
        self._view.update(event)
        if event["event"] == events.RUN_STARTED and not self._live.is_started:
            self._live.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the display, for example during a prompt."""
        was_on = self._live.is_started
        self._live.stop()
        try:
            yield
        finally:
            if was_on:
                self._live.start()

    def stop(self) -> None:
        """Remove the display."""
        self._live.stop()


@contextmanager
def live_run() -> Iterator[LiveRun | None]:
    """Show a live display on standard error.

    Yields None if standard error is not a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    view = LiveRun(Console(stderr=True))
    try:
        yield view
    finally:
        view.stop()


def observers_of(view: LiveRun | None) -> tuple[Observer, ...]:
    """Return the live display in a tuple, or an empty tuple if there is no display."""
    return (view.observe,) if view is not None else ()
