"""What a press of Tab costs: the time that a person waits, and how it compares with a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 9
MOST_S = 0.3


def test_a_press_of_tab_is_answered_in_time(tmp_path: Path) -> None:
    vca = str(Path(sys.executable).parent / "vca")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env = {**plain, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "VCA_URL": "https://vcd.example.test"}
    subprocess.run([vca, "completion", "zsh"], env=env, check=True, capture_output=True)
    tab = {**env, "_VCA_COMPLETE": "zsh"}
    bare = min(_seconds([sys.executable, "-c", "pass"], env) for _ in range(ROUNDS))
    ours = min(_seconds([vca, "firewall", "list", "--edge", ""], tab) for _ in range(ROUNDS))
    print(f"\nTab: {ours * 1000:.0f} ms; bare interpreter {bare * 1000:.0f} ms; {ours / bare:.1f} x")
    assert ours < MOST_S


def _seconds(command: list[str], env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - started
