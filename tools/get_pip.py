"""Install the pip that Python bundles, in place of ansible-test's ``get-pip.py``.

ansible-test looks for ``get-pip.py`` in its cache before it downloads the file from a server that some networks block.
This program takes the place of the file in the cache. Then pip upgrades itself from the configured package index.
"""

from __future__ import annotations

import subprocess
import sys

_OF_GET_PIP_ONLY = ("--no-setuptools", "--no-wheel")


def main() -> int:
    """Install pip with the arguments of ``get-pip.py``. Return the exit status."""
    # Separate processes are needed because ensurepip removes pip's settings from the environment.
    subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade"], check=True, stdout=subprocess.DEVNULL)
    wanted = [argument for argument in sys.argv[1:] if argument not in _OF_GET_PIP_ONLY]
    return subprocess.call([sys.executable, "-m", "pip", "install", "--upgrade", *wanted])


if __name__ == "__main__":
    sys.exit(main())
