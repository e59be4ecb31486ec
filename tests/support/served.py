"""Run ``vca sim serve`` as a separate process."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support import processes


@contextmanager
def served(
    folder: Path, env: Mapping[str, str], *arguments: str, started: Callable[[int], None] = lambda pid: None
) -> Iterator[dict[str, str]]:
    """Run ``vca sim serve`` and yield the variables that it exports.

    ``arguments`` are options of the command. ``started`` is called with its process ID.
    """
    env_file = folder / "sim.env"
    command = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "sim", "serve"]
    log = folder / "sim.log"
    with log.open("w") as output:
        server = processes.Process(
            [*command, "--env-file", str(env_file), *arguments], env=dict(env), stdout=output, stderr=output
        )
        try:
            started(server.pid)
            _wait_for(env_file, server, log)
            yield read_exports(env_file)
        finally:
            server.terminate()
            server.wait(timeout=120)


def read_exports(env_file: Path) -> dict[str, str]:
    """Return the variables of a file with ``export NAME=value`` lines."""
    words = shlex.split(env_file.read_text(encoding="utf-8"), comments=True)
    pairs = [word.partition("=") for word in words]
    return {name: value for name, equals, value in pairs if equals}


def _wait_for(env_file: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while not env_file.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the simulator did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.02)
