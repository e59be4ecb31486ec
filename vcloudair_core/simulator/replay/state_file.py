"""Read state files of ``vca sim dump``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.replay.state_dump import check_state
from vcloudair_core.util.user_files import read_text


def read_state(file: str | Path) -> dict[str, Any]:
    """Return the state from a file.

    Raises ConfigurationError if the file cannot be read. Raises SpecError if the file does not contain a state in the
    format of this release.
    """
    try:
        state = json.loads(read_text(file, "The state file"))
        if not isinstance(state, dict):
            raise ValueError("a JSON object was expected")
        check_state(state)
    except ValueError as exc:
        hint = "Save the state again with the `vca sim dump` of this release."
        raise SpecError(str(file), str(exc), hint=hint) from exc
    return state
