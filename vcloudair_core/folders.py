"""Where things live on this machine that outlast a process: locks, stages, fingerprints of keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.config import Settings


def state_folder(settings: Settings) -> Path:
    """The folder of the setting ``state_dir``; by default the user's own. It need not be there yet."""
    if settings.state_dir:
        return Path(settings.state_dir)
    import platformdirs

    return Path(platformdirs.user_state_dir("vcloudair"))
