"""Installs a wheel into an empty environment and uses it as a stranger would: import, one call, ``vca``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

_TRY = """
import vcloudair_core, importlib.metadata as metadata
from vcloudair_core.recovery.plan_file import parse_plan
from vcloudair_core.simulator import Simulator
simulator = Simulator()
settings = {name[4:].lower(): value for name, value in simulator.env().items() if name != "VCA_CA_PATH"}
with vcloudair_core.App().client(transport=simulator.transport(), session_cache=False, **settings) as client:
    firewall = client.read("ans.firewall", {"edge": settings["edge"]})
assert parse_plan("{name: p, groups: [{name: g, machines: [a]}]}").machines, "the schema of plans is in the wheel"
print(f"vcloudair-core {metadata.version('vcloudair-core')}: read a firewall with {len(firewall['rules'])} rules")
"""


def main() -> int:
    """Returns the exit status; prints what was tried."""
    wheel = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run(
            [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", f"{wheel}[all]"], check=True
        )
        vca = str(Path(folder) / "bin" / "vca")
        for command in ([python, "-I", "-c", _TRY], [vca, "plugins"], [vca, "plugins", "new", "acme"]):
            subprocess.run(command, check=True, cwd=folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
