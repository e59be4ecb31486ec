"""Read the history of runs: tests, durations and network changes."""

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
from vcloudair_core.recovery.journal.file_store import StoreError
from vcloudair_core.recovery.journal.run_folders import (
    fetched_folder,
    read_journal,
    run_ids,
    runs_folder,
    unreadable_runs,
)
from vcloudair_core.recovery.run.network_changes import saved_file

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery.journal.events import Event
    from vcloudair_core.settings.settings import Settings

_MAX_RUNS = 200


def runs(settings: Settings, *, newest_first: bool = True) -> Iterator[tuple[Path, list[Event]]]:
    """Yield the folder and the events of each readable run.

    Unreadable runs are skipped.
    """
    known = run_ids(settings)[-_MAX_RUNS:]
    for run_id in reversed(known) if newest_first else known:
        try:
            folder = fetched_folder(settings, run_id)
            yield folder, read_journal(folder)
        except StoreError:
            raise
        except VcloudAirError:
            continue


def all_runs(settings: Settings) -> Iterator[tuple[Path, list[Event] | str]]:
    """Yield the folder and the events of each run, newest first.

    If a run cannot be read, yields the reason instead of its events. Raises ConfigurationError when the folder of the
    runs cannot be listed.
    """
    unreadable = unreadable_runs(settings)
    for run_id in sorted([*run_ids(settings), *unreadable], reverse=True):
        folder = runs_folder(settings) / run_id
        if run_id in unreadable:
            yield folder, unreadable[run_id]
            continue
        try:
            yield folder, read_journal(fetched_folder(settings, run_id))
        except StoreError:
            raise
        except VcloudAirError as exc:
            yield folder, exc.message


def runs_of(
    settings: Settings, plan_name: str, cloud: dict[str, Any], action: str = ""
) -> Iterator[tuple[Path, list[Event]]]:
    """Yield the runs of a plan in a cloud, newest first.

    If ``action`` is empty, the runs of all actions are yielded.
    """
    for folder, run_events in runs(settings):
        head = run_events[0]
        is_same = text(mapping(head, "plan"), "name") == plan_name and action in ("", text(head, "action"))
        if is_same and all(mapping(head, "cloud").get(name) == cloud.get(name) for name in ("url", "org")):
            yield folder, run_events


def last_test(settings: Settings, plan_name: str, cloud: dict[str, Any]) -> datetime | None:
    """Return the time of a plan's last successful test, or None."""
    for _, run_events in runs_of(settings, plan_name, cloud, "test"):
        last = run_events[-1]
        at = moment(last)
        if last["event"] == events.RUN_FINISHED and text(last, "verdict") == "succeeded" and at is not None:
            return at
    return None


def unfinished_runs(client: Client, plan_name: str, action: str) -> list[str]:
    """Return the IDs of the resumable runs of a plan, newest first.

    Unreadable runs, and runs that are older than the last finished run, are left out.

    Args:
        client: The client of the cloud in which the runs were started.
        plan_name: The name of the plan.
        action: ``test``, ``cleanup`` or ``failover``.
    """
    return resumable_runs(client.settings, plan_name, cloud_of(client), action)


def resumable_runs(settings: Settings, plan_name: str, cloud: dict[str, Any], action: str) -> list[str]:
    """Return the IDs of runs that were stopped or died after the last finished run."""
    resumable: list[str] = []
    for folder, run_events in runs_of(settings, plan_name, cloud, action):
        if run_events[-1]["event"] == events.RUN_FINISHED:
            break
        resumable.append(folder.name)
    return resumable


def cloud_of(client: Client) -> dict[str, Any]:
    """Return the cloud of a client, in the format of the event ``run_started``."""
    identity = client.session.identity
    return {
        "url": client.settings.url or identity.base_url,
        "org": identity.org_name or client.settings.org or "",
        "user": client.settings.username or "",
        "api_version": identity.api_version,
    }


def typical_seconds(settings: Settings, action: str) -> dict[str, float]:
    """Return the typical duration of an action for each VM, as ``{VM ID: seconds}``.

    The typical duration is the median of successful operations in earlier runs.
    """
    durations: dict[str, list[float]] = {}
    for _, run_events in runs(settings):
        if text(run_events[0], "action") != action:
            continue
        for event in run_events:
            seconds = number(event, "seconds")
            if event["event"] == events.VM_FINISHED and text(event, "verdict") == "succeeded" and seconds:
                durations.setdefault(text(event, "id"), []).append(seconds)
    return {vm: statistics.median(seconds) for vm, seconds in durations.items()}


@dataclass(frozen=True)
class AppliedChange:
    """A network change that a run made.

    ``key`` is the key of the step. ``saved`` is the file with the configuration before the change.
    """

    folder: Path
    step: str
    key: str
    saved: Path

    @property
    def id(self) -> str:
        """Return the ID of the change, as in the field ``restores`` of an event."""
        return f"{self.folder.name}/{self.key}"


def applied_changes(folder: Path, run_events: list[Event]) -> list[AppliedChange]:
    """Return the network changes that a run made and has not undone, newest first.

    A step that failed or was interrupted may have changed part of an edge. So a change counts as soon as its saved file
    exists.
    """
    started = {
        key: AppliedChange(folder, text(event, "step"), key, saved_file(folder, key))
        for event in reversed(run_events)
        if event["event"] == events.STEP_STARTED
        and text(event, "kind") == "network"
        and text(event, "phase") != "rollback"
        if (key := text(event, "key"))
    }
    restored = restored_ids(run_events)
    return [change for change in started.values() if change.saved.exists() and change.id not in restored]


def restored_ids(run_events: list[Event]) -> set[str]:
    """Return the IDs of the network changes that a run undid.

    These changes can belong to earlier runs.
    """
    return {
        str(event["restores"])
        for event in run_events
        if event["event"] == events.STEP_FINISHED and event.get("restores") and text(event, "verdict") == "succeeded"
    }


def pending_restores(settings: Settings, plan_name: str, cloud: dict[str, Any]) -> list[AppliedChange]:
    """Return the network changes of tests that have not been undone, newest first.

    Changes before the last failover or migration are left out, because that run needs its own network configuration.
    """
    changes: list[AppliedChange] = []
    restored: set[str] = set()
    for folder, run_events in runs_of(settings, plan_name, cloud):
        action = run_events[0]["action"]
        if action in ("failover", "migrate"):
            break
        restored |= restored_ids(run_events)
        changes += applied_changes(folder, run_events) if action == "test" else []
    return [change for change in changes if change.id not in restored]
