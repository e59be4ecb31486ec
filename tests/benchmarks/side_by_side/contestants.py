"""Wrap contenders for the runner, which starts each turn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.support.ansible import ROOT

PACKAGE = "tests.benchmarks.side_by_side.contenders"
STARTER = Path(__file__).parent / "contenders" / "starter.py"


@dataclass(frozen=True)
class Turn:
    """The measurements of one turn: one execution of the work by a contender.

    ``value`` is the result that proves that the work was done. ``peak_mb`` is the peak memory of the process in MB.
    """

    seconds: float
    value: Any
    peak_mb: float


class Contestant(Protocol):
    """A contender in a scenario.

    ``import_s`` and ``imported_mb`` are the cost of importing its library, if known.
    """

    import_s: float
    imported_mb: float

    def turn(self, number: int) -> Turn: ...

    def close(self) -> None: ...


class ContestantError(AssertionError):
    """Raised if a contender did not do its work."""


class Worker:
    """A contender in a process that keeps its imports and connections between turns."""

    def __init__(
        self, python: str, module: str, job: str, variables: Mapping[str, Any], env: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [python, "-W", "ignore", "-m", f"{PACKAGE}.{module}"], cwd=ROOT, env=dict(env),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        ready = self._ask({"job": job, "variables": dict(variables)})
        self.import_s, self.imported_mb = ready["import_s"], ready["imported_mb"]

    def turn(self, number: int) -> Turn:
        return Turn(**self._ask({"turn": number}))

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, order: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise ContestantError(_end_of(self._log) or "it ended")
        return json.loads(answer)


class Program:
    """A contender that starts a new process for each turn.

    The time of a turn includes the start of the process.
    """

    import_s = imported_mb = 0.0

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self._order = {"command": list(command), "env": dict(env), "log": str(log), "cwd": str(ROOT)}
        self._log = log
        self._starter = subprocess.Popen(
            [sys.executable, "-I", "-S", str(STARTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def turn(self, number: int) -> Turn:
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._starter.stdin.write(json.dumps(self._order) + "\n")
        self._starter.stdin.flush()
        took = json.loads(self._starter.stdout.readline())
        if took["status"] != 0:
            raise ContestantError(_end_of(self._log))
        return Turn(took["seconds"], self.found(), took["peak_mb"])

    def found(self) -> Any:
        """Return the value that the program computed as proof of its work."""
        return 0

    def close(self) -> None:
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._starter.stdin.close()
        self._starter.wait(30)
        self._starter.stdout.close()


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])


def python_of_pyvcloud() -> str:
    """Return the path of the Python in pyvcloud's environment.

    Returns an empty string if the environment does not exist.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    path = ROOT / ".nox" / f"bench-{version}" / "bin" / "python"
    return str(path) if path.is_file() else ""
