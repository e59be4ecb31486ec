"""Locks of replications, and stored intents to start actions on them.

An intent records that an action is about to be started. It is written before the request is sent, and stays open until
the outcome is known, even if the process dies. The next operation on the replication therefore searches for the task of
the open intent first. The folder ``dr/replications`` in the state folder has two files for each replication: a
``.json`` file with the intent, and a ``.lock`` file, which the operating system unlocks when the holder dies. Folders
have mode 0700, files 0600.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.dr.operations.start_evidence import Intent
from vcloudair_core.settings.directories import private_folder, state_folder

if TYPE_CHECKING:
    from vcloudair_core.services.dr.model import Reference
    from vcloudair_core.settings.settings import Settings

_MOST_TASKS = 10
_BLOCK = 1024
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class IntentRecord:
    """The stored intent of a replication.

    Attributes:
        action: The action.
        at: The time of the intent in seconds since 1970.
        is_server_time: True if ``at`` is from the server's clock, False if it is from the clock of this host.
        task: The link of the task. It is empty until the link is known.
        state: The state of the replication before the action.
        vms_before: IDs of the VMs with the name of the replicated VM before the action, or None if they were not read.
        run: The ID of the run that recorded the intent, or an empty string.
        is_open: True if the outcome of the action is unknown.
        tasks: Paths of the latest tasks of the replication that this host recorded, including ``task``.
        operation_id: The ID of the request, or an empty string if the API has no such IDs.
    """

    action: str = ""
    at: float = 0.0
    is_server_time: bool = False
    task: str = ""
    state: str = ""
    vms_before: tuple[str, ...] | None = None
    run: str = ""
    is_open: bool = False
    tasks: tuple[str, ...] = ()
    operation_id: str = ""

    def intent(self) -> Intent:
        """Return the :class:`Intent` that is used to search for the task."""
        excluded = frozenset(self.tasks) - {self.task}
        return Intent(self.action, self.at, self.is_server_time, excluded, self.operation_id)


class LockedError(Exception):
    """Another process or thread on this host is starting an action on the replication.

    The message names the holder.
    """


class Intents:
    """The intents in the state folder of this user.

    ``run`` is the ID of the current run, which other processes show in their messages.
    """

    def __init__(self, settings: Settings, run: str = "") -> None:
        self._folder = state_folder(settings) / "dr" / "replications"
        self._run = run

    def lock(self, reference: Reference) -> Any:
        """Acquire and return the lock of a replication. Any thread can release it.

        Raises: LockedError, which names the holder; ConfigurationError when the folder cannot be used.
        """
        import filelock

        path = self._path(reference, "lock")
        # Not thread-local, because another thread of the pool releases it.
        lock = filelock.FileLock(path, mode=0o600, thread_local=False)
        try:
            private_folder(self._folder)
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise LockedError(self._holder(reference)) from None
        except OSError as exc:
            raise self._unusable(exc) from exc
        with contextlib.suppress(OSError):  # for messages only
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "run": self._run}
            _write(self._path(reference, "holder"), holder, is_durable=False)
        return lock

    def read(self, reference: Reference) -> IntentRecord:
        """Return the stored intent of a replication, or an empty record.

        Raises ConfigurationError for a damaged file.
        """
        path = self._path(reference, "json")
        try:
            text = path.read_text(encoding="utf-8")
            if not text:
                # The process died after creating the file and before writing it, so no request was sent.
                return IntentRecord()
            data = json.loads(text)
            before = data.get("vms_before")
            fields = {name: data[name] for name in IntentRecord.__dataclass_fields__ if name in data}
            fields["tasks"] = tuple(map(str, data.get("tasks", ())))
            fields["vms_before"] = None if before is None else tuple(map(str, before))
            return IntentRecord(**{**fields, "at": float(data["at"])})
        except FileNotFoundError:
            return IntentRecord()
        except OSError as exc:
            raise self._unusable(exc) from exc
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise ConfigurationError(
                f"Reading the record of the last DR action of {reference.name or reference.id} failed. "
                f"The file {path} is damaged.",
                hint="Check with `vca dr list` that the replication has no action in progress, then remove the file.",
            ) from exc

    def write(self, reference: Reference, record: IntentRecord, *, is_durable: bool = True) -> None:
        """Store an intent. Raises ConfigurationError if the file cannot be written.

        If ``is_durable`` is true, the intent survives a power failure.
        """
        try:
            _write(self._path(reference, "json"), asdict(record), is_durable=is_durable)
        except OSError as exc:
            raise self._unusable(exc) from exc

    def close(self, reference: Reference, record: IntentRecord) -> None:
        """Mark an intent as closed. If a newer intent was stored, do nothing.

        Errors are ignored, because an intent that stays open only causes another search for the task.
        """
        with contextlib.suppress(OSError, ConfigurationError):
            current = self.read(reference)
            if (current.action, current.at) == (record.action, record.at):
                _write(self._path(reference, "json"), asdict(replace(record, is_open=False)), is_durable=False)

    def _holder(self, reference: Reference) -> str:
        try:
            holder = json.loads(self._path(reference, "holder").read_text(encoding="utf-8"))
            run = f", run {holder['run']}" if holder.get("run") else ""
            return f"process {int(holder['pid'])} on {holder['host']}{run}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def _path(self, reference: Reference, suffix: str) -> Path:
        return self._folder / f"{hashlib.sha256(_key(reference.href).encode()).hexdigest()[:32]}.{suffix}"

    def _unusable(self, exc: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"Writing the record of the DR action failed: {self._folder}. {exc.strerror}. Nothing was started.",
            hint="Set state_dir (VCA_STATE_DIR) to a writable folder.",
        )


def with_task(record: IntentRecord, href: str) -> IntentRecord:
    """Return the intent with the link of the task added."""
    tasks = tuple(dict.fromkeys([*record.tasks, urlsplit(href).path.rstrip("/")]))[-_MOST_TASKS:]
    return replace(record, task=href, tasks=tasks)


def _key(href: str) -> str:
    """Return a link in lower case and without the default port, for comparison.

    Links to the same object can differ in case and port between responses of a server.
    """
    try:
        parts = urlsplit(href)
        port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return href
    return f"{(parts.hostname or '').lower()}{port}{parts.path.rstrip('/')}"


def _write(path: Path, data: dict[str, Any], *, is_durable: bool) -> None:
    """Overwrite a file with one write, padded with spaces.

    If the process dies, the file has the old or the new content. A file that did not exist before can be empty. After a
    power failure, the file can be incomplete. Reading an incomplete file raises an error.

    A temporary file and a rename would take longer than the API request that follows.
    """
    text = json.dumps(data).encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        is_new = False
    except FileNotFoundError:
        handle, is_new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), True
    try:
        size = max(os.fstat(handle).st_size, _BLOCK * (len(text) // _BLOCK + 1))
        padded = text.ljust(size)
        if os.pwrite(handle, padded, 0) != len(padded):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if is_durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    if is_durable and is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
