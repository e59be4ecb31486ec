"""What earlier runs on this machine tell: when a plan was tested last, how long machines take, what was switched."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.journal.event_fields import mapping, moment, number, text
from vcloudair_core.recovery.journal.run_journal import read_journal, run_ids, runs_folder, unreadable_runs
from vcloudair_core.recovery.run.network_changes import saved_file

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event
    from vcloudair_core.settings.settings import Settings

_MOST_RUNS = 200


def runs(settings: Settings, *, newest_first: bool = True) -> Iterator[tuple[Path, list[Event]]]:
    """Folders and events of runs that can be read; those that cannot are passed over."""
    known = run_ids(settings)[-_MOST_RUNS:]
    for run_id in reversed(known) if newest_first else known:
        folder = runs_folder(settings) / run_id
        try:
            yield folder, read_journal(folder)
        except VcloudAirError:
            continue


def all_runs(settings: Settings) -> Iterator[tuple[Path, list[Event] | str]]:
    """Folders and events of all runs, newest first; of those that cannot be read the reason in place of the events.

    Raises ConfigurationError when the folder of the runs cannot be listed.
    """
    unreadable = unreadable_runs(settings)
    for run_id in sorted([*run_ids(settings), *unreadable], reverse=True):
        folder = runs_folder(settings) / run_id
        if run_id in unreadable:
            yield folder, unreadable[run_id]
            continue
        try:
            yield folder, read_journal(folder)
        except VcloudAirError as exc:
            yield folder, exc.message


def runs_of(
    settings: Settings, plan_name: str, cloud: dict[str, Any], action: str = ""
) -> Iterator[tuple[Path, list[Event]]]:
    """Runs of an action of a plan in a cloud, or of all its actions, newest first."""
    for folder, happened in runs(settings):
        head = happened[0]
        is_same = text(mapping(head, "plan"), "name") == plan_name and action in ("", text(head, "action"))
        if is_same and all(mapping(head, "cloud").get(name) == cloud.get(name) for name in ("url", "org")):
            yield folder, happened


def last_test(settings: Settings, plan_name: str, cloud: dict[str, Any]) -> datetime | None:
    """When a test of a plan came to a good end last."""
    for _, happened in runs_of(settings, plan_name, cloud, "test"):
        last = happened[-1]
        at = moment(last)
        if last["event"] == events.RUN_FINISHED and text(last, "verdict") == "done" and at is not None:
            return at
    return None


def unfinished(settings: Settings, plan_name: str, cloud: dict[str, Any], action: str) -> str:
    """The id of the newest run of a plan, if that one was stopped or died; else nothing."""
    for folder, happened in runs_of(settings, plan_name, cloud, action):
        return "" if happened[-1]["event"] == events.RUN_FINISHED else folder.name
    return ""


def usual_seconds(settings: Settings, action: str) -> dict[str, float]:
    """How long an action took, by the id of the machine: the median of earlier runs."""
    taken: dict[str, list[float]] = {}
    for _, happened in runs(settings):
        if text(happened[0], "action") != action:
            continue
        for event in happened:
            seconds = number(event, "seconds")
            if event["event"] == events.MACHINE_FINISHED and text(event, "verdict") == "done" and seconds:
                taken.setdefault(text(event, "id"), []).append(seconds)
    return {machine: statistics.median(seconds) for machine, seconds in taken.items()}


@dataclass(frozen=True)
class Switched:
    """A network change of a run. ``key`` is that of its step, ``saved`` the file of what was there before."""

    folder: Path
    step: str
    key: str
    saved: Path

    @property
    def id(self) -> str:
        """What ``restores`` of an event means."""
        return f"{self.folder.name}/{self.key}"


def switched(folder: Path, happened: list[Event]) -> list[Switched]:
    """Network changes that a run made and has not taken back, newest first.

    One that failed or that the run died in has changed what it has changed: it counts as soon as there is a file of
    what was there before.
    """
    begun = {
        key: Switched(folder, text(event, "step"), key, saved_file(folder, key))
        for event in reversed(happened)
        if event["event"] == events.STEP_STARTED and text(event, "kind") == "network" and text(event, "phase") != "back"
        if (key := text(event, "key"))
    }
    taken_back = restored(happened)
    return [one for one in begun.values() if one.saved.exists() and one.id not in taken_back]


def restored(happened: list[Event]) -> set[str]:
    """Ids of the network changes that a run took back, its own or those of earlier runs."""
    return {
        str(event["restores"])
        for event in happened
        if event["event"] == events.STEP_FINISHED and event.get("restores") and text(event, "verdict") == "done"
    }


def left_switched(settings: Settings, plan_name: str, cloud: dict[str, Any]) -> list[Switched]:
    """Network changes of tests of a plan that no clean-up has taken back yet, newest first.

    Those before a failover are none of them: what is there since then is what is wanted.
    """
    found: list[Switched] = []
    taken_back: set[str] = set()
    for folder, happened in runs_of(settings, plan_name, cloud):
        action = happened[0]["action"]
        if action == "failover":
            break
        taken_back |= restored(happened)
        found += switched(folder, happened) if action == "test" else []
    return [one for one in found if one.id not in taken_back]
