"""Compare the results of a program with ``vcloudair==0.5`` and with this package.

The two runs differ only in the name of the imported package. A program gets the names of the simulated cloud in
``CLOUD_*``. A proxy connects host names of vCloud Air to the simulator. The certificate of the proxy is trusted, even
by SDK requests that ignore the settings of the environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / "contract" / "programs"
HOSTS = ("vchs.vmware.com", "vca.vmware.com", "vcd.example.test")
PACKAGES = ("vcloudair", "vcloudair_core")

_SITE = """
import certifi
certifi.where = lambda: {ca_path!r}
"""
_PROGRESS = re.compile(r".*  ?(Done!|Task Hung Timeout!|Error! .*)|.* -- \d+ percent")
"""Lines that vcloudair 0.5 itself prints during DR actions."""


@dataclass(frozen=True)
class Ran:
    """The result of a program. ``files`` maps file names to texts."""

    output: str
    errors: str
    status: int
    files: Mapping[str, str]


def run_program(program: Path, package: str, folder: Path, env: Mapping[str, str], *, ca_path: str, proxy: str) -> Ran:
    """Run a program in an empty folder. ``package`` is the package that it imports."""
    work, site = folder / "work", folder / "site"
    work.mkdir(parents=True)
    site.mkdir()
    (site / "sitecustomize.py").write_text(_SITE.format(ca_path=ca_path))
    text = program.read_text(encoding="utf-8")
    script = folder / program.name
    script.write_text(re.sub(r"\bvcloudair\b", package, text), encoding="utf-8")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("VCA_", "CLOUD_"))
    }
    run = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        cwd=work,
        env=kept
        | dict(env)
        | {
            "PYTHONPATH": os.pathsep.join([str(site), str(Path(__file__).parents[2])]),
            "REQUESTS_CA_BUNDLE": ca_path,
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "HOME": str(folder),
            "VCA_CONFIG_FILE": "",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if not _PROGRESS.fullmatch(line)]
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(work.iterdir())}
    return Ran("\n".join(lines), run.stderr, run.returncode, files)
