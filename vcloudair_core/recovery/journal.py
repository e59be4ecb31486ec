"""The journal of a run: a file of events, appended to and made durable one by one, so that a run that dies can go on.

A run is a folder of the state directory: ``dr/runs/<run id>`` with ``journal.jsonl`` (see :mod:`events`), what edge
gateways held before they were switched, and the reports. Folders are 0700, files 0600. A process that writes a journal
holds its lock, which the operating system gives up when the process dies.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, LockTimeoutError, NotFoundError
from vcloudair_core.filelocks import file_lock
from vcloudair_core.folders import check_folder, is_own, private_folder, state_folder

if TYPE_CHECKING:
    from vcloudair_core.config import Settings
    from vcloudair_core.recovery.events import Event, Observer

JOURNAL = "journal.jsonl"


def runs_folder(settings: Settings) -> Path:
    """Where the runs of this user are. It need not be there yet."""
    return state_folder(settings) / "dr" / "runs"


class Journal:
    """The journal of one run, open for writing. Safe to append to from many threads."""

    def __init__(self, folder: Path, seq: int = 0, observers: tuple[Observer, ...] = ()) -> None:
        self.folder = folder
        self._seq = seq
        self._observers = observers
        self._lock = threading.Lock()
        self._held = _hold(folder)
        self._file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)

    @property
    def run_id(self) -> str:
        return self.folder.name

    def append(self, event: str, **words: Any) -> Event:
        """Write one event, and return when it would outlast a power cut. Raises ConfigurationError when it cannot."""
        with self._lock:
            self._seq += 1
            made = {"seq": self._seq, "at": moment(), "event": event, **words}
            line = json.dumps(made, ensure_ascii=False, separators=(",", ":"), default=str) + "\n"
            try:
                _write_all(self._file, line.encode())
                os.fdatasync(self._file)
            except OSError as exc:
                raise ConfigurationError(
                    f"The journal of the run cannot be written: {exc.strerror} ({self.folder}).",
                    hint="Nothing more is started. Make room, then resume the run.",
                ) from exc
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
    # Names sort by time; the rest keeps two of one millisecond apart.
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-%f")[:-3]
    folder = runs_folder(settings) / f"{stamp}-{secrets.token_hex(2)}"
    try:
        private_folder(folder.parent)
        folder.mkdir(mode=0o700)
        made = Journal(folder, observers=observers)
        _sync_folder(folder)
        _sync_folder(folder.parent)
    except OSError as exc:
        raise ConfigurationError(
            f"The run has no place to be written down: {exc.strerror} ({folder}).",
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
    lock = _hold(folder)  # before reading: nobody writes now
    try:
        events = read_journal(folder)
        whole = sum(len(line) for line in _lines(folder / JOURNAL))
        os.truncate(folder / JOURNAL, whole)
    finally:
        lock.release()
    return Journal(folder, int(events[-1]["seq"]), observers), events


def read_run(settings: Settings, run_id: str = "") -> list[Event]:
    """The events of a run, by its id or the beginning of it; of the newest one without. Sends nothing.

    Raises: NotFoundError, ConfigurationError.
    """
    return read_journal(_folder_of(settings, run_id or newest_run(settings)))


def newest_run(settings: Settings) -> str:
    """Raises NotFoundError when there is none."""
    known = run_ids(settings)
    if not known:
        raise NotFoundError("There is no run yet.", hint=f"Runs of this user are kept in {runs_folder(settings)}.")
    return known[-1]


def run_ids(settings: Settings) -> list[str]:
    """The ids of all runs of this user on this machine, oldest first. Raises ConfigurationError: not our folder.

    A run that is resumed runs the programs of the plan that lies beside its journal. So what somebody else has put
    there does not count as a run.
    """
    folder = runs_folder(settings)
    try:
        if not check_folder(folder):
            return []
        return sorted(one.name for one in folder.iterdir() if _is_run(one))
    except OSError as exc:
        raise ConfigurationError(
            f"The runs in {folder} cannot be looked at: {exc.strerror}.",
            hint="Set state_dir (VCA_STATE_DIR) to a folder of your own.",
        ) from exc


def _is_run(folder: Path) -> bool:
    try:
        return all(is_own(os.lstat(path)) for path in (folder, folder / JOURNAL)) and (folder / JOURNAL).is_file()
    except OSError:
        return False


def folder_of(settings: Settings, run_id: str) -> Path:
    """The folder of a run, by its id or the beginning of it. Raises NotFoundError."""
    return _folder_of(settings, run_id)


def read_journal(folder: Path) -> list[Event]:
    """Every whole event, in order. Raises ConfigurationError when the file is no journal."""
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
    meant = [one for one in known if one == run_id] or [one for one in known if run_id and one.startswith(run_id)]
    if len(meant) != 1:
        newest = f"The newest is {known[-1]}." if known else f"There are none in {runs_folder(settings)}."
        what = f"There are {len(meant)} runs that begin with" if meant else "There is no run"
        raise NotFoundError(f"{what} {run_id!r}.", hint=newest)
    return runs_folder(settings) / meant[0]


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
