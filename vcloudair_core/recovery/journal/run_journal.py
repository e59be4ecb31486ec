"""Run journal: a file with the events of a run, used to resume the run.

Each event is on disk before the run continues.

Each run has a folder ``dr/runs/<run ID>`` in the state folder, with ``journal.jsonl`` (see :mod:`.events`), the
saved configurations of edge gateways, and the reports. Folders have mode 0700, files 0600. The process that writes a
journal holds its lock, which the operating system releases when the process dies. If ``state_url`` is set, the lock is
a lease that is valid for all hosts. See :mod:`.lease` and :mod:`.run_storage`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.recovery.journal.file_store import replace_file, sync_folder
from vcloudair_core.recovery.journal.lease import LeaseLostError
from vcloudair_core.recovery.journal.run_folders import full_run_id, read_journal, whole_lines
from vcloudair_core.recovery.journal.run_lock import HostLock, RunLock, lock_run
from vcloudair_core.recovery.journal.run_storage import JOURNAL, Replica, storage_of
from vcloudair_core.settings.directories import private_folder

if TYPE_CHECKING:
    from vcloudair_core.recovery.journal.events import Event, Observer
    from vcloudair_core.settings.settings import Settings

_STAMP = "%Y%m%d-%H%M%S-%f"


class JournalError(ConfigurationError):
    """An event could not be written.

    The journal contains all earlier events. No further events can be written to the journal.
    """


class Journal:
    """The journal of a run, open for writing. Several threads can append to it.

    Args:
        folder: The folder of the run.
        seq: The number of the last event.
        observers: Callbacks that receive each event.
        lock: The lock of the run, if the caller already holds it.
        replica: The copy of the run in an object store.
    """

    def __init__(
        self,
        folder: Path,
        seq: int = 0,
        observers: tuple[Observer, ...] = (),
        *,
        lock: RunLock | None = None,
        replica: Replica | None = None,
    ) -> None:
        self.folder = folder
        self._seq = seq
        self._observers = observers
        self._append_lock = threading.Lock()
        self._run_lock = lock if lock is not None else HostLock(folder)
        self._replica = replica
        self.failure: JournalError | None = None
        try:
            self._file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._size = os.fstat(self._file).st_size
        except OSError:
            self._run_lock.release()
            raise

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def is_empty(self) -> bool:
        """Return True if the journal has no events."""
        return self._seq == 0

    @property
    def is_lost(self) -> bool:
        """Return True if another process may continue the run now."""
        return self._run_lock.is_lost

    def append(self, event: str, **fields: Any) -> Event:
        """Write an event and wait until it is durable.

        The event is on disk and, if there is an object store, in the object store.

        The lease is checked before and after the write, so that nothing is started after the lease was lost.

        Raises: JournalError when the write fails or the lease was lost. All later calls raise the error too, because a
            journal must not have gaps.
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
            self._check_lock()
            self._replicate(line)
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
            self._check_lock()
        self.notify(record)
        return record

    def _check_lock(self) -> None:
        """Raise JournalError unless this process may continue the run."""
        try:
            self._run_lock.check()
        except VcloudAirError as exc:
            self._fail(exc)

    def _replicate(self, line: bytes) -> None:
        """Store the next event in the object store. Raises JournalError when this fails."""
        if self._replica is None:
            return
        try:
            is_stored = self._replica.append(self._seq + 1, line)
        except VcloudAirError as exc:
            self._fail(exc)
        if not is_stored:
            self._check_lock()
            message = f"Run {self.run_id} was stopped on this host. Another process appended to its journal."
            self._fail(LeaseLostError(message))

    def _fail(self, exc: VcloudAirError) -> NoReturn:
        self.failure = JournalError(exc.message, hint=exc.hint or "Resume the run when the storage is available.")
        raise self.failure from exc

    def keep(self, path: Path) -> None:
        """Store a file of the run in the object store, if there is one.

        Raises StoreError.
        """
        if self._replica is not None and not self.is_lost:
            self._replica.keep(path)

    def notify(self, event: Event) -> None:
        """Pass an event to the observers. The event is not written to the journal."""
        for observer in self._observers:
            observer(event)

    def close(self) -> None:
        """Close the file and release its lock."""
        os.close(self._file)
        if self._replica is not None:
            self._replica.close(self.folder, is_lost=self.is_lost)
        self._run_lock.release()


