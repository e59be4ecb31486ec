"""Install and use the wheel and the collection in a new virtual environment.

The program imports the library, makes a call and runs ``vca``. Then it runs each of several playbooks twice, by its
fully qualified name. The playbooks connect to the simulator of the installed wheel. The second run must change nothing.
The checkout is not used.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_TRY = """
import vcloudair_core, importlib.metadata as metadata
from vcloudair_core.recovery.plan.plan_file import parse_plan
from vcloudair_core.simulator import Simulator
simulator = Simulator()
settings = {name[4:].lower(): value for name, value in simulator.env().items() if name != "VCA_CA_PATH"}
with vcloudair_core.App().client(transport=simulator.transport(), session_cache=False, **settings) as client:
    firewall = client.read("ans.firewall", {"edge": settings["edge"]})
assert parse_plan("{name: p, groups: [{name: g, vms: [a]}]}").vms, "the schema of plans is in the wheel"
print(f"vcloudair-core {metadata.version('vcloudair-core')}: read a firewall with {len(firewall['rules'])} rules")
"""


NEWEST, OLDEST = "ansible-core>=2.16,<2.22", "ansible-core==2.16.*"
"""Oldest and newest ansible-core version of meta/runtime.yml for this Python."""

_RECAP = re.compile(r"ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0")
_PLAYBOOKS = {"edge_converge": 3, "firewall_staged": 3, "ipsec_converge": 2, "nat_converge": 2, "dr_failover": 1}
"""Number of tasks that change something in the first run, by playbook."""

_PLAN = """
name: small
groups:
  - name: all
    vms: [replicated-0001, replicated-0002]
"""


def main() -> int:
    """Run all checks of the release. Return the exit status."""
    wheel, tarball = (Path(word).resolve() for word in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "env", with_pip=True)
        programs = folder / "env" / "bin"
        pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, f"{wheel}[all]", NEWEST], check=True)
        env = _environment(folder, programs)
        for command in ("python -I -c", "vca plugins", "vca plugins new acme"):
            words = shlex.split(command)
            more = [_TRY] if words[0] == "python" else []
            subprocess.run([str(programs / words[0]), *words[1:], *more], check=True, cwd=folder, env=env)
        galaxy = [str(programs / "ansible-galaxy"), "collection", "install", "--offline", "-p", str(folder / "found")]
        subprocess.run([*galaxy, str(tarball)], check=True, cwd=folder, env=env, stdout=subprocess.DEVNULL)
        _play_all(_PLAYBOOKS, folder, programs, env)
        subprocess.run([*pip, OLDEST], check=True)
        _play_all({name: _PLAYBOOKS[name] for name in ("edge_converge", "dr_failover")}, folder, programs, env)
    return 0


def _play_all(playbooks: Mapping[str, int], folder: Path, programs: Path, env: Mapping[str, str]) -> None:
    version = subprocess.run(
        [str(programs / "ansible"), "--version"], capture_output=True, text=True, check=True, env=dict(env), cwd=folder
    )
    print(f"With {version.stdout.splitlines()[0]}", flush=True)
    for playbook, changes in playbooks.items():
        with _simulator(folder, programs, env) as told:
            _play_twice(playbook, changes, folder, programs, {**env, **told})


def _environment(folder: Path, programs: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_", "PYTHON"))}
    (folder / "ansible.cfg").touch()
    (folder / "plan.yml").write_text(_PLAN, encoding="utf-8")
    return {
        **kept,
        "PATH": f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(folder / "found"),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "BRANCH_PSK": "a key of this trial",
        "NO_PROXY": "localhost,127.0.0.1",
    }


@contextmanager
def _simulator(folder: Path, programs: Path, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run a simulator of the installed wheel. Yield the variables that connect to it."""
    file = folder / "sim.env"
    command = f"sim serve --api vcd --replications 2 --set dr_task_s=0.2 --env-file {shlex.quote(str(file))}"
    server = subprocess.Popen([str(programs / "vca"), *shlex.split(command)], cwd=folder, env=dict(env))
    try:
        deadline = time.monotonic() + 60
        while not file.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("The simulator of the wheel did not start.")
            time.sleep(0.05)
        words = [word for line in file.read_text().splitlines() for word in shlex.split(line) if "=" in word]
        yield dict(word.split("=", 1) for word in words)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _play_twice(name: str, changes: int, folder: Path, programs: Path, env: Mapping[str, str]) -> None:
    command = [str(programs / "ansible-playbook"), f"vcloudair.cloud.{name}"]
    command += ["-e", f"dr_plan={folder / 'plan.yml'}"] if name.startswith("dr_") else []
    for wanted in (changes, 0):
        run = subprocess.run(command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False)
        recap = _RECAP.search(run.stdout)
        if run.returncode or recap is None or int(recap[1]) != wanted:
            raise SystemExit(f"{name} did not change {wanted}:\n{run.stdout}{run.stderr}")
    print(f"{name}: {changes} changed, then nothing to change")


if __name__ == "__main__":
    sys.exit(main())
