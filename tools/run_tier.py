"""Run a tier of checks with nox, and print a line with counts and time.

Usage: ``python tools/run_tier.py TARGET``, where TARGET is a target of the Makefile.

Each session belongs to a lane, which is named by a tag of the session, such as ``lane:network``. Lanes run
concurrently, so that no core is idle. The sessions of a lane run one after another. Sessions without such a tag share a
lane, whose output is shown immediately. The output of the other lanes is shown afterwards.

The lane ``last`` begins when all other lanes have ended. The target ``test-rest`` runs a sample of the exhaustive
tests. The failures of all sessions are shown again at the end, so that the last lines of a long log contain them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
TAGS = {"check": "check", "test": "test", "test-all": "all", "test-rest": "rest"}
"""Targets of the Makefile, and the tags of their sessions in noxfile.py."""
NOX = (sys.executable, "-m", "nox")
SHOWN, LAST = "shown", "last"
ONE_IN = {"test-rest": "10"}
"""Targets that run one in this number of the exhaustive variants of each test."""


def main() -> int:
    """Run a tier. Return 0 if nothing failed."""
    target = sys.argv[1]
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    os.environ.setdefault("TEST_ONE_IN", ONE_IN.get(target, "1"))
    started = time.monotonic()
    status = run_lanes(lanes_of(list_sessions(), TAGS[target]))
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in REPORTS.glob("sessions-*.json")]
    sessions = [session for report in reports for session in report["sessions"]]
    counts = sum((count_session(session, REPORTS) for session in sessions), Counter[str]())
    counts["failed"] += bool(status and not counts["failed"])
    line = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
    seconds = [f"{name} {sum_seconds(name, REPORTS):.0f}" for name in (session["name"] for session in sessions)]
    print(f"\nSeconds by session: {', '.join(seconds)}")
    for failure in (failure for session in sessions for failure in describe_failures(session, REPORTS)):
        print(f"FAILED {failure}")
    print(f"\nmake {target}: {'FAILED' if status else 'ok'}. {line} in {time.monotonic() - started:.0f} s", flush=True)
    (REPORTS / f"{target}.txt").write_text(f"{line}\n", encoding="utf-8")
    return status


def list_sessions() -> list[dict[str, Any]]:
    """Return the nox sessions of all tiers, as mappings with name and tags."""
    done = subprocess.run(
        [*NOX, "--list", "--json", "--tags", *TAGS.values()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    sessions: list[dict[str, Any]] = json.loads(done.stdout)
    return sessions


def lanes_of(sessions: Sequence[Mapping[str, Any]], tag: str) -> dict[str, list[str]]:
    """Return the sessions with a tag, grouped by lane, in the order of noxfile.py."""
    lanes: dict[str, list[str]] = {}
    for session in sessions:
        if tag in session["tags"]:
            lane = next((tag[5:] for tag in session["tags"] if tag.startswith("lane:")), SHOWN)
            lanes.setdefault(lane, []).append(session["name"])
    return lanes


def run_lanes(lanes: Mapping[str, Sequence[str]]) -> int:
    """Run all lanes concurrently, then the lane ``last``. Return 0 if nothing failed."""
    running = {lane: _start(lane, names) for lane, names in lanes.items() if lane != LAST}
    statuses = [process.wait() for process in running.values()]
    if LAST in lanes:
        statuses.append(_start(LAST, lanes[LAST]).wait())
    for lane in lanes:
        if lane != SHOWN:
            print(_log(lane).read_text(encoding="utf-8", errors="replace"), end="", flush=True)
    return max(statuses, default=0)


def _log(lane: str) -> Path:
    return REPORTS / f"{lane}.log"


def _start(lane: str, names: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [*NOX, "--report", str(REPORTS / f"sessions-{lane}.json"), "--sessions", *names]
    if lane == SHOWN:
        return subprocess.Popen(command, cwd=ROOT)
    with _log(lane).open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


def sum_seconds(name: str, reports: Path) -> float:
    """Return the duration of the commands of a session in seconds."""
    file = reports / f"{name}.seconds"
    return sum(map(float, file.read_text(encoding="utf-8").split())) if file.exists() else 0.0


def count_session(session: Mapping[str, str], reports: Path) -> Counter[str]:
    """Return the numbers of passed, failed and skipped tests of a session.

    A session without a test report counts as one test. A failed session without failed tests adds one failed test.
    """
    counts = Counter[str]()
    file = reports / f"{session['name']}.xml"
    if file.exists():
        for suite in ElementTree.parse(file).getroot().iter("testsuite"):
            number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            counts["failed"] += number["failures"] + number["errors"]
            counts["skipped"] += number["skipped"]
            counts["passed"] += number["tests"] - number["failures"] - number["errors"] - number["skipped"]
    result = {"success": "passed", "skipped": "skipped"}.get(session["result"], "failed")
    if not file.exists() or (result == "failed" and not counts["failed"]):
        counts[result] += 1
    return counts


def describe_failures(session: Mapping[str, str], reports: Path) -> list[str]:
    """Describe each failed test of a session by its name and its message.

    Only the last lines of the message are included. If a session failed without a failed test, the last lines of its
    log are returned.
    """
    name = session["name"]
    file = reports / f"{name}.xml"
    cases = ElementTree.parse(file).getroot().iter("testcase") if file.exists() else ()
    failures = [
        f"{name}: {case.get('classname', '')}::{case.get('name', '')}: {_end_of(problem.get('message') or '', 3)}"
        for case in cases
        for problem in (*case.iter("failure"), *case.iter("error"))
    ]
    if failures or session["result"] in {"success", "skipped"}:
        return failures
    return [f"{name}: {_end_of(_log_of(name, reports), 20) or 'its log is above'}"]


def _log_of(name: str, reports: Path) -> str:
    """Return the output of a session, read from the log of its lane."""
    for log in sorted(reports.glob("*.log")):
        _, begin, rest = log.read_text(encoding="utf-8", errors="replace").partition(f"Running session {name}\n")
        if begin:
            return rest.partition("nox > Session ")[0]
    return ""


def _end_of(text: str, number: int) -> str:
    return "\n    ".join(text.strip().splitlines()[-number:])


if __name__ == "__main__":
    sys.exit(main())
