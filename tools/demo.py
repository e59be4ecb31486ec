"""``make demo``: the simulator over TLS, an edge gateway that a playbook converges, a drift found and mended.

Uses the standard library only. Everything it starts is stopped and everything it writes is removed, also on Ctrl-C.
"""

from __future__ import annotations

import os
import re
import secrets
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
        "VCA_STATE_DIR": str(folder / "state"),
        "BRANCH_PSK": secrets.token_urlsafe(24),
    }
    if sys.stdout.isatty():
        env.setdefault("ANSIBLE_FORCE_COLOR", "true")
    print(f"The simulator listens on {variables['VCA_URL']} (TLS, its own CA); edge {variables['VCA_EDGE']}.")

    edge = variables["VCA_EDGE"]
    _step("1. Before: the firewall as it came", ["vca", "firewall", "list", edge], env)
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
    _step("5. Keep the edge gateway in a file", ["vca", "edge", "export", edge], env, into=document)
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
