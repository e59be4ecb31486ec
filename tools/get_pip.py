"""Stands in for the ``get-pip.py`` that ansible-test downloads: makes pip from what Python itself carries.

ansible-test looks into its cache before it asks a server of its own, which not every network lets it reach. What pip
then upgrades itself to comes from the package index that this machine is set up for.
"""

from __future__ import annotations

import subprocess
import sys

_OF_GET_PIP_ONLY = ("--no-setuptools", "--no-wheel")


def main() -> int:
    """Takes the arguments of ``get-pip.py``; returns the exit status."""
    # In processes of their own: ensurepip takes pip's settings out of the environment it runs in.
    subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade"], check=True, stdout=subprocess.DEVNULL)
    wanted = [argument for argument in sys.argv[1:] if argument not in _OF_GET_PIP_ONLY]
    return subprocess.call([sys.executable, "-m", "pip", "install", "--upgrade", *wanted])


if __name__ == "__main__":
    sys.exit(main())
