"""Install third-party clients from package registries in ``.nox/clients``.

The nox session ``clients`` runs these clients. If a client cannot be built, its test is skipped. The reason is in
``.nox/clients/<client>.reason``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from environments import find_python

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests" / "clients"
BUILT = ROOT / ".nox" / "clients"
VCD_CLI = "vcd-cli==24.1.0"
EXTENSION = "container-service-extension==3.1.4"
EXTENSION_PYTHON = "3.10"
"""Newest Python that can import the extension."""


def _run(*command: str | Path, folder: Path, **variables: str) -> None:
    """Run a command.

    Raises OSError if the program is missing, and CalledProcessError with the output if the program fails.
    """
    env = {**os.environ, **variables}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True, timeout=900)


def _make_go(folder: Path) -> None:
    shutil.copytree(SOURCES / "go", folder, dirs_exist_ok=True)
    _run("go", "mod", "tidy", folder=folder)
    _run("go", "build", "-o", "tour", ".", folder=folder)
    for name in ("nsxt", "firewall", "edits"):
        _run("go", "build", "-o", f"{name}-tour", f"./{name}", folder=folder)


def _make_java(folder: Path) -> None:
    shutil.copytree(SOURCES / "java", folder, dirs_exist_ok=True)
    _run("mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib", folder=folder)
    _run("javac", "-nowarn", "-cp", "lib/*", "-d", "out", "Tour.java", folder=folder)


def _make_python(folder: Path) -> None:
    _run(sys.executable, "-m", "venv", folder, folder=folder)
    _run(folder / "bin" / "pip", "install", "-q", VCD_CLI, folder=folder)


def _make_extension(folder: Path) -> None:
    python = find_python(EXTENSION_PYTHON)
    if python is None:
        raise OSError(f"Python {EXTENSION_PYTHON} is not installed.")
    _run(python, "-m", "venv", folder, folder=folder)
    _run(folder / "bin" / "pip", "install", "-q", EXTENSION, folder=folder)


CLIENTS: dict[str, Callable[[Path], None]] = {
    "go": _make_go,
    "java": _make_java,
    "python": _make_python,
    "extension": _make_extension,
}


def main() -> None:
    """Build all clients that are not built yet."""
    for name, make in CLIENTS.items():
        folder, done, reason = BUILT / name, BUILT / f"{name}.done", BUILT / f"{name}.reason"
        if done.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        reason.unlink(missing_ok=True)
        try:
            make(folder)
            done.touch()
        except OSError as exc:
            reason.write_text(f"{exc}\n", encoding="utf-8")
        except subprocess.SubprocessError as exc:
            output = str(getattr(exc, "stderr", "") or getattr(exc, "stdout", "") or exc).strip().splitlines()
            reason.write_text(f"{output[-1] if output else exc}\n", encoding="utf-8")
        print(f"{name}: {reason.read_text(encoding='utf-8').strip() if reason.exists() else 'built'}")


if __name__ == "__main__":
    main()
