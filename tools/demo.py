"""``make demo``: the simulator over TLS, one playbook run twice, and what a person would look at in between.

Uses the standard library only. Everything it starts is stopped and everything it writes is removed, also on Ctrl-C.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class DemoFailedError(Exception):
    """Something did not turn out as the demo promises."""


def main() -> int:
    """Returns 0 when every step turned out as promised."""
    with tempfile.TemporaryDirectory(prefix="vca-demo-") as folder:
        env_file = Path(folder) / "sim.env"
        server = _start_simulator(env_file)
        try:
            _show(_read_env(env_file), Path(folder))
        except DemoFailedError as exc:
            print(f"\nThe demo failed: {exc}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
        finally:
            server.terminate()
            server.wait(timeout=10)
    print("\nThe simulator is stopped and nothing is left behind. Next: docs/tutorial/first-firewall.md")
    return 0


def _show(variables: dict[str, str], folder: Path) -> None:
    env = {
        **os.environ,
        **variables,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "VCA_CACHE_DIR": str(folder / "cache"),
    }
    if sys.stdout.isatty():
        env.setdefault("ANSIBLE_FORCE_COLOR", "true")
    print(f"The simulator listens on {variables['VCA_URL']} (TLS, its own CA); edge {variables['VCA_EDGE']}.")

    _step("1. Before: the firewall as it came", ["vca", "firewall", "list", variables["VCA_EDGE"]], env)
    playbook = ["ansible-playbook", "--diff", str(ROOT / "playbooks" / "firewall_converge.yml")]
    first = _step("2. First run of the playbook: it changes what differs, in one write", playbook, env)
    if _recap(first)[1] == 0:
        raise DemoFailedError("the first run changed nothing")
    second = _step("3. Second run: there is nothing left to change", playbook, env)
    if _recap(second)[1] != 0:
        raise DemoFailedError("the second run changed something")
    _step("4. After: the same firewall, converged", ["vca", "firewall", "list", variables["VCA_EDGE"]], env)


def _step(title: str, command: list[str], env: dict[str, str]) -> str:
    print(f"\n=== {title}\n$ {shlex.join(_short(word) for word in command)}", flush=True)
    run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if run.wait() != 0:
        raise DemoFailedError(f"{command[0]} ended with status {run.returncode}")
    return "".join(lines)


def _short(word: str) -> str:
    return str(Path(word).relative_to(ROOT)) if word.startswith(str(ROOT)) else word


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
        "--profile",
        "vcd",
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
