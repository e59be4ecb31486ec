"""Run small programs with unmodified ``vcloudair==0.5``, each in its own process.

A program gets ``vcd_url`` (empty for the portal), ``user``, ``password``, ``org`` and ``edge_id`` as variables. The
program stores its result in ``found``. The result must be JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

_FRAME = """
import json, os, sys
variables = json.loads(sys.stdin.read())
globals().update(variables)
found = {}
%s
import vcloudair
%s
print("FOUND " + json.dumps(found))
"""


CLOCK = """
import datetime, time, urllib.request
real, ahead, current = datetime.datetime, [0.0], [""]
class Moved(real):
    @classmethod
    def utcnow(cls):
        return real.utcfromtimestamp(time.time() + ahead[0])
def sleep(seconds):
    ahead[0] += seconds
    order = json.dumps({"advance_s": seconds}).encode()
    urllib.request.urlopen(current[0] + "/_sim/clock", order, timeout=300).close()
datetime.datetime, time.sleep = Moved, sleep
"""
"""Code that runs before the SDK is loaded, and sets the clock to ``current[0]``."""


class OriginalSdkError(AssertionError):
    """Raised if a program fails. The message is the last line of the traceback."""


def run_original(
    program: str, variables: Mapping[str, Any], *, ca_path: str, proxy: str = "", before: str = ""
) -> dict[str, Any]:
    """Run a program with vcloudair 0.5 and return its result.

    ``before`` is code that runs before the SDK is loaded.

    Raises: OriginalSdkError with the last line of the traceback.
    """
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env["REQUESTS_CA_BUNDLE"] = ca_path
    if proxy:
        env["HTTPS_PROXY"] = env["https_proxy"] = proxy
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FRAME % (before, program)],
        input=json.dumps(dict(variables)),
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
        check=False,
    )
    if run.returncode != 0:
        raise OriginalSdkError((run.stderr.strip().splitlines() or ["no output"])[-1])
    line = next(text for text in run.stdout.splitlines() if text.startswith("FOUND "))
    found: dict[str, Any] = json.loads(line[len("FOUND ") :])
    return found
