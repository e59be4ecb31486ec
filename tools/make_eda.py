"""Make an environment for ansible-rulebook, and print the path of its program.

The environment includes the packages of this environment, and therefore the library and Ansible of the checkout. An
existing environment is kept.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PACKAGE = "ansible-rulebook>=1.1,<2"
KEPT = Path(__file__).resolve().parent.parent / ".nox" / f"eda-{sys.version_info.major}.{sys.version_info.minor}"
PROGRAM = KEPT / "bin" / "ansible-rulebook"


def main() -> int:
    """Make the environment. Return 0 if the program is present."""
    python, done = KEPT / "bin" / "python", KEPT / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != PACKAGE:
        venv.create(KEPT, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", PACKAGE]
        subprocess.run(command, check=True)
        _see_ours(python)
        done.write_text(PACKAGE, encoding="utf-8")
    print(PROGRAM)
    return 0


def _see_ours(python: Path) -> None:
    """Make the packages of this environment importable in the new environment.

    If both environments have a package, the new environment's package is imported.
    """
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    ours = sysconfig.get_path("purelib")
    (own / "project.pth").write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
