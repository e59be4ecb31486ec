"""Make an environment for pyvcloud in benchmarks, and print its interpreter.

pyvcloud pins versions that conflict with the versions of this project. An existing environment is kept.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PACKAGE = "pyvcloud==23.0.4"
KEPT = Path(__file__).resolve().parent.parent / ".nox" / f"bench-{sys.version_info.major}.{sys.version_info.minor}"


def main() -> int:
    """Make the environment. Return 0 if its interpreter exists."""
    python, done = KEPT / "bin" / "python", KEPT / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != PACKAGE:
        venv.create(KEPT, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", PACKAGE]
        subprocess.run(command, check=True)
        done.write_text(PACKAGE, encoding="utf-8")
    print(python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