def create_journal(settings: Settings, observers: tuple[Observer, ...] = ()) -> Journal:
    """Create the folder and the journal of a new run.

    Raises ConfigurationError when the folder or the journal cannot be created.
    """
    storage = storage_of(settings)
    try:
        parent = private_folder(storage.runs)
        known = storage.remote_ids() if storage.is_remote else [path.name for path in parent.iterdir()]
        # Names sort by time. The suffix distinguishes runs of the same millisecond.
        run_id = f"{_next_stamp(known)}-{secrets.token_hex(2)}"
        storage.check_exclusive()
        folder = storage.active_folder(run_id)
        folder.mkdir(mode=0o700, exist_ok=storage.is_remote)
        lock = lock_run(storage, run_id)
        journal = Journal(folder, observers=observers, lock=lock, replica=storage.replica(run_id))
        sync_folder(folder)
        sync_folder(folder.parent)
    except OSError as exc:
        raise ConfigurationError(
            f"Creating the run journal failed: {storage.shown}. {exc.strerror}. Nothing was started.",
            hint="Set state_dir (VCA_STATE_DIR), or state_url (VCA_STATE_URL), to a writable folder.",
        ) from exc
    return journal


def reopen_journal(
    settings: Settings, run_id: str, observers: tuple[Observer, ...] = (), *, take_over: bool = False
) -> tuple[Journal, list[Event]]:
    """Open the journal of an unfinished run for appending.

    Returns the journal and its events.

    A partial last line is removed. Raises NotFoundError when the run does not exist, LockTimeoutError when the run is
    still in progress, and ConfigurationError when the journal cannot be opened. ``take_over`` is an option of
    :func:`.lease.acquire`.
    """
    storage = storage_of(settings)
    run_id = full_run_id(settings, run_id)
    lock = lock_run(storage, run_id, take_over=take_over)  # before reading, so that no other process can append
    try:
        folder = storage.fetch(run_id, storage.active_folder(run_id))
        events = read_journal(folder)
        _remove_partial_line(folder / JOURNAL, is_shared=storage.store is not None)
        seq = int(events[-1]["seq"])
        return Journal(folder, seq, observers, lock=lock, replica=storage.replica(run_id)), events
    except OSError as exc:
        lock.release()
        raise ConfigurationError(
            f"Opening the journal of run {run_id} failed. {exc.strerror}.",
            hint="Check the owner and permissions of the folder, and the free space of the disk.",
        ) from exc
    except BaseException:
        lock.release()
        raise


def _remove_partial_line(journal: Path, *, is_shared: bool) -> None:
    """Remove a partial last line.

    A shared journal is replaced by a new file, so that an earlier holder of the lease cannot append to it.
    """
    lines = list(whole_lines(journal))
    if is_shared:
        replace_file(journal, b"".join(lines))
    elif sum(map(len, lines)) < journal.stat().st_size:
        os.truncate(journal, sum(map(len, lines)))


def _next_stamp(known: Iterable[str]) -> str:
    """Return a timestamp that sorts after all runs, even after a clock change."""
    now = datetime.now(timezone.utc)
    stamp = now.strftime(_STAMP)[:-3]
    last = max((name[: len(stamp)] for name in known), default="")
    try:
        if last >= stamp:
            parsed = datetime.strptime(last + "000", _STAMP).replace(tzinfo=timezone.utc)
            stamp = (parsed + timedelta(milliseconds=1)).strftime(_STAMP)[:-3]
    except (ValueError, OverflowError):
        pass  # not the folder of a run
    return stamp


def moment() -> str:
    """Return the current time in ISO 8601, UTC, with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
