"""Find Python interpreters, and make environments with ansible-core.

``python tools/environments.py`` lists the interpreters of this host. Environments are kept in ``.nox/environments``. If
their requirements change, they are built again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".nox" / "environments"

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
"""Supported Python versions, oldest first."""

CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13"),
    "2.21": ("3.12", "3.13"),
}
"""Supported ansible-core versions, oldest first, with their controller Pythons."""

_TRIAL = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"


def ansible_requirement() -> str:
    """Return the requirement for ansible-core, with its declared version range."""
    names = list(CORES)
    return f"ansible-core>={names[0]},<{_next_minor(names[-1])}"


def pairs(*, every: bool = False) -> list[tuple[str, str]]:
    """Return the pairs (ansible-core version, Python version) to test.

    Each ansible-core version is tested with the oldest Python that it supports. The newest ansible-core is tested with
    all Python versions that it supports. If ``every`` is true, all supported pairs are returned.
    """
    newest = list(CORES)[-1]
    return [
        (core, python)
        for core, pythons in CORES.items()
        for python in (pythons if every or core == newest else pythons[:1])
    ]


def find_python(version: str) -> str | None:
    """Return an interpreter that has the version and can make environments, or None."""
    for candidate in _candidates(version):
        try:
            done = subprocess.run(
                [candidate, "-I", "-c", _TRIAL], capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout.split(maxsplit=1)[0] == version:
            # A shim of pyenv works only with certain variables. The interpreter itself always works.
            return done.stdout.split(maxsplit=1)[1].strip()
    return None


def make(name: str, python: str, *requirements: str, options: Sequence[str] = ()) -> Path:
    """Make an environment with these requirements, or reuse it. Return its Python.

    ``options`` are passed to ``uv pip install`` or ``pip install``. If another process builds the library from the
    checkout, the function waits.
    """
    folder = KEPT / name
    made = folder / "bin" / "python"
    stamp = folder / "made-of"
    consists_of = _digest(python, *requirements, *options)
    if made.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == consists_of:
        return made
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    uv = find_uv()
    if uv is not None:
        _run([*uv, "venv", "--quiet", "--seed", "--python", python, str(folder)])
        install = [*uv, "pip", "install", "--quiet", "--python", str(made)]
    else:
        _run([python, "-m", "venv", str(folder)])
        install = [str(made), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    with building_from_checkout():
        _run([*install, *options, *requirements])
    stamp.write_text(consists_of, encoding="utf-8")
    return made


@contextmanager
def building_from_checkout() -> Iterator[None]:
    """Hold the lock for builds from the checkout, and wait for it if necessary.

    Concurrent builds would conflict, because setuptools writes vcloudair_core.egg-info into the checkout.
    """
    import filelock

    KEPT.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(KEPT / "checkout.lock"):
        yield


def find_uv() -> list[str] | None:
    """Return the command of a working uv, or None.

    The uv of this environment takes precedence over a uv on the PATH. uv is much faster than pip.
    """
    for command in ([sys.executable, "-m", "uv"], ["uv"]):
        try:
            if subprocess.run([*command, "--version"], capture_output=True, check=False, timeout=60).returncode == 0:
                return command
        except (OSError, subprocess.TimeoutExpired):
            continue
    return None


def _candidates(version: str) -> Iterator[str]:
    if sys.version_info[:2] == tuple(int(number) for number in version.split(".")):
        yield sys.executable
    for folder in os.get_exec_path():
        for name in (f"python{version}", "python3", "python"):
            if (Path(folder) / name).is_file():
                yield str(Path(folder) / name)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((str(path) for path in pyenv.glob(f"versions/{version}*/bin/python")), reverse=True)
    uv = find_uv()
    if uv is not None:
        done = subprocess.run(
            [*uv, "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
        )
        yield from done.stdout.splitlines()[:1]


def _digest(*parts: str) -> str:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return hashlib.sha256("\0".join([*parts, declared]).encode()).hexdigest()


def _next_minor(version: str) -> str:
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    print(f"uv: {' '.join(find_uv() or ['not found; pip is used, which is slower'])}")
    for python_version in PYTHONS:
        print(f"Python {python_version}: {find_python(python_version) or 'not found'}")
