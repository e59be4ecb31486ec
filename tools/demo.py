"""Demonstrate the project against a simulated cloud, and check each step.

The demo uses the standard library only. The simulator stops at the end, even after Ctrl-C. The folder ``demo-report``
remains. It contains the log with the complete output of each command, the exported edge gateway, and the recovery
report.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.demo_screen import DemoFailedError, Screen

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REPORTS = ROOT / "demo-report"
PLAYBOOK = "tools/demo.yml"
PLAN = "playbooks/files/recovery_plan.yml"
NEXT = (
    ". .venv/bin/activate",
    "vca sim serve --api vcd                   # start a simulator of your own",
    "ansible-doc vcloudair.cloud.vca_firewall  # read about a module",
)
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=0")


def main() -> int:
    """Run the demo. Return 0 if each step had the expected result."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir()
    with tempfile.TemporaryDirectory(prefix="vca-demo-") as name, (REPORTS / "demo.log").open("w") as log:
        folder = Path(name)
        screen = Screen(log, ROOT, _environment(folder))
        server: subprocess.Popen[str] | None = None
        try:
            server = _start_simulator(screen, folder)
            _show_playbook(screen)
            _show_drift(screen)
            report = _show_recovery(screen)
        except DemoFailedError as exc:
            print(f"\nThe demo failed: {exc} The complete output is in demo-report/demo.log.", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
        finally:
            if server is not None:
                server.terminate()
                server.communicate(timeout=10)
        _summarize(screen, report)
    return 0


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))}
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "COLUMNS": str(Screen.width()),
        "VCA_CACHE_DIR": str(folder / "cache"),
        "VCA_STATE_DIR": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "BRANCH_PSK": secrets.token_urlsafe(24),
    }


def _start_simulator(screen: Screen, folder: Path) -> subprocess.Popen[str]:
    screen.step("1. Start a cloud", "A simulator answers as VMware Cloud Director does, over TLS, on this host.")
    env_file = folder / "sim.env"
    serve = ["vca", "sim", "serve", "--api", "vcd", "--replications", "3"]
    screen.command(serve)
    server = subprocess.Popen(
        [*serve, "--set", "dr_task_s=2", "--env-file", str(env_file)],
        cwd=ROOT, env=screen.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stderr is not None
    for line in server.stderr:
        if line.strip().startswith(("Address:", "User:", "Password:", "Organization:", "Edge gateway:")):
            screen.line(line.rstrip())
        if line.startswith("Press Ctrl-C"):
            break
    else:
        raise DemoFailedError("the simulator did not start.")
    # The file of exports exists before the simulator reports that it is ready.
    lines = [line.removeprefix("export ").partition("=") for line in env_file.read_text().splitlines()]
    screen.env.update({name: value for name, _, value in lines})
    return server


def _show_playbook(screen: Screen) -> None:
    screen.step("2. Read the playbook", "It declares firewall, NAT and an IPsec tunnel of an edge gateway.")
    for line in (ROOT / PLAYBOOK).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("-" * 3, "#")):
            screen.line(f"  {line}")
    play = ["ansible-playbook", PLAYBOOK]
    screen.step("3. Run it", "Proves: each task reads the edge gateway, writes it once, and reads it back.")
    _expect_changes(screen.run(play, show=Tasks()), 3)
    screen.step("4. Run it again", "Proves: the second run changes nothing.")
    _expect_changes(screen.run(play, show=Tasks()), 0)
    screen.step("5. Look at the result", "Proves: the command line shows what the playbook wrote.")
    screen.run(["vca", "firewall", "list"], show=_table)


