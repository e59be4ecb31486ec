"""Create a virtual environment for ansible-rulebook, and print the program's path.

The virtual environment can also import the packages of the current environment, which include the library and Ansible.
An existing virtual environment is reused.
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
    """Create the virtual environment if necessary. Return the exit status."""
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
    """Make the current environment's packages importable in the new environment.

    Packages of the new environment take precedence.
    """
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    ours = sysconfig.get_path("purelib")
    (own / "project.pth").write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
