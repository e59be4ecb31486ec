"""A live view of a recovery run for a terminal: a bar for each group, VMs in progress, time left."""

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
_WORD = {"test": "tested", "cleanup": "cleaned up", "failover": "failed over"}


@dataclass
class _Group:
    total: int
    there: int = 0
    bad: int = 0
    state: str = "waits"


@dataclass
class _Vm:
    name: str
    group: str
    began: float
    status: str = "starting"


@dataclass
class RunView:
    """The state of a run, from its events. ``__rich__`` draws it."""

    action: str = ""
    title: str = ""
    began: float = 0.0
    groups: dict[str, _Group] = field(default_factory=dict)
    under_way: dict[str, _Vm] = field(default_factory=dict)
    steps: dict[str, tuple[str, float]] = field(default_factory=dict)
    taken: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    is_rolling_back: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: Event) -> None:
        """Take one more event in."""
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
        self.groups[event["group"]].state = "runs"

    def _on_group_finished(self, event: Event) -> None:
        self.groups[event["group"]].state = event["verdict"]

    def _on_step_started(self, event: Event) -> None:
        self.steps[event["key"]] = (f"{event['group'] or 'plan'}: {event['step']}", time.monotonic())

    def _on_step_finished(self, event: Event) -> None:
        self.steps.pop(event["key"], None)
        if event["verdict"] == "failed":
            self.troubles.append(f"{event['step']}: {event['reason']}")

    def _on_vm_starting(self, event: Event) -> None:
        self.under_way[event["id"]] = _Vm(event["name"], event["group"], time.monotonic())

    def _on_vm_started(self, event: Event) -> None:
        if event["id"] in self.under_way:
            self.under_way[event["id"]].status = "queued"

    def _on_vm_progressed(self, event: Event) -> None:
        if event["id"] in self.under_way:
            percent = f" {event['progress']} %" if event["progress"] is not None else ""
            word = "verifying" if event["status"] == "success" else event["status"]
            self.under_way[event["id"]].status = f"{word}{percent if word != 'verifying' else ''}"

    def _on_vm_finished(self, event: Event) -> None:
        self.under_way.pop(event["id"], None)
        if not event["is_final"]:
            self.troubles.append(f"{event['name']}: {event['reason']}; it is tried again")
            return
        group = self.groups.get(event["group"])
        if group is None:
            return
        if event["verdict"] in ("succeeded", "unchanged"):
            group.there += 1
        else:
            group.bad += 1
            if event["verdict"] == "failed":
                self.troubles.append(f"{event['name']}: {event['reason']}")
        if event["verdict"] == "succeeded" and event["seconds"]:
            self.taken.append(event["seconds"])

    def _on_rollback_started(self, event: Event) -> None:
        self.is_rolling_back = True

    # -- drawing -------------------------------------------------------------------------------------------------

    def __rich__(self) -> RenderableType:
        from rich.console import Group

        with self._lock:
            parts: list[RenderableType] = [_text(self._headline(), "bold"), self._bars()]
            if self.under_way or self.steps:
                parts.append(self._rows())
            parts += [_text(f"  ! {trouble}", "red") for trouble in self.troubles[-3:]]
            return Group(*parts)

    def _headline(self) -> str:
        total = sum(group.total for group in self.groups.values())
        over = sum(group.there + group.bad for group in self.groups.values())
        there = sum(group.there for group in self.groups.values())
        headline = f"{self.title}   {there} of {total} {_WORD.get(self.action, 'there')}   {clock_of(self._age())}"
        left = self._left(total - over)
        headline += f"   about {clock_of(left)} left" if left is not None else ""
        return headline + ("   rolling back" if self.is_rolling_back else "")

    def _age(self) -> float:
        return time.monotonic() - self.began

    def _left(self, open_: int) -> float | None:
        """Seconds, at the pace so far; None while there is no pace."""
        over = sum(group.there + group.bad for group in self.groups.values())
        return self._age() / over * open_ if over and open_ else None

    def _bars(self) -> RenderableType:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name, group in self.groups.items():
            there = round(_BAR * group.there / group.total) if group.total else _BAR
            bad = min(_BAR - there, round(_BAR * group.bad / group.total + 0.49)) if group.bad else 0
            bar = _text("█" * there, "green") + _text("█" * bad, "red")
            bar += _text("░" * (_BAR - there - bad), "dim")
            counts = f"{group.there}/{group.total}" + (f", {group.bad} not" if group.bad else "")
            table.add_row(_text(f"  {name}"), bar, _text(counts), _text(group.state, "dim"))
        return table

    def _rows(self) -> RenderableType:
        from rich.table import Table

        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        for title, began in self.steps.values():
            table.add_row(_text(f"    {title}"), _text("step"), _text(clock_of(now - began)))
        shown = sorted(self.under_way.values(), key=lambda vm: vm.began)[:_MOST_ROWS]
        for vm in shown:
            table.add_row(_text(f"    {vm.name}"), _text(vm.status), _text(clock_of(now - vm.began)))
        more = len(self.under_way) - len(shown)
        if more > 0:
            table.add_row(_text(f"    and {more} more", "dim"), "", "")
        return table


def _text(text: str, style: str = "") -> Text:
    """Words that may hold names of elsewhere, for a line of a terminal."""
    from rich.text import Text

    return Text(on_one_line(text), style=style)


def clock_of(seconds: float) -> str:
    """Seconds as a person reads them: 1:05, 2:00:00."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class LiveRun:
    """The view on a terminal. ``paused()``: the terminal is needed for something else."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._view = RunView()
        self._live = Live(self._view, console=console, refresh_per_second=8, transient=True)

    def observe(self, event: Event) -> None:
        """An observer of a run."""
        self._view.take(event)
        if event["event"] == events.RUN_STARTED and not self._live.is_started:
            self._live.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The screen is free for a question meanwhile."""
        was_on = self._live.is_started
        self._live.stop()
        try:
            yield
        finally:
            if was_on:
                self._live.start()

    def stop(self) -> None:
        """Leave the screen."""
        self._live.stop()


@contextmanager
def live_run() -> Iterator[LiveRun | None]:
    """A view on standard error, where that is a terminal."""
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
    """Return the observers of a run: the view, if there is one."""
    return (view.observe,) if view is not None else ()
