"""The journal of a run: a file of events, appended to and made durable one by one, so that a run that dies can go on.

A run is a folder of the state directory: ``dr/runs/<run id>`` with ``journal.jsonl`` (see :mod:`.events`), what edge
gateways held before they were switched, and the reports. Folders are 0700, files 0600. A process that writes a journal
holds its lock, which the operating system gives up when the process dies.
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
    """Return the folder of the runs of this user. It may not exist yet."""
    return state_folder(settings) / "dr" / "runs"


class JournalError(ConfigurationError):
    """An event could not be written. The journal holds whole lines up to it, and takes nothing more."""


class Journal:
    """The journal of one run, open for writing. Safe to append to from many threads.

    ``held``: the lock of the folder, when the caller has it already.
    """

    def __init__(self, folder: Path, seq: int = 0, observers: tuple[Observer, ...] = (), *, held: Any = None) -> None:
        self.folder = folder
        self._seq = seq
        self._observers = observers
        self._lock = threading.Lock()
        self._held = held if held is not None else _hold(folder)
        self.failure: JournalError | None = None
        try:
            self._file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._size = os.fstat(self._file).st_size
        except OSError:
            self._held.release()
            raise

    @property
    def run_id(self) -> str:
        return self.folder.name

    def append(self, event: str, **fields: Any) -> Event:
        """Write an event and wait until it is on the disk.

        Raises: JournalError when it cannot, and from then on: what follows an event that is missing would be read as
        if that had not happened.
        """
        with self._lock:
            if self.failure is not None:
                raise self.failure
            made = {"seq": self._seq + 1, "at": moment(), "mono": round(time.monotonic(), 3), "event": event, **fields}
            line = (json.dumps(made, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()
            try:
                _write_all(self._file, line)
                os.fdatasync(self._file)
            except OSError as exc:
                self.failure = JournalError(
                    f"The journal of the run cannot be written: {exc.strerror} ({self.folder}).",
                    hint="Make room, then resume the run.",
                )
                # Half a line would be joined with the next one, if anybody ever wrote again.
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._size)
                raise self.failure from exc
            self._seq += 1
            self._size += len(line)
        self.tell(made)
        return made

    def tell(self, event: Event) -> None:
        """Let observers know of something that is not kept."""
        for observer in self._observers:
            observer(event)

    def close(self) -> None:
        """Let go of the file and its lock."""
        os.close(self._file)
        self._held.release()


def create_journal(settings: Settings, observers: tuple[Observer, ...] = ()) -> Journal:
    """The journal of a new run. Raises ConfigurationError when the folder cannot be made."""
    try:
        parent = private_folder(runs_folder(settings))
        # Names sort by time; the rest keeps two of one millisecond apart.
        folder = parent / f"{_next_stamp(parent)}-{secrets.token_hex(2)}"
        folder.mkdir(mode=0o700)
        made = Journal(folder, observers=observers)
        _sync_folder(folder)
        _sync_folder(folder.parent)
    except OSError as exc:
        raise ConfigurationError(
            f"The run has no place to be written down: {exc.strerror} ({runs_folder(settings)}).",
            hint="Set state_dir (VCA_STATE_DIR) to a folder that can be written. Nothing was started.",
        ) from exc
    return made


def reopen_journal(
    settings: Settings, run_id: str, observers: tuple[Observer, ...] = ()
) -> tuple[Journal, list[Event]]:
    """A run that stopped or died, to go on with, and what happened in it so far. A line that was cut off is dropped.

    Raises: NotFoundError, LockTimeoutError when the run is still going on, ConfigurationError.
    """
    folder = _folder_of(settings, run_id)
    lock = _hold(folder)  # before reading: nobody writes now, nor until the journal that is returned is closed
    try:
        events = read_journal(folder)
        whole = sum(len(line) for line in _lines(folder / JOURNAL))
        if whole < (folder / JOURNAL).stat().st_size:
            os.truncate(folder / JOURNAL, whole)
        return Journal(folder, int(events[-1]["seq"]), observers, held=lock), events
    except OSError as exc:
        lock.release()
        raise ConfigurationError(
            f"The journal of the run {folder.name} cannot be opened: {exc.strerror}.",
            hint="Check the owner and the rights of the folder, and whether the disk is full.",
        ) from exc
    except BaseException:
        lock.release()
        raise


def read_run(settings: Settings, run_id: str = "") -> list[Event]:
    """The events of a run, by its id or the beginning of it; of the newest one without. Sends nothing.

    Raises: NotFoundError, ConfigurationError.
    """
    return read_journal(run_folder(settings, run_id))


def newest_run(settings: Settings) -> str:
    """Raises NotFoundError when there is none."""
    known = run_ids(settings)
    if not known:
        unreadable = unreadable_runs(settings)
        if unreadable:
            name, reason = next(iter(unreadable.items()))
            raise ConfigurationError(
                f"No run can be read: {name}. {reason}.", hint="Check the owner and the rights of the folder."
            )
        raise NotFoundError("There is no run yet.", hint=f"Runs of this user are kept in {runs_folder(settings)}.")
    return known[-1]


def unreadable_runs(settings: Settings) -> dict[str, str]:
    """Return the folders of runs that do not count as runs of this user, and why. Raises ConfigurationError."""
    known = set(run_ids(settings))
    folder = runs_folder(settings)
    reasons: dict[str, str] = {}
    try:
        entries = sorted(path for path in folder.iterdir() if path.name not in known) if folder.exists() else []
    except OSError as exc:
        raise ConfigurationError(f"The runs in {folder} cannot be listed: {exc.strerror}.") from exc
    for entry in entries:
        try:
            if not entry.is_dir():
                continue
            if not is_own(os.lstat(entry)) or not is_own(os.lstat(entry / JOURNAL)):
                reasons[entry.name] = "It belongs to another user"
            elif not (entry / JOURNAL).is_file():
                reasons[entry.name] = "Its journal is not a file"
        except FileNotFoundError:
            reasons[entry.name] = "It has no journal"
        except OSError as exc:
            reasons[entry.name] = f"It cannot be read: {exc.strerror}"
    return reasons


def run_ids(settings: Settings) -> list[str]:
    """Return the ids of all runs of this user on this host, oldest first. Raises ConfigurationError: not our folder.

    A run that is resumed runs the programs of the plan that lies beside its journal. So what somebody else has put
    there does not count as a run.
    """
    folder = runs_folder(settings)
    try:
        if not check_folder(folder):
            return []
        return sorted(path.name for path in folder.iterdir() if _is_run(path))
    except OSError as exc:
        raise ConfigurationError(
            f"The runs in {folder} cannot be looked at: {exc.strerror}.",
            hint="Set state_dir (VCA_STATE_DIR) to a folder of your own.",
        ) from exc


def _next_stamp(folder: Path) -> str:
    """Return a time that sorts after all runs so far, even if the clock was set back: the last name is the newest."""
    now = datetime.now(timezone.utc)
    stamp = now.strftime(_STAMP)[:-3]
    last = max((path.name[: len(stamp)] for path in folder.iterdir()), default="")
    try:
        if last >= stamp:
            parsed = datetime.strptime(last + "000", _STAMP).replace(tzinfo=timezone.utc)
            stamp = (parsed + timedelta(milliseconds=1)).strftime(_STAMP)[:-3]
    except (ValueError, OverflowError):
        pass  # not a name of ours
    return stamp


def _is_run(folder: Path) -> bool:
    try:
        return all(is_own(os.lstat(path)) for path in (folder, folder / JOURNAL)) and (folder / JOURNAL).is_file()
    except OSError:
        return False


def run_folder(settings: Settings, run_id: str = "") -> Path:
    """Return the folder of a run, which has its journal and its reports.

    Args:
        settings: The settings that name the state folder.
        run_id: The id of the run or the beginning of it; by default the newest run.

    Raises: NotFoundError.
    """
    return _folder_of(settings, run_id or newest_run(settings))


def read_journal(folder: Path) -> list[Event]:
    """Return the events of a run, in order, from its folder. Raises ConfigurationError when it has no valid journal."""
    events: list[Event] = []
    for number, line in enumerate(_lines(folder / JOURNAL), 1):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        is_event = isinstance(event, dict) and isinstance(event.get("event"), str)
        if not is_event or event.get("seq") != number:
            raise ConfigurationError(f"{folder / JOURNAL} is no journal of a run: line {number} is damaged.")
        events.append(event)
    if not events:
        raise ConfigurationError(f"The run {folder.name} ended before anything was started.", hint="Start a new one.")
    return events


def moment() -> str:
    """Now, in ISO 8601, UTC, with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines: the last one may have been cut off."""
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except OSError as exc:
        raise ConfigurationError(f"The journal {path} cannot be read: {exc.strerror}.") from exc


def _folder_of(settings: Settings, run_id: str) -> Path:
    known = run_ids(settings)
    candidates = [known_id for known_id in known if known_id == run_id] or [
        known_id for known_id in known if run_id and known_id.startswith(run_id)
    ]
    if len(candidates) != 1:
        newest = f"The newest is {known[-1]}." if known else f"There are none in {runs_folder(settings)}."
        what = f"There are {len(candidates)} runs that begin with" if candidates else "There is no run"
        raise NotFoundError(f"{what} {run_id!r}.", hint=newest)
    return runs_folder(settings) / candidates[0]


def _hold(folder: Path) -> Any:
    import filelock

    lock = file_lock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as exc:
        raise LockTimeoutError(
            f"The run {folder.name} is still going on.", hint="Wait for it, or stop that process first."
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
