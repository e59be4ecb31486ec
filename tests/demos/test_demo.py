"""Run ``make demo`` in a fresh clone, and the commands that it prints.

``nox -s demos`` runs the test.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.documents import ROOT, SHELLS, blocks
from tests.support.fresh_clone import clone

MOST_LINES = 119
INSTALLATION_S = 1800
_BUILT_IN = {".", "cd", "until", "kill", "pip", "python", "python3"}
"""Commands that the shell provides or that every environment has."""


@pytest.mark.slow
@pytest.mark.network
def test_make_demo_and_its_next_commands_work(user: dict[str, str], tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    output = _shell("make demo", folder, user)
    lines = output.splitlines()
    assert len(lines) <= MOST_LINES
    _assert_output_explains_the_demo(output, folder)
    _run_the_next_commands(lines, folder, user)
    assert [name for name in _programs_of_the_readme() if not (folder / ".venv" / "bin" / name).exists()] == []
    _shell(". .venv/bin/activate && nox -s docs", folder, user)
    assert (folder / "build" / "site" / "index.html").exists()


def _shell(command: str, folder: Path, env: Mapping[str, str]) -> str:
    completed = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=INSTALLATION_S,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stdout[-8000:]
    return completed.stdout


def _assert_output_explains_the_demo(output: str, folder: Path) -> None:
    playbook = (folder / "tools" / "demo.yml").read_text(encoding="utf-8").splitlines()
    printed = "".join(f"  {line}\n" for line in playbook if line and not line.startswith(("---", "#")))
    assert printed in output, "The demo must print the complete playbook."
    assert output.index(printed) < output.index("$ ansible-playbook tools/demo.yml")
    titles = re.findall(r"^(\d)\. .+\n.+", output, re.MULTILINE)
    assert titles == [str(number) for number in range(1, len(titles) + 1)]
    assert len(titles) == 8
    assert output.count("Proves: ") == 6
    assert not re.search(r"\bmachines?\b", output)
    (report,) = re.findall(r"demo-report/\S+/report\.html", output)
    assert (folder / report).exists()
    assert output.index("\nSummary\n") < output.index("\nNext\n")


def _run_the_next_commands(lines: list[str], folder: Path, user: Mapping[str, str]) -> None:
    commands = [line.strip() for line in lines[lines.index("Next") + 2 :]]
    assert len(commands) == 3
    activate, serve, read = commands
    assert "vca_firewall" in _shell(f"{activate}\n{read}", folder, user)
    server = subprocess.Popen(
        ["sh", "-c", f"{activate}\nexec {serve}"], cwd=folder, env=dict(user), stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        printed = []
        for line in server.stderr:
            printed.append(line)
            if line.startswith("Press Ctrl-C"):
                break
        assert any(line.startswith("export VCA_URL=https://") for line in printed), printed
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stderr.close()


def _programs_of_the_readme() -> set[str]:
    programs = set()
    for block in blocks(ROOT / "README.md"):
        if block.is_run and block.language in SHELLS:
            programs |= {line.split()[0] for line in block.text.splitlines()}
    assert {"vca", "ansible-playbook", "ansible-galaxy"} <= programs
    return {*programs, "nox"} - _BUILT_IN
