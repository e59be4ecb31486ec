"""Run a tier of the checks with nox, and end with one line: what passed, failed and was skipped, and the time.

``python tools/run_tier.py TARGET [ARGUMENT ...]``, with a target of the Makefile; further arguments go to nox.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
TAGS = {"check": "check", "test": "test", "test-all": "all", "test-rest": "rest"}
"""Targets of the Makefile, and the tags of their sessions in noxfile.py."""


def main() -> int:
    """Return 0 when nothing failed."""
    target, *arguments = sys.argv[1:]
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    report = REPORTS / "sessions.json"
    started = time.monotonic()
    nox = [sys.executable, "-m", "nox", "--tags", TAGS[target], "--report", str(report), *arguments]
    status = subprocess.run(nox, cwd=ROOT, check=False).returncode
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"] if report.exists() else []
    counts = sum((count_session(session, REPORTS) for session in sessions), Counter[str]())
    counts["failed"] += bool(status and not counts["failed"])
    line = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
    print(f"\nmake {target}: {'FAILED' if status else 'ok'}. {line} in {time.monotonic() - started:.0f} s", flush=True)
    (REPORTS / f"{target}.txt").write_text(f"{line}\n", encoding="utf-8")
    return status


def count_session(session: Mapping[str, str], reports: Path) -> Counter[str]:
    """Return the results of one session: those of its tests, or its own where it runs none."""
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


if __name__ == "__main__":
    sys.exit(main())
