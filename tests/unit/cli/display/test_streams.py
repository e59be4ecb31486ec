"""Tests of output to closed streams, full disks and limited encodings."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from typing import Any

import pytest

from vcloudair_core.cli.display.streams import GuardedStream

VCA = f"{sys.executable} -c 'from vcloudair_core.cli.main import main; main()'"


class Broken(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
        (OSError(errno.EIO, "Input/output error"), ""),
        (ValueError("I/O operation on closed file."), ""),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    ],
)
def test_failed_stream_drops_later_output(error: Exception, lost: str) -> None:
    stream = GuardedStream(Broken(error))
    assert stream.write("abc") == 3
    stream.writelines(["d", "e"])
    stream.flush()
    assert stream.failure is error
    assert stream.lost == lost


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("latin-1", "Köln → 東京 …", "Köln -> \\u6771\\u4eac ..."),
        ("ascii", "Köln ▁█", "K\\xf6ln _#"),
        ("utf-8", "Köln → 東京", "Köln → 東京"),
    ],
)
def test_missing_characters_are_escaped(encoding: str, text: str, shown: str) -> None:
    raw = io.BytesIO()
    stream = GuardedStream(io.TextIOWrapper(raw, encoding=encoding))
    stream.write(text)
    stream.flush()
    assert raw.getvalue().decode(encoding) == shown


@pytest.mark.parametrize(
    ("redirection", "code"),
    [(">&-", 0), ("<&- >&- 2>&-", 0), ("| true", 0), ("> /dev/full", 1), ("> /dev/full 2>&1", 1)],
)
def test_output_failures_keep_the_exit_code(redirection: str, code: int) -> None:
    done = _bash(f"set -o pipefail; {VCA} config -o json {redirection}")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    if code and "2>" not in redirection:
        assert "No space left on device" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "redirection", "code"),
    [("nonsense", "2>&-", 64), ("edge discard none", ">&- 2> /dev/full", 4), ("config --output no", "2>&-", 64)],
)
def test_error_without_output_keeps_its_exit_code(arguments: str, redirection: str, code: int) -> None:
    assert _bash(f"{VCA} {arguments} {redirection}").returncode == code


def test_opened_file_does_not_become_standard_output() -> None:
    program = "from vcloudair_core.cli.display.streams import open_missing; open_missing(); import os, sys; "
    program += "sys.stderr.write(str(os.open(os.devnull, 0)))"
    assert int(_bash(f"{sys.executable} -c '{program}' <&- >&-").stderr) > 2


def _bash(command: str) -> Any:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env["PYTHONWARNINGS"] = "ignore"
    return subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=120)
