"""Lease of a run, which allows only one process on all hosts to continue the run.

The lease is a file ``lease-<number>.json`` in the folder of the run. Each process that resumes the run creates the file
with the next number, and a file can be created only once. So if two processes resume a run at the same time, exactly
one of them succeeds. No process ever deletes or changes the lease of another process.

The holder renews its lease in a thread. It checks before each event whether its lease is still valid: a file with
the next number must not exist, and the last renewal must be recent. Without a valid lease, nothing more is started.

A lease is taken over in three cases:

* Its holder released it.
* The process of its holder ended, and this host can see that.
* The lease expired by the clock of the storage, and did not change while this process watched it. By then the
  holder has stopped, because it stops ``fence_s`` after its last renewal, and ``fence_s`` is less than ``expires_s``.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any

from vcloudair_core.errors import LockTimeoutError
from vcloudair_core.recovery.journal.file_store import FileStore, StoreError
from vcloudair_core.recovery.journal.process_identity import ProcessIdentity, has_ended, is_running, this_process
from vcloudair_core.util.clock import Clock, SystemClock

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseTimes:
    """Intervals of a lease in seconds.

    Attributes:
        renew_s: The interval between renewals.
        fence_s: The time after the last renewal at which the holder stops.
        expires_s: The time after the last renewal at which the lease expires, so that another process can take over.
        watch_s: The time for which a process watches an expired lease before it takes over.
    """

    renew_s: float = 10.0
    fence_s: float = 30.0
    expires_s: float = 60.0
    watch_s: float = 20.0


TIMES = LeaseTimes()


class RunHeldError(LockTimeoutError):
    """Another process holds the run, or may still hold it. Nothing was started."""


class LeaseLostError(LockTimeoutError):
    """This process may no longer continue the run."""


@dataclass(frozen=True)
class LeaseRecord:
    """The content of a lease file.

    ``renewals`` is the number of renewals, so that each renewal changes the file.
    """

    process: ProcessIdentity
    token: str
    renewals: int = 0
    released: bool = False

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()


class BootClock(SystemClock):
    """A clock that keeps running while the host is suspended."""

    def now(self) -> float:
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return time.clock_gettime(clock) if clock is not None else time.monotonic()


class Lease:
    """The lease of a run, held by this process.

    Use :func:`acquire` to create a lease.
    """

    def __init__(self, store: FileStore, run_id: str, number: int, record: LeaseRecord, clock: Clock) -> None:
        self._store, self._run_id, self._number, self._record = store, run_id, number, record
        self._now = clock.now
        self._renewed = clock.now()
        self._lost: LeaseLostError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_renewing, name="vca-dr-lease", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Return True if this process may no longer continue the run."""
        return self._lost is not None

    def start_renewals(self) -> None:
        """Start the thread that renews the lease."""
        self._thread.start()

    def check(self) -> None:
        """Check that this process may continue the run.

        Raises: LeaseLostError; StoreError when the storage cannot be read.
        """
        if self._lost is None and self._now() - self._renewed > TIMES.fence_s:
            self._lost = LeaseLostError(
                f"Run {self._run_id} was stopped on this host. Its lease in {self._store.shown} could not be renewed "
                f"for {TIMES.fence_s:g} seconds.",
                hint="Check the connection to the storage, then resume the run.",
            )
        if self._lost is None and self._store.read(_name(self._run_id, self._number + 1)) is not None:
            holder = _describe(_read_record(self._store, _name(self._run_id, self._number + 1)))
            self._lost = LeaseLostError(
                f"Run {self._run_id} was stopped on this host. It was taken over by {holder}.",
                hint="Run `vca dr runs` to see the progress of the run.",
            )
        if self._lost is not None:
            raise self._lost

    def renew(self) -> None:
        """Renew the lease once. Raises LeaseLostError and StoreError."""
        self.check()
        began = self._now()
        self._record = replace(self._record, renewals=self._record.renewals + 1)
        self._store.replace(_name(self._run_id, self._number), self._record.encoded())
        self._renewed = began

    def release(self) -> None:
        """Stop the renewals, and mark the lease as released.

        If the storage cannot be written, the lease expires later.
        """
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        if self.is_lost:
            return
        released = replace(self._record, renewals=self._record.renewals + 1, released=True)
        try:
            self._store.replace(_name(self._run_id, self._number), released.encoded())
        except StoreError as exc:
            _log.warning("Releasing run %s failed. %s", self._run_id, exc.message)

    def _keep_renewing(self) -> None:
        while not self._ended.wait(TIMES.renew_s):
            try:
                self.renew()
            except LeaseLostError as exc:
                _log.error("%s", exc.message)
                return
            except StoreError as exc:
                _log.warning("Renewing the lease of run %s failed. %s", self._run_id, exc.message)


