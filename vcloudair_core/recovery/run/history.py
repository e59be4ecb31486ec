"""Read from earlier runs on this host when a plan was tested, how long VMs take, and which networks were changed."""

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
    from vcloudair_core.client import Client
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
        if last["event"] == events.RUN_FINISHED and text(last, "verdict") == "succeeded" and at is not None:
            return at
    return None


def unfinished_runs(client: Client, plan_name: str, action: str) -> list[str]:
    """Return the ids of the runs of a plan that can be resumed, newest first.

    Args:
        client: The client of the cloud that the runs were in.
        plan_name: The name of the plan.
        action: ``test``, ``cleanup`` or ``failover``.

    A run that came to its end supersedes those before it. Runs that cannot be read are left out.
    """
    return resumable_runs(client.settings, plan_name, cloud_of(client), action)


def resumable_runs(settings: Settings, plan_name: str, cloud: dict[str, Any], action: str) -> list[str]:
    """Return the ids of the runs of a plan in a cloud that stopped or died after the last finished one."""
    resumable: list[str] = []
    for folder, happened in runs_of(settings, plan_name, cloud, action):
        if happened[-1]["event"] == events.RUN_FINISHED:
            break
        resumable.append(folder.name)
    return resumable


def cloud_of(client: Client) -> dict[str, Any]:
    """Return the cloud that a client is signed in to, as in the event ``run_started``."""
    identity = client.session.identity
    return {
        "url": client.settings.url or identity.base_url,
        "org": identity.org_name or client.settings.org or "",
        "user": client.settings.username or "",
        "api_version": identity.api_version,
    }


def usual_seconds(settings: Settings, action: str) -> dict[str, float]:
    """Return the duration of an action by the id of the VM: the median of earlier runs."""
    taken: dict[str, list[float]] = {}
    for _, happened in runs(settings):
        if text(happened[0], "action") != action:
            continue
        for event in happened:
            seconds = number(event, "seconds")
            if event["event"] == events.VM_FINISHED and text(event, "verdict") == "succeeded" and seconds:
                taken.setdefault(text(event, "id"), []).append(seconds)
    return {vm: statistics.median(seconds) for vm, seconds in taken.items()}


@dataclass(frozen=True)
class Switched:
    """A network change of a run. ``key`` is that of its step, ``saved`` the file of what was there before."""

    folder: Path
    step: str
    key: str
    saved: Path

    @property
    def id(self) -> str:
        """Return the id of the change, as ``restores`` of an event names it."""
        return f"{self.folder.name}/{self.key}"


def switched(folder: Path, happened: list[Event]) -> list[Switched]:
    """Return network changes that a run made and has not undone, newest first.

    One that failed or that the run died in has changed what it has changed: it counts as soon as there is a file of
    what was there before.
    """
    begun = {
        key: Switched(folder, text(event, "step"), key, saved_file(folder, key))
        for event in reversed(happened)
        if event["event"] == events.STEP_STARTED
        and text(event, "kind") == "network"
        and text(event, "phase") != "rollback"
        if (key := text(event, "key"))
    }
    taken_back = restored(happened)
    return [change for change in begun.values() if change.saved.exists() and change.id not in taken_back]


def restored(happened: list[Event]) -> set[str]:
    """Ids of the network changes that a run took back, its own or those of earlier runs."""
    return {
        str(event["restores"])
        for event in happened
        if event["event"] == events.STEP_FINISHED and event.get("restores") and text(event, "verdict") == "succeeded"
    }


def left_switched(settings: Settings, plan_name: str, cloud: dict[str, Any]) -> list[Switched]:
    """Return network changes of tests of a plan that no cleanup has undone yet, newest first.

    Those before a failover are none of them: what is there since then is what is wanted.
    """
    changes: list[Switched] = []
    taken_back: set[str] = set()
    for folder, happened in runs_of(settings, plan_name, cloud):
        action = happened[0]["action"]
        if action == "failover":
            break
        taken_back |= restored(happened)
        changes += switched(folder, happened) if action == "test" else []
    return [change for change in changes if change.id not in taken_back]
