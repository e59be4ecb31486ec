"""Run a playbook and return the results and start times of its tasks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ansible import ROOT, Run, run_playbook

CALLBACKS = ROOT / "tests" / "support" / "callbacks"


@dataclass(frozen=True)
class Recorded:
    """The result of a playbook. ``lines`` has the lines of the recorder callback."""

    run: Run
    lines: list[dict[str, Any]] = field(repr=False)

    def results(self, host: str = "", action: str = "") -> list[dict[str, Any]]:
        """Return the results, optionally of one host or one action."""
        return [
            line
            for line in self.lines
            if "result" in line and host in ("", line["host"]) and action in ("", line["action"])
        ]

    def seconds(self) -> list[tuple[str, float]]:
        """Return (action, seconds) of each task. A task lasts until the next task begins."""
        marks = [line for line in self.lines if line["event"] in ("start", "end")]
        return [(one["action"], following["at"] - one["at"]) for one, following in itertools.pairwise(marks)]


def record(path: Path, env: Mapping[str, str], folder: Path, *arguments: str) -> Recorded:
    """Run a playbook, and record its task results in a file in ``folder``."""
    file = folder / f"{path.stem}.recorded"
    file.unlink(missing_ok=True)
    enabled = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "recorder"}
    run = run_playbook(str(path), {**env, **enabled, "RECORDER_FILE": str(file)}, *arguments)
    written = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return Recorded(run, [json.loads(line) for line in written])