def acquire(store: FileStore, run_id: str, *, take_over: bool = False, clock: Clock | None = None) -> Lease:
    """Acquire the lease of a run, and start its renewals.

    Args:
        store: The storage of the runs.
        run_id: The ID of the run.
        take_over: Whether to take over the run although its holder may be alive.
        clock: A clock for tests.

    Raises: RunHeldError when another process holds the run or may hold it; StoreError.
    """
    chosen = clock or BootClock()
    number = _newest_number(store, run_id)
    if number and not take_over:
        _require_free(store, run_id, number, chosen)
    record = LeaseRecord(this_process(datetime.now(timezone.utc).isoformat(timespec="seconds")), secrets.token_hex(16))
    lease = Lease(store, run_id, number + 1, record, chosen)
    if not store.create(_name(run_id, number + 1), record.encoded()):
        raise _held(run_id, _read_record(store, _name(run_id, number + 1)), "")
    lease.start_renewals()
    return lease


def _require_free(store: FileStore, run_id: str, number: int, clock: Clock) -> None:
    """Raise RunHeldError if the holder of a lease may still be running."""
    name = _name(run_id, number)
    record = _read_record(store, name)
    if record is not None and (record.released or has_ended(record.process)):
        return
    if record is not None and is_running(record.process):
        raise _held(run_id, record, "Wait until the run ends, or stop its process.")
    age = store.age_s(name)
    if age is not None and age < TIMES.expires_s:
        left = TIMES.expires_s - max(age, 0.0)
        raise _held(run_id, record, f"If this process has ended, resume the run after {left:.0f} seconds.")
    until = clock.now() + TIMES.watch_s
    while clock.now() < until:
        clock.sleep(min(1.0, TIMES.watch_s))
        if _read_record(store, name) != record:
            raise _held(run_id, _read_record(store, name), "Wait until the run ends, or stop its process.")


def _held(run_id: str, record: LeaseRecord | None, hint: str) -> RunHeldError:
    take_over = "If it is certain that this process has ended, pass --take-over (take_over)."
    return RunHeldError(
        f"Run {run_id} is still in progress. It is held by {_describe(record)}.", hint=f"{hint} {take_over}".strip()
    )


def _describe(record: LeaseRecord | None) -> str:
    if record is None:
        return "an unknown process"
    process = record.process
    return f"process {process.pid} of user {process.user} on host {process.host}, since {process.started}"


def holder_of(store: FileStore, run_id: str) -> str:
    """Describe the process that holds a run.

    Return an empty string if the lease was released.
    """
    number = _newest_number(store, run_id)
    record = _read_record(store, _name(run_id, number)) if number else None
    return "" if not number or (record is not None and record.released) else _describe(record)


def _name(run_id: str, number: int) -> str:
    return f"{run_id}/lease-{number:06}.json"


def _newest_number(store: FileStore, run_id: str) -> int:
    names = (name for name in store.names(run_id) if name.startswith("lease-") and name.endswith(".json"))
    return max((int(name[6:-5]) for name in names if name[6:-5].isdigit()), default=0)


def _read_record(store: FileStore, name: str) -> LeaseRecord | None:
    """Return the content of a lease file, or None if it is missing or not yet written."""
    content = store.read(name)
    try:
        fields: Any = json.loads(content or b"")
        process = ProcessIdentity(**fields.pop("process"))
        return LeaseRecord(process, **fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
