"""Run programs for the collection checks in a scratch folder with its own home.

The programs are installed in this environment.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from checkout import ROOT
from stage_collection import stage

BIN = Path(sys.executable).parent
KEPT = ROOT / ".nox" / "collection"
"""Cache of the environments of ansible-test and galaxy-importer. Git ignores it."""

_NOT_PASSED_ON = ("ANSIBLE_", "VCA_", "GALAXY_", "PYTHONPATH", "PYTEST_")


class CheckFailedError(Exception):
    """Raised if a check fails.

    The message has a line with the error, and the output of the program.
    """

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


class Room:
    """A scratch folder for one check."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def staged(self) -> Path:
        """Copy the collection to a folder that ansible-test accepts."""
        return stage(self.folder / "staged")

    def run(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
        """Run a program and return its output. Raises CheckFailedError if it fails."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words, cwd=cwd, env=self.environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, errors="replace",
        )  # fmt: skip
        if done.returncode != 0:
            raise CheckFailedError(
                f"{' '.join([Path(words[0]).name, *words[1:3]])}: status {done.returncode}", done.stdout
            )
        return done.stdout

    def environment(self, variables: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return environment variables without settings that affect a check.

        The settings for Ansible, for clouds, and from an enclosing test run are removed.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        return {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "NO_COLOR": "1",
            **(variables or {}),
        }

    def ansible_test(self, command: str, collection: Path, *targets: str, home: Path | None = None) -> str:
        """Run ``ansible-test`` with this Python version. Return the output.

        Without ``targets``, all targets run. ``home`` is the home folder. The default is the scratch folder.
        The message of an error has the error lines of the output.
        """
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        options = ("--local", "--python", python, "--color", "no", *targets)
        try:
            return self.run(
                BIN / "ansible-test", command, *options, cwd=collection, env={"HOME": str(home or self.folder)}
            )
        except CheckFailedError as exc:
            # A sanity test that fails is followed by the output of many others.
            errors = [line for line in exc.output.splitlines() if line.startswith("ERROR: ")]
            raise CheckFailedError("\n".join([str(exc), *errors]), exc.output) from None


def ansible_test_home() -> Path:
    """Make a home folder for ansible-test, with pip and the pip settings of the user."""
    home = KEPT / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _pip_versions():
        shim = cache / f"get_pip_{version.replace('.', '_')}.py"
        shim.write_bytes((ROOT / "tools" / "get_pip.py").read_bytes())
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)  # The settings can contain the password of an index.
    settings.write_text(_pip_settings(), encoding="utf-8")
    return home


def _pip_versions() -> set[str]:
    import ansible_test

    source = Path(ansible_test.__path__[0]) / "_internal" / "python_requirements.py"
    return set(re.findall(r"\bpip='([\d.]+)'", source.read_text(encoding="utf-8")))


def _pip_settings() -> str:
    """Return the user's pip settings in the format of pip.conf.

    The settings come from files and from the environment, which ansible-test hides from pip.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings: dict[str, str] = {}
    for layer in ("global.", "install.", ":env:."):  # Later layers override earlier ones.
        for line in listed.splitlines():
            name, equals, value = line.partition("=")
            if equals and name.startswith(layer):
                settings[name.removeprefix(layer)] = "\n  ".join(str(ast.literal_eval(value)).split())
    return "".join(["[global]\n", *(f"{name} = {value}\n" for name, value in settings.items())])
