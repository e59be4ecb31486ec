"""Failed tests are not run again, but for those that drive programs of others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import MAY_RUN_AGAIN
from tests.support.documents import ROOT

FAILS_ONCE = """
from pathlib import Path

def test_it():
    again = Path(__file__).with_suffix(".again")
    ran_before = again.exists()
    again.touch()
    assert ran_before
"""

PROVE_SAFETY = [
    "faults/test_a.py",
    "sockets/test_killed_runs.py",
    "security/test_a.py",
    "property/test_a.py",
    "unit/ans/test_two_writers.py",
    "unit/dr/test_verdicts.py",
    "unit/recovery/test_runs.py",
    "e2e/test_drill.py",
    "e2e/test_stage.py",
]


def test_only_tests_with_programs_of_others_run_again(tmp_path: Path) -> None:
    for file in (*PROVE_SAFETY, "e2e/test_exporter.py"):
        path = tmp_path / "tests" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FAILS_ONCE, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "pytest.ini").touch()
    options = ("-p", "no:cacheprovider", "-p", "no:vcloudair_core", "-p", "no:xdist", "--import-mode=importlib")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--reruns", "1", "-rfR", "--tb=no", "tests"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    failed = {line.split()[1].partition("::")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert failed == {f"tests/{file}" for file in PROVE_SAFETY}, done.stdout
    assert "1 passed, 1 rerun" in done.stdout


def test_what_may_run_again_exists() -> None:
    assert [name for name in MAY_RUN_AGAIN if not (ROOT / "tests" / name).exists()] == []


def test_no_session_but_that_of_figures_forces_reruns() -> None:
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert text.count('"--reruns"') == 2
    assert "--force-reruns" not in text
