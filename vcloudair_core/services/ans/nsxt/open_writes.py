"""A marker file for writes whose result is not known yet.

After a response is lost or the process dies, the server can still carry out the write. A new rule becomes visible only
at the end of the task. A process that reads earlier would add the rule again, because NSX-T accepts rules with equal
names. Therefore, the next process of this user first waits until the edge gateway is idle.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.directories import private_folder, state_folder

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)


class OpenWrites:
    """A marker file for an unfinished write. Each lock key has its own file."""

    def __init__(self, settings: Settings, key: str) -> None:
        self._settings = settings
        self._name = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.open"

    def is_marked(self) -> bool:
        """Return True if the result of an earlier write is unknown."""
        path = self._path()
        return path is not None and path.exists()

    def mark(self) -> None:
        """Record that a write is in progress.

        If the state folder cannot be used, log a warning.
        """
        path = self._path()
        if path is None:
            return
        try:
            private_folder(path.parent)
            path.touch(mode=0o600)
            path.write_text(str(os.getpid()), encoding="ascii")
        except OSError as exc:
            _log.warning("Recording a write in %s failed: %s", path.parent, exc.strerror)

    def clear(self, *, is_forced: bool = True) -> None:
        """Remove the mark.

        If ``is_forced`` is False, keep the mark of another process that is still running.
        """
        path = self._path()
        if path is not None and (is_forced or not _is_of_running_process(path)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self) -> Path | None:
        try:
            return state_folder(self._settings) / "edges" / self._name
        except ConfigurationError:
            return None


def _is_of_running_process(path: Path) -> bool:
    """Return True if another process wrote a mark and is still running."""
    try:
        process_id = int(path.read_text(encoding="ascii"))
        os.kill(process_id, 0)
    except (OSError, ValueError, OverflowError):
        return False
    return process_id != os.getpid()
