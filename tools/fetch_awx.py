"""Fetch the collection ``awx.awx`` from the package ``ansible``, without Galaxy.

``python tools/fetch_awx.py`` prints the folder for ``ANSIBLE_COLLECTIONS_PATH``. An existing copy is kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "ansible>=12.3,<13"
INSIDE = "ansible_collections/awx/awx/"
KEPT = Path(__file__).resolve().parent.parent / ".nox" / "awx"


def main() -> int:
    """Fetch the collection. Return 0 if it is present."""
    if not (KEPT / INSIDE / "plugins").is_dir():
        with tempfile.TemporaryDirectory() as folder:
            # The package is only unpacked, so its Python version does not matter.
            options = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--quiet", "--dest", folder)
            command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options, PACKAGE]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(folder).glob("ansible-*.whl"))) as wheel:
                names = [name for name in wheel.namelist() if name.startswith(INSIDE)]
                wheel.extractall(KEPT, [name for name in names if not name.startswith(f"{INSIDE}tests/")])
    print(KEPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
