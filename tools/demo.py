"""``make demo``: the simulator over TLS, an edge gateway that a playbook converges, a drift mended, a recovery drill.

Uses the standard library only. Everything it starts is stopped and everything it writes is removed, also on Ctrl-C, but
for the report of the drill, which is there to be looked at.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REPORTS = ROOT / "demo-report"
PLAN = ROOT / "playbooks" / "files" / "recovery_plan.yml"
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class DemoFailedError(Exception):
    """Something did not turn out as the demo promises."""


def main() -> int:
    """Returns 0 when every step turned out as promised."""
    with tempfile.TemporaryDirectory(prefix="vca-demo-") as folder:
        env_file = Path(folder) / "sim.env"
        server = _start_simulator(env_file)
        try:
            env = _environment(_read_env(env_file), Path(folder))
            _show_network(env, Path(folder))
            report = _show_recovery(env, Path(folder))
        except DemoFailedError as exc:
            print(f"\nThe demo failed: {exc}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
        finally:
            server.terminate()
            server.wait(timeout=10)
    print("\nThe simulator is stopped, and nothing is left behind but the report of the drill, for a browser:")
    print(f"  {report}\nNext: docs/tutorial/first-firewall.md")
    return 0


def _environment(variables: dict[str, str], folder: Path) -> dict[str, str]:
    env = {
        **os.environ,
        **variables,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "VCA_CACHE_DIR": str(folder / "cache"),
        "VCA_STATE_DIR": str(folder / "state"),
        "BRANCH_PSK": secrets.token_urlsafe(24),
    }
    if sys.stdout.isatty():
        env.setdefault("ANSIBLE_FORCE_COLOR", "true")
    print(f"The simulator listens on {variables['VCA_URL']} (TLS, its own CA); edge {variables['VCA_EDGE']}.")
    return env


def _show_network(env: dict[str, str], folder: Path) -> None:
    edge = env["VCA_EDGE"]
    _step("1. Before: the firewall as it came", ["vca", "firewall", "list", "--edge", edge], env)
    playbook = ["ansible-playbook", "--diff", str(ROOT / "playbooks" / "edge_converge.yml")]
    first = _step("2. First run of the playbook: firewall, NAT and a tunnel, one write each", playbook, env)
    if _recap(first)[1] != 3:
        raise DemoFailedError("the first run did not change all three")
    second = _step("3. Second run: there is nothing left to change", playbook, env)
    if _recap(second)[1] != 0:
        raise DemoFailedError("the second run changed something")
    for number, section in enumerate(("firewall", "nat", "ipsec")):
        _step("4. After: the same edge gateway, converged" if not number else "", ["vca", section, "list", edge], env)

    document = folder / "edge.yml"
    _step("5. Keep the edge gateway in a file", ["vca", "edge", "export", "--edge", edge], env, into=document)
    by_hand = ["ansible", "localhost", "-m", "vcloudair.cloud.vca_nat_rule", "-a"]
    words = "match_by=description description=web translated_address=192.168.10.66"
    _step("6. Somebody points the web server elsewhere, by hand", [*by_hand, words], env)
    _step("7. The drift is found: the exit status is 2", ["vca", "edge", "plan", str(document)], env, status=2)
    _step("8. And mended", ["vca", "edge", "apply", str(document), "--yes"], env)
    _step("9. So that there is none left: the exit status is 0", ["vca", "edge", "plan", str(document)], env)
    inventory = folder / "cloud.vca.yml"
    inventory.write_text("plugin: vcloudair.cloud.vca_vms\n", encoding="utf-8")
    graph = _step("10. The machines, as an inventory", ["ansible-inventory", "-i", str(inventory), "--graph"], env)
    if "vm-0001" not in graph:
        raise DemoFailedError("the inventory lacks a machine")
    for line in document.read_text(encoding="utf-8").splitlines():
        if env["BRANCH_PSK"] in line:
            raise DemoFailedError("the export holds a key")


def _show_recovery(env: dict[str, str], folder: Path) -> Path:
    """Where the report is."""
    _step("11. Three machines are replicated into the cloud. A plan says how they come up", ["cat", str(PLAN)], env)
    _step("12. Is it going to work?", ["vca", "dr", "check", "--plan", str(PLAN), "--action", "test"], env)
    dry = _step("13. What would be done", ["vca", "dr", "test", "--plan", str(PLAN), "--dry-run"], env)
    if "replicated-0003" not in dry:
        raise DemoFailedError("the plan lacks a machine")
    shutil.rmtree(REPORTS, ignore_errors=True)
    given = {
        "dr_plan": str(PLAN),
        "dr_drill_report_dir": str(REPORTS),
        "dr_drill_checks": [{"name": "The cloud answers", "port": int(env["VCA_URL"].rpartition(":")[2])}],
    }
    variables = folder / "drill.json"
    variables.write_text(json.dumps(given), encoding="utf-8")
    drill = ["ansible-playbook", str(ROOT / "playbooks" / "dr_drill.yml"), "--extra-vars", f"@{variables}"]
    quiet = {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    said = _step("14. The drill: test, check, report, and clean up whatever came of it", drill, {**env, **quiet})
    left = _step("15. No test is left behind", ["vca", "dr", "list"], env)
    if "Verdict: done" not in said or "complete" in left:
        raise DemoFailedError("the drill did not come to a good end")
    return next(REPORTS.glob("*/report.html"))


def _step(title: str, command: list[str], env: dict[str, str], *, status: int = 0, into: Path | None = None) -> str:
    """Shows a command and what it prints, which it returns. ``into``: a file that takes its output instead."""
    shown = " ".join(shlex.quote(_short(word)) for word in command) + (f" > {into.name}" if into else "")
    print((f"\n=== {title}" if title else "") + f"\n$ {shown}", flush=True)
    if into is not None:
        with into.open("w", encoding="utf-8") as file:
            _check(command, subprocess.run(command, cwd=ROOT, env=env, stdout=file, check=False).returncode, status)
        print(f"({into.stat().st_size} bytes)")
        return ""
    run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    _check(command, run.wait(), status)
    return "".join(lines)


def _check(command: list[str], found: int, wanted: int) -> None:
    if found != wanted:
        raise DemoFailedError(f"{command[0]} ended with status {found}, not {wanted}")


def _short(word: str) -> str:
    if word.startswith(str(ROOT)):
        return str(Path(word).relative_to(ROOT))
    if word.startswith("@"):
        return f"@{Path(word).name}"
    return Path(word).name if Path(word).is_absolute() else word


def _recap(output: str) -> tuple[int, ...]:
    found = _RECAP.search(re.sub(r"\x1b\[[0-9;]*m", "", output))
    if found is None:
        raise DemoFailedError("the playbook printed no recap")
    return tuple(int(number) for number in found.groups())


def _start_simulator(env_file: Path) -> subprocess.Popen[bytes]:
    command = [
        str(BIN / "vca"),
        "sim",
        "serve",
        "--api",
        "vcd",
        "--replications",
        "3",
        "--set",
        "dr_task_s=2",
        "--tls",
        "--port",
        "0",
        "--env-file",
        str(env_file),
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not env_file.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise SystemExit("The simulator did not start.")
        time.sleep(0.05)
    return server


def _read_env(env_file: Path) -> dict[str, str]:
    variables = {}
    for line in env_file.read_text().splitlines():
        words = shlex.split(line, comments=True)
        for word in words:
            name, equals, value = word.partition("=")
            if equals:
                variables[name] = value
    return variables


if __name__ == "__main__":
    sys.exit(main())
