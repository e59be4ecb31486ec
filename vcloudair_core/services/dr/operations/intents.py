"""Intents of this host: which action was about to be started for which replication, and one lock for each.

An intent is written before the request is sent and stays until the outcome is known, whatever becomes of the process:
so whoever wants the same replication next looks for what it led to first. ``dr/replications`` of the state folder has,
for each replication, a ``.json`` with the intent and a ``.lock``, which the operating system gives up when its holder
dies. Folders are 0700, files 0600.
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
    """What is kept of a replication. ``tasks``: paths of the last tasks that were ours, the open one's included.

    ``is_open``: the outcome of the action is not known. ``state``: the words of the replication before it.
    ``vms_before``: ids of the VMs of that name before it. ``run``: the run that noted it, or nothing.
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

    def intent(self) -> Intent:
        """The intent, for the search for its task."""
        return Intent(self.action, self.at, self.is_server_time, frozenset(self.tasks) - {self.task})


class HeldError(Exception):
    """Another process, or another thread of this one, is starting an action of the replication right now."""


class Intents:
    """The intents in the state folder of this user. ``run`` names who writes, for messages."""

    def __init__(self, settings: Settings, run: str = "") -> None:
        self._folder = state_folder(settings) / "dr" / "replications"
        self._run = run

    def hold(self, reference: Reference) -> Any:
        """Return the lock of a replication, held; it may be released from any thread.

        Raises: HeldError that names the holder; ConfigurationError when the folder cannot be used.
        """
        import filelock

        path = self._path(reference, "lock")
        # Not of one thread: it is taken in one of a pool, and released in another.
        lock = filelock.FileLock(path, mode=0o600, thread_local=False)
        try:
            private_folder(self._folder)
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise HeldError(self._holder(reference)) from None
        except OSError as exc:
            raise self._unusable(exc) from exc
        with contextlib.suppress(OSError):  # for messages only
            words = {"pid": os.getpid(), "host": socket.gethostname(), "run": self._run}
            _write(self._path(reference, "holder"), words, is_durable=False)
        return lock

    def read(self, reference: Reference) -> IntentRecord:
        """Return what is kept of a replication. Raises ConfigurationError when it is there and cannot be read."""
        path = self._path(reference, "json")
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            before = data.get("vms_before")
            known = {name: data[name] for name in IntentRecord.__dataclass_fields__ if name in data}
            known["tasks"] = tuple(map(str, data.get("tasks", ())))
            known["vms_before"] = None if before is None else tuple(map(str, before))
            return IntentRecord(**{**known, "at": float(data["at"])})
        except FileNotFoundError:
            return IntentRecord()
        except OSError as exc:
            raise self._unusable(exc) from exc
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise ConfigurationError(
                f"The intent of {reference.name or reference.id} cannot be read: {path} is damaged.",
                hint="Look whether an action of it is in progress, then remove the file.",
            ) from exc

    def write(self, reference: Reference, record: IntentRecord, *, is_durable: bool = True) -> None:
        """Keep a record, so that it outlasts a power cut. Raises ConfigurationError when it cannot be written."""
        try:
            _write(self._path(reference, "json"), asdict(record), is_durable=is_durable)
        except OSError as exc:
            raise self._unusable(exc) from exc

    def close(self, reference: Reference, record: IntentRecord) -> None:
        """Note that the outcome of an action is known, unless somebody has noted another intent since.

        An intent that stays open by mistake is only looked at again.
        """
        with contextlib.suppress(OSError, ConfigurationError):
            current = self.read(reference)
            if (current.action, current.at) == (record.action, record.at):
                _write(self._path(reference, "json"), asdict(replace(record, is_open=False)), is_durable=False)

    def _holder(self, reference: Reference) -> str:
        try:
            words = json.loads(self._path(reference, "holder").read_text(encoding="utf-8"))
            run = f", run {words['run']}" if words.get("run") else ""
            return f"process {int(words['pid'])} on {words['host']}{run}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def _path(self, reference: Reference, ending: str) -> Path:
        return self._folder / f"{hashlib.sha256(_key(reference.href).encode()).hexdigest()[:32]}.{ending}"

    def _unusable(self, exc: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"The intent to start an action cannot be written down: {exc.strerror} ({self._folder}).",
            hint="Set state_dir (VCA_STATE_DIR) to a folder that can be written. Nothing was started.",
        )


def with_task(record: IntentRecord, href: str) -> IntentRecord:
    """Return the record with the link of the task that the action has become."""
    tasks = tuple(dict.fromkeys([*record.tasks, urlsplit(href).path.rstrip("/")]))[-_MOST_TASKS:]
    return replace(record, task=href, tasks=tasks)


def _key(href: str) -> str:
    """A link without what may differ between two answers of one server: the port that it means anyway, case."""
    parts = urlsplit(href)
    try:
        port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return href
    return f"{(parts.hostname or '').lower()}{port}{parts.path.rstrip('/')}"


def _write(path: Path, data: dict[str, Any], *, is_durable: bool) -> None:
    """Write in one call, blanks behind it, so that a process that dies leaves the old or the new text.

    A file of its own for each write, and a rename, would take longer than the request. What a power cut leaves half
    written is refused by whoever reads it.
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
