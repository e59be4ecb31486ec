"""Find and read the runs of this user."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError, NotFoundError
from vcloudair_core.recovery.journal.run_storage import JOURNAL, storage_of
from vcloudair_core.settings.directories import check_folder, is_own

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event
    from vcloudair_core.settings.settings import Settings


def runs_folder(settings: Settings) -> Path:
    """Return the folder with the runs of this user, which may not exist yet.

    If ``state_url`` names an object store, this is the cache folder on this host.
    """
    return storage_of(settings).runs


def read_run(settings: Settings, run_id: str = "") -> list[Event]:
    """Return the events of a run. Sends no request.

    ``run_id`` is the ID of the run or the beginning of the ID. By default, the newest run is read. Raises NotFoundError
    when the run does not exist, and ConfigurationError when the journal cannot be read.
    """
    return read_journal(run_folder(settings, run_id))


def newest_run(settings: Settings) -> str:
    """Return the ID of the newest run.

    Raises: NotFoundError when this user has no runs; ConfigurationError when none of the runs can be read.
    """
    known = run_ids(settings)
    if not known:
        unreadable = unreadable_runs(settings)
        if unreadable:
            name, reason = next(iter(unreadable.items()))
            raise ConfigurationError(
                f"Reading the runs failed: {name}. {reason}.", hint="Check the owner and permissions of the folder."
            )
        raise NotFoundError(
            "No run exists yet.",
            hint=f"Check state_dir and state_url. Runs are stored in {storage_of(settings).shown}.",
        )
    return known[-1]


def unreadable_runs(settings: Settings) -> dict[str, str]:
    """Return the folders that cannot be read as runs of this user, with the reasons.

    Shape: ``{folder name: reason}``. Raises ConfigurationError.
    """
    storage = storage_of(settings)
    if storage.is_remote:
        return {}  # an object store has no owners
    known = set(run_ids(settings))
    folder = storage.runs
    reasons: dict[str, str] = {}
    try:
        entries = sorted(path for path in folder.iterdir() if path.name not in known) if folder.exists() else []
    except OSError as exc:
        raise ConfigurationError(f"Listing the runs failed: {folder}. {exc.strerror}.") from exc
    for entry in entries:
        try:
            if not entry.is_dir():
                continue
            if not is_own(os.lstat(entry)) or not is_own(os.lstat(entry / JOURNAL)):
                reasons[entry.name] = "The folder or its journal belongs to another user"
            elif not (entry / JOURNAL).is_file():
                reasons[entry.name] = "The journal is not a file"
        except FileNotFoundError:
            reasons[entry.name] = "The folder has no journal"
        except OSError as exc:
            reasons[entry.name] = f"The folder cannot be read: {exc.strerror}"
    return reasons


def run_ids(settings: Settings) -> list[str]:
    """Return the IDs of all runs of this user, oldest first.

    With ``state_url``, these are the runs of all hosts.

    Folders that other users own are left out, because resuming a run executes programs from the plan in its folder.
    Raises ConfigurationError when the parent folder belongs to another user or cannot be read.
    """
    storage = storage_of(settings)
    if storage.is_remote:
        return storage.remote_ids()
    folder = storage.runs
    try:
        if not check_folder(folder):
            return []
        return sorted(path.name for path in folder.iterdir() if _is_run(path))
    except OSError as exc:
        raise ConfigurationError(
            f"Listing the runs failed: {folder}. {exc.strerror}.",
            hint="Set state_dir (VCA_STATE_DIR), or state_url, to a folder that you own.",
        ) from exc


def _is_run(folder: Path) -> bool:
    try:
        return all(is_own(os.lstat(path)) for path in (folder, folder / JOURNAL)) and (folder / JOURNAL).is_file()
    except OSError:
        return False


def run_folder(settings: Settings, run_id: str = "") -> Path:
    """Return the folder of a run, which contains the journal and the reports.

    Args:
        settings: The settings that name the state folder.
        run_id: The ID of the run or the beginning of the ID. The default is the newest run.

    Raises: NotFoundError.
    """
    return fetched_folder(settings, full_run_id(settings, run_id or newest_run(settings)))


def fetched_folder(settings: Settings, run_id: str) -> Path:
    """Return the folder of a run, with all of its files.

    A run in an object store is copied to this host. Raises ConfigurationError when this fails.
    """
    try:
        return storage_of(settings).fetch(run_id)
    except OSError as exc:
        raise ConfigurationError(
            f"Copying run {run_id} to {runs_folder(settings)} failed. {exc.strerror}.",
            hint="Set state_dir (VCA_STATE_DIR) to a writable folder.",
        ) from exc


def full_run_id(settings: Settings, run_id: str) -> str:
    """Return the ID of the run whose ID starts with ``run_id``. Raises NotFoundError."""
    known = run_ids(settings)
    candidates = [known_id for known_id in known if known_id == run_id] or [
        known_id for known_id in known if run_id and known_id.startswith(run_id)
    ]
    if len(candidates) != 1:
        problem = f"{len(candidates)} runs have an ID that starts with" if candidates else "No run has the ID"
        newest = f" The newest run is {known[-1]}." if known else ""
        raise NotFoundError(f"{problem} {run_id!r}.{newest}", hint="Run `vca dr runs` to see the IDs of all runs.")
    return candidates[0]


def read_journal(folder: Path) -> list[Event]:
    """Return the events of a run from its folder, in order.

    Raises ConfigurationError when the journal is missing, empty or damaged.
    """
    events: list[Event] = []
    for number, line in enumerate(whole_lines(folder / JOURNAL), 1):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        is_event = isinstance(event, dict) and isinstance(event.get("event"), str)
        if not is_event or event.get("seq") != number:
            raise ConfigurationError(f"Reading the run journal failed: {folder / JOURNAL}. Line {number} is damaged.")
        events.append(event)
    if not events:
        raise ConfigurationError(f"Run {folder.name} ended before anything was started.", hint="Start a new run.")
    return events


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the complete lines of a journal. A partial last line is left out."""
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except OSError as exc:
        raise ConfigurationError(f"Reading the run journal failed: {path}. {exc.strerror}.") from exc