def _show_drift(screen: Screen) -> None:
    document = REPORTS / "edge.yml"
    screen.step(
        "6. Export the edge gateway, then change it by hand",
        "Proves: the export holds no keys. A NAT rule then gets another target.",
    )
    screen.run(["vca", "edge", "export"], into=document)
    if screen.env["BRANCH_PSK"] in document.read_text(encoding="utf-8"):
        raise DemoFailedError("the export holds a pre-shared key.")
    change = "match_by=description description=web translated_address=192.168.10.66"
    module = ["ansible", "localhost", "-m", "vcloudair.cloud.vca_nat_rule", "-a", change]
    screen.run(module, show=lambda line: line.removesuffix(" => {") if "CHANGED" in line else "")
    name = str(document.relative_to(ROOT))
    screen.step("7. Find the drift and repair it", "Proves: the plan shows the difference, and `apply` removes it.")
    screen.run(["vca", "edge", "plan", name], status=2)
    screen.run(["vca", "edge", "apply", name, "--yes"], show=_summary)
    screen.run(["vca", "edge", "plan", name], show=_summary)


def _show_recovery(screen: Screen) -> Path:
    screen.step(
        "8. Test a disaster recovery",
        "Proves: three replicated VMs start in order, are checked, and are cleaned up.",
    )
    check = ["vca", "dr", "check", "--plan", PLAN, "--action", "test"]
    screen.run(check, show=lambda line: line if line.startswith("Score") else "")
    variables = REPORTS / "drill.json"
    checks = [{"name": "The cloud answers", "port": int(screen.env["VCA_URL"].rpartition(":")[2])}]
    settings = {"dr_plan": str(ROOT / PLAN), "dr_drill_report_dir": str(REPORTS), "dr_drill_checks": checks}
    variables.write_text(json.dumps(settings), encoding="utf-8")
    drill = ["ansible-playbook", "playbooks/dr_drill.yml", "-e", f"@{variables.relative_to(ROOT)}"]
    screen.run(drill, show=_recap_line)
    report = next(REPORTS.glob("*/report.html"))
    result: dict[str, Any] = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    rto, rpo = result["rto"], result["rpo"]
    if result["failures"] or not (rto["met"] and rpo["met"]):
        raise DemoFailedError("the test failover did not meet its objectives.")
    screen.line(f"Recovery time: {rto['reached_s']:.0f} s, target {rto['target_minutes']:.0f} min.")
    screen.line(f"Data loss: {rpo['reached_s'] / 60:.0f} min, target {rpo['target_minutes']:.0f} min.")
    replications = json.loads(screen.run(["vca", "dr", "list", "-o", "json"], show=lambda line: ""))
    if [vm for vm in replications if vm["test_state"] != "none"] or len(replications) != 3:
        raise DemoFailedError("a test failover is still running.")
    screen.line("No test failover is running any more.")
    return report


def _summarize(screen: Screen, report: Path) -> None:
    screen.step("Summary", "Each step was checked. The complete output is in demo-report/demo.log.")
    for line in (
        "Firewall, NAT and IPsec: one write each, and no change in the second run.",
        "A change by hand was found and repaired.",
        f"A recovery was tested: {report.relative_to(ROOT)}",
    ):
        screen.line(f"  {line}")
    screen.step("Next", "The simulator has stopped. Continue with these commands, or with README.md:")
    for command in NEXT:
        screen.line(f"  {command}")


class Tasks:
    """A filter that reduces the output of a playbook to one line for each task."""

    def __init__(self) -> None:
        self._name = ""

    def __call__(self, line: str) -> str:
        """Return the text to show for a line, or an empty string to leave out the line."""
        task = re.match(r"TASK \[(.+)\] \*", line)
        if task:
            self._name = task[1]
        result = re.match(r"(\w+: \[\w+\])", line)
        return f"{result[1]} {self._name}" if result else _recap_line(line)


def _recap_line(line: str) -> str:
    """Return the start of a line of Ansible's play recap, or an empty string."""
    return line.partition(" skipped=")[0] if " failed=" in line else ""


def _table(line: str) -> str:
    """Return a line of a table, or an empty string for the sentence below the table."""
    return "" if line.endswith((".", " on")) else line


def _summary(line: str) -> str:
    """Return the line if it is the summary of a plan, otherwise an empty string."""
    return "" if line.startswith((" ", "edge gateway")) or re.match(r"\d", line) else line


def _expect_changes(output: str, number: int) -> None:
    recap = _RECAP.search(output)
    if recap is None or int(recap[2]) != number:
        raise DemoFailedError(f"the number of changed tasks is not {number}.")


if __name__ == "__main__":
    sys.exit(main())
