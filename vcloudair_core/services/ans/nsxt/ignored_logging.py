"""A note on disk that the server ignores requests of a user to log traffic.

Without the right to configure logging, the server stores ``logging: true`` as false, without an error. Later runs must
not report the same change again. Source: protocol/nsxt.md §5, §13.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.directories import private_folder, state_folder

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.util.clock import Clock

_log = logging.getLogger(__name__)
_VALID_S = 7 * 24 * 3600.0
"""Time until a run requests logging again, in case the user got the right."""


class IgnoredLogging:
    """The note of a user for one edge gateway. ``key`` identifies both."""

    def __init__(self, settings: Settings, key: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._name = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.no-logging"

    def is_known(self) -> bool:
        """Return True if the server has ignored a request in the last 7 days."""
        path = self._path()
        try:
            noted = float(path.read_text(encoding="ascii")) if path is not None else None
        except (OSError, ValueError):
            return False
        return noted is not None and 0 <= self._clock.wall() - noted < _VALID_S

    def remember(self) -> None:
        """Write the note. If the state folder cannot be used, log a warning."""
        path = self._path()
        if path is None:
            return
        try:
            private_folder(path.parent)
            path.touch(mode=0o600)
            path.write_text(str(self._clock.wall()), encoding="ascii")
        except OSError as exc:
            _log.warning("Writing a note in %s failed: %s", path.parent, exc.strerror)

    def forget(self) -> None:
        """Delete the note, because a rule logs."""
        path = self._path()
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self) -> Path | None:
        try:
            return state_folder(self._settings) / "edges" / self._name
        except ConfigurationError:
            return None
