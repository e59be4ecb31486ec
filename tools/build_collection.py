"""Build the published tarball of the collection.

Usage: ``python tools/build_collection.py OUTPUT``. The program prints the path of the tarball.

The tarball is identical to that of ``ansible-galaxy collection build``, except that the README of the collection is
named README.md. Galaxy shows a README only if it has this name.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from stage_collection import galaxy, stage


def build(output: Path) -> Path:
    """Build the tarball in the folder ``output``, and return its path.

    The folder is created if it does not exist.
    """
    about = galaxy()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(sys.executable).with_name("ansible-galaxy")
        command = [program, "collection", "build", "--force", "--output-path", output, stage(Path(folder).resolve())]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return output / f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"


if __name__ == "__main__":
    print(build(Path(sys.argv[1]).resolve()))
