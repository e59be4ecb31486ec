"""Run journal: a file with the events of a run, used to resume the run.

Each event is on disk before the run continues.

Each run has a folder ``dr/runs/<run ID>`` in the state folder, with ``journal.jsonl`` (see :mod:`.events`), the
saved configurations of edge gateways, and the reports. Folders have mode 0700, files 0600. The process that writes a
journal holds its lock, which the operating system releases when the process dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, LockTimeoutError, NotFoundError
from vcloudair_core.settings.directories import check_folder, is_own, private_folder, state_folder
from vcloudair_core.util.file_locks import file_lock

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event, Observer
    from vcloudair_core.settings.settings import Settings

JOURNAL = "journal.jsonl"
_STAMP = "%Y%m%d-%H%M%S-%f"


def runs_folder(settings: Settings) -> Path:
    """Return the folder with the runs of this user. The folder may not exist yet."""
    return state_folder(settings) / "dr" / "runs"


class JournalError(ConfigurationError):
    """An event could not be written.

    The journal contains all earlier events. No further events can be written to the journal.
    """


class Journal:
    """The journal of a run, open for writing. Several threads can append to it.

    ``lock`` is the lock of the folder, if the caller already holds it.
    """

    def __init__(self, folder: Path, seq: int = 0, observers: tuple[Observer, ...] = (), *, lock: Any = None) -> None:
        self.folder = folder
        self._seq = seq
        self._observers = observers
        self._append_lock = threading.Lock()
        self._folder_lock = lock if lock is not None else _lock_folder(folder)
        self.failure: JournalError | None = None
        try:
            self._file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._size = os.fstat(self._file).st_size
        except OSError:
            self._folder_lock.release()
            raise

    @property
    def run_id(self) -> str:
        return self.folder.name

    def append(self, event: str, **fields: Any) -> Event:
        """Write an event and wait until it is on disk.

        Raises: JournalError when the write fails. All later calls raise the error too, because a journal must not have
            gaps.
        """
        with self._append_lock:
            if self.failure is not None:
                raise self.failure
            record = {
                "seq": self._seq + 1,
                "at": moment(),
                "mono": round(time.monotonic(), 3),
                "event": event,
                **fields,
            }
            line = (json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()
            try:
                _write_all(self._file, line)
                os.fdatasync(self._file)
            except OSError as exc:
                self.failure = JournalError(
                    f"Writing the run journal failed: {self.folder}. {exc.strerror}.",
                    hint="Check the free space of the disk, then resume the run.",
                )
                # A resumed run would append to a partial line.
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._size)
                raise self.failure from exc
            self._seq += 1
            self._size += len(line)
        self.notify(record)
        return record

    def notify(self, event: Event) -> None:
        """Pass an event to the observers. The event is not written to the journal."""
        for observer in self._observers:
            observer(event)

    def close(self) -> None:
        """Close the file and release its lock."""
        os.close(self._file)
        self._folder_lock.release()


def create_journal(settings: Settings, observers: tuple[Observer, ...] = ()) -> Journal:
    """Create the folder and the journal of a new run.

    Raises ConfigurationError when the folder or the journal cannot be created.
    """
    try:
        parent = private_folder(runs_folder(settings))
        # Names sort by time. The suffix distinguishes runs of the same millisecond.
        folder = parent / f"{_next_stamp(parent)}-{secrets.token_hex(2)}"
        folder.mkdir(mode=0o700)
        journal = Journal(folder, observers=observers)
        _sync_folder(folder)
        _sync_folder(folder.parent)
    except OSError as exc:
        raise ConfigurationError(
            f"Creating the run journal failed: {runs_folder(settings)}. {exc.strerror}. Nothing was started.",
            hint="Set state_dir (VCA_STATE_DIR) to a writable folder.",
        ) from exc
    return journal


def reopen_journal(
    settings: Settings, run_id: str, observers: tuple[Observer, ...] = ()
) -> tuple[Journal, list[Event]]:
    """Open the journal of an unfinished run for appending.

    Returns the journal and its events.

    A partial last line is removed. Raises NotFoundError when the run does not exist, LockTimeoutError when the run is
    still in progress, and ConfigurationError when the journal cannot be opened.
    """
    folder = _folder_of(settings, run_id)
    lock = _lock_folder(folder)  # before reading, so that no other process can append
    try:
        events = read_journal(folder)
        size = sum(len(line) for line in _lines(folder / JOURNAL))
        if size < (folder / JOURNAL).stat().st_size:
            os.truncate(folder / JOURNAL, size)
        return Journal(folder, int(events[-1]["seq"]), observers, lock=lock), events
    except OSError as exc:
        lock.release()
        raise ConfigurationError(
            f"Opening the journal of run {folder.name} failed. {exc.strerror}.",
            hint="Check the owner and permissions of the folder, and the free space of the disk.",
        ) from exc
    except BaseException:
        lock.release()
        raise


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
        raise NotFoundError("No run exists yet.", hint=f"Check state_dir. Runs are stored in {runs_folder(settings)}.")
    return known[-1]


def unreadable_runs(settings: Settings) -> dict[str, str]:
    """Return the folders that cannot be read as runs of this user, with the reasons.

    Shape: ``{folder name: reason}``. Raises ConfigurationError.
    """
    known = set(run_ids(settings))
    folder = runs_folder(settings)
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
    """Return the IDs of all runs that this user started on this host, oldest first.

    Folders of other users do not count as runs, because resuming a run executes the programs of the plan in the folder.
    Raises ConfigurationError when the parent folder belongs to another user or cannot be read.
    """
    folder = runs_folder(settings)
    try:
        if not check_folder(folder):
            return []
        return sorted(path.name for path in folder.iterdir() if _is_run(path))
    except OSError as exc:
        raise ConfigurationError(
            f"Listing the runs failed: {folder}. {exc.strerror}.",
            hint="Set state_dir (VCA_STATE_DIR) to a folder that you own.",
        ) from exc


def _next_stamp(folder: Path) -> str:
    """Return a timestamp that sorts after all runs, even after a clock change."""
    now = datetime.now(timezone.utc)
    stamp = now.strftime(_STAMP)[:-3]
    last = max((path.name[: len(stamp)] for path in folder.iterdir()), default="")
    try:
        if last >= stamp:
            parsed = datetime.strptime(last + "000", _STAMP).replace(tzinfo=timezone.utc)
            stamp = (parsed + timedelta(milliseconds=1)).strftime(_STAMP)[:-3]
    except (ValueError, OverflowError):
        pass  # not the folder of a run
    return stamp


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
    return _folder_of(settings, run_id or newest_run(settings))


def read_journal(folder: Path) -> list[Event]:
    """Return the events of a run from its folder, in order.

    Raises ConfigurationError when the journal is missing, empty or damaged.
    """
    events: list[Event] = []
    for number, line in enumerate(_lines(folder / JOURNAL), 1):
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


def moment() -> str:
    """Return the current time in ISO 8601, UTC, with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the complete lines of a journal. A partial last line is left out."""
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except OSError as exc:
        raise ConfigurationError(f"Reading the run journal failed: {path}. {exc.strerror}.") from exc


def _folder_of(settings: Settings, run_id: str) -> Path:
    known = run_ids(settings)
    candidates = [known_id for known_id in known if known_id == run_id] or [
        known_id for known_id in known if run_id and known_id.startswith(run_id)
    ]
    if len(candidates) != 1:
        problem = f"{len(candidates)} runs have an ID that starts with" if candidates else "No run has the ID"
        newest = f" The newest run is {known[-1]}." if known else ""
        raise NotFoundError(f"{problem} {run_id!r}.{newest}", hint="Run `vca dr runs` to see the IDs of all runs.")
    return runs_folder(settings) / candidates[0]


def _lock_folder(folder: Path) -> Any:
    import filelock

    lock = file_lock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as exc:
        raise LockTimeoutError(
            f"Run {folder.name} is still in progress.", hint="Wait until the run ends, or stop its process."
        ) from exc
    return lock


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
