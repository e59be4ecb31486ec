"""Location of the runs: the state folder, or the storage in ``state_url``.

Without ``state_url``, the runs are in ``dr/runs`` of the state folder. A folder in ``state_url`` has the same layout.
In an object store, each event is a file ``events/<seq>.json`` in the folder of the run. Such a run is copied to a cache
in the state folder before it is read.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.journal.active_folders import ActiveFolder, delete_leftovers
from vcloudair_core.recovery.journal.file_store import FileStore, FolderStore, StoreError, replace_file
from vcloudair_core.recovery.journal.object_store import ObjectStore
from vcloudair_core.settings.directories import private_folder, state_folder
from vcloudair_core.util.user_dirs import expand_user

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

JOURNAL = "journal.jsonl"
EVENTS = "events"
_RUN_ID = re.compile(r"\d{8}-\d{6}-\d{3}-[0-9a-f]{4}")
_FILE = re.compile(r"[\w-][\w.-]*\.(?:jsonl|json|xml|html)")
_EVENT = re.compile(r"\d{8}\.json")


class RunStorage:
    """The location of the runs.

    Attributes:
        runs: The folder that contains a folder for each run. With an object store, the cache.
        store: The storage with the leases, or None if ``state_url`` is not set, so that only this host uses the folder.
        is_remote: Whether the runs are in an object store.
    """

    def __init__(self, runs: Path, store: FileStore | None = None, *, is_remote: bool = False) -> None:
        self.runs, self.store, self.is_remote = runs, store, is_remote
        self._active: ActiveFolder | None = None

    @property
    def shown(self) -> str:
        """Return the location for messages."""
        return self.store.shown if self.store is not None else str(self.runs)

    def remote_ids(self) -> list[str]:
        """Return the IDs of the runs in the object store, oldest first."""
        return [name for name in self._remote().names("") if _RUN_ID.fullmatch(name)]

    def _remote(self) -> FileStore:
        if self.store is None or not self.is_remote:
            raise ValueError("the runs are not in an object store")
        return self.store

    def fetch(self, run_id: str, folder: Path | None = None) -> Path:
        """Return the folder of a run. Copy a run in an object store to this host first.

        A finished run that is already in the cache is not copied again. Raises StoreError when the object store cannot
        be read, and OSError when the cache cannot be written.
        """
        target = folder or self.runs / run_id
        if not self.is_remote or (folder is None and _is_finished(target / JOURNAL)):
            return target
        store = self._remote()
        private_folder(target)
        files = [name for name in store.names(run_id) if _FILE.fullmatch(name) and not name.startswith("lease-")]
        contents = store.read_all(f"{run_id}/{name}" for name in files)
        lines = contents.pop(f"{run_id}/{JOURNAL}", b"").splitlines(keepends=True)
        newer = [
            name for name in store.names(f"{run_id}/{EVENTS}") if _EVENT.fullmatch(name) and int(name[:-5]) > len(lines)
        ]
        events = store.read_all(f"{run_id}/{EVENTS}/{name}" for name in newer)
        for name, content in contents.items():
            replace_file(target / name.rpartition("/")[2], content)
        lines += [events[name] for name in sorted(events)]
        replace_file(target / JOURNAL, b"".join(lines))
        return target

    def replica(self, run_id: str) -> Replica | None:
        """Return the copy of a run, or None if there is no object store.

        The folder of the run is the one that :meth:`active_folder` returned.
        """
        return Replica(self._remote(), run_id, self._active) if self.is_remote else None

    def check_exclusive(self) -> None:
        """Check that the object store can lock runs. Raises ConfigurationError."""
        if isinstance(self.store, ObjectStore):
            self.store.check_exclusive()

    def active_folder(self, run_id: str) -> Path:
        """Return the folder in which this process writes a run.

        With an object store, each process has its own folder. Folders of processes that were killed are deleted.
        """
        if not self.is_remote:
            return self.runs / run_id
        active = self.runs.parent / "active"
        delete_leftovers(active)
        self._active = ActiveFolder(active, run_id)
        return self._active.path


class Replica:
    """The copy of a run in an object store.

    Each event is stored in the copy before the run continues.
    """

    def __init__(self, store: FileStore, run_id: str, active: ActiveFolder | None = None) -> None:
        self._store, self._run_id, self._active = store, run_id, active

    def append(self, seq: int, line: bytes) -> bool:
        """Store an event.

        Return False if another process stored an event with this number.
        """
        return self._store.create(f"{self._run_id}/{EVENTS}/{seq:08}.json", line)

    def keep(self, path: Path) -> None:
        """Store a file of the run."""
        self._store.replace(f"{self._run_id}/{path.name}", path.read_bytes())

    def close(self, folder: Path, *, is_lost: bool) -> None:
        """Store the whole journal, and delete the folder on this host.

        Readers then need one request for the whole journal. If storing it fails, they read the events.
        """
        try:
            if not is_lost:
                self.keep(folder / JOURNAL)
        except (StoreError, OSError) as exc:
            _log.warning("Storing the journal of run %s failed. %s", self._run_id, exc)
        if self._active is not None:
            self._active.remove()


def storage_of(settings: Settings) -> RunStorage:
    """Return the location of the runs.

    Raises ConfigurationError when ``state_url`` is invalid, or its backend cannot lock runs.
    """
    url = (settings.state_url or "").strip()
    if not url:
        return RunStorage(state_folder(settings) / "dr" / "runs")
    folder = _folder_of_url(url)
    if folder is not None:
        runs = folder / "dr" / "runs"
        return RunStorage(runs, FolderStore(runs))
    store = ObjectStore(f"{url.rstrip('/')}/dr/runs", min(settings.timeout, 30.0))
    digest = hashlib.sha256(store.shown.encode()).hexdigest()[:16]
    return RunStorage(state_folder(settings) / "dr" / "shared" / digest / "runs", store, is_remote=True)


def _folder_of_url(url: str) -> Path | None:
    """Return the folder that ``state_url`` names, or None if it names an object store."""
    if "://" not in url:
        folder = Path(expand_user(url))
    else:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ConfigurationError(
                "Invalid value of setting 'state_url'. The URL contains credentials.",
                hint="Remove them. Set the credentials in the environment, such as AWS_ACCESS_KEY_ID.",
            )
        if parts.scheme != "file":
            return None
        if parts.netloc not in ("", "localhost"):
            raise ConfigurationError(
                f"Invalid value of setting 'state_url': {url!r}. The URL of a folder must not name a host.",
                hint="Mount the folder, and use three slashes, as in file:///mnt/state.",
            )
        folder = Path(unquote(parts.path))
    if not folder.is_absolute():
        raise ConfigurationError(
            f"Invalid value of setting 'state_url': {url!r}. The path of a folder must be absolute.",
            hint="Set state_url to an absolute path, such as /mnt/state.",
        )
    return folder


def _is_finished(journal: Path) -> bool:
    try:
        last = journal.read_bytes().splitlines()[-1]
        event: Any = json.loads(last)
    except (OSError, ValueError, IndexError):
        return False
    return isinstance(event, dict) and event.get("event") == "run_finished"
