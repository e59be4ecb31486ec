"""Make an execution environment for AWX from this checkout.

Run this program with ``nox -s execution_environment``.

The program builds the wheel of the library and the tarball of the collection, and writes an ansible-builder context
that contains both files. Therefore, the library and the collection do not have to be published. If there is a container
engine, the program builds the image. Otherwise, it prints the build command.

The definition is awx/execution-environment.yml. The Python and system packages come from the metadata of the
collection, which ansible-builder reads in the image (meta/execution-environment.yml).
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from build_collection import build as build_collection
from checkout import ROOT
from environments import building_from_checkout
from stage_collection import galaxy

DEFINITION = ROOT / "awx" / "execution-environment.yml"
OUTPUT = ROOT / "build" / "execution-environment"
ENGINES = ("podman", "docker")
LOCAL = "local"
"""Folder in the build folder of the context with the wheel and the tarball."""


@dataclass(frozen=True)
class Context:
    """A build context on disk. ``build`` is the folder with the files of the image."""

    definition: Path
    folder: Path
    wheel: Path
    tarball: Path

    @property
    def build(self) -> Path:
        return self.folder / "_build"

    def build_command(self, tag: str, engine: str) -> list[str]:
        """Return the command that builds the image."""
        where = ["--file", str(self.definition), "--context", str(self.folder)]
        return [_program("ansible-builder"), "build", *where, "--tag", tag, "--container-runtime", engine]


def create(output: Path) -> Context:
    """Build the wheel and the tarball, and write a new context to ``output``.

    The existing contents of ``output`` are deleted.
    """
    shutil.rmtree(output, ignore_errors=True)
    dist = output / "dist"
    tarball = build_collection(dist)
    # The source distribution is built first because a wheel of the checkout would contain old files of build/lib.
    with building_from_checkout():
        _run([sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT)])
    context = Context(output / "execution-environment.yml", output / "context", next(dist.glob("*.whl")), tarball)
    text = yaml.safe_dump(definition(context.wheel, tarball), sort_keys=False, width=120)
    context.definition.write_text(f"---\n# Written by tools/execution_environment.py.\n{text}", encoding="utf-8")
    where = ["--file", str(context.definition), "--context", str(context.folder)]
    _run([_program("ansible-builder"), "create", *where, "--output-filename", "Containerfile"])
    return context


def definition(wheel: Path, tarball: Path) -> dict[str, Any]:
    """Return awx/execution-environment.yml with a local wheel and tarball.

    The wheel is installed in the base of all stages. Therefore, pip finds the library there and does not search an
    index.
    """
    value: dict[str, Any] = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    value["dependencies"]["galaxy"] = {"collections": [{"name": f"{LOCAL}/{tarball.name}", "type": "file"}]}
    value["additional_build_files"] = [{"src": f"dist/{path.name}", "dest": LOCAL} for path in (wheel, tarball)]
    steps = value.setdefault("additional_build_steps", {})
    steps["append_base"] = [
        *steps.get("append_base", []),
        f"COPY _build/{LOCAL}/{wheel.name} /tmp/{wheel.name}",
        f"RUN $PYCMD -m pip install --no-cache-dir '{library()} @ file:///tmp/{wheel.name}' && rm /tmp/{wheel.name}",
    ]
    return value


def library() -> str:
    """Return the requirement of the library with its extras, without a version."""
    requirement = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    match = re.match(r"vcloudair-core(\[[\w,-]+\])?", requirement)
    if match is None:
        raise SystemExit(f"Reading requirements.txt failed: {requirement!r}. The first line must be vcloudair-core.")
    return match[0]


def find_engine() -> str | None:
    """Return the first container engine whose server responds."""
    for name in ENGINES:
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, check=False, timeout=60).returncode == 0:
            return name
    return None


def main() -> int:
    """Build the context. If there is a container engine, also build the image.

    Returns 0 on success.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tag", default=f"vcloudair-ee:{galaxy()['version']}", help="name of the image")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the context, which is emptied first")
    parser.add_argument("--engine", choices=ENGINES, help="the container engine. Default: the first that answers")
    arguments = parser.parse_args()
    missing = [name for name in ("build", "ansible_builder") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Missing: {', '.join(missing)}. Run: pip install --editable '.[ansible,quality]'", file=sys.stderr)
        return 1
    context = create(arguments.output.resolve())
    print(f"Library: {context.wheel.name}\nCollection: {context.tarball.name}\nContext: {context.folder}", flush=True)
    engine = arguments.engine or find_engine()
    command = context.build_command(arguments.tag, engine or ENGINES[0])
    if engine is None:
        print("No container engine responds, so no image was built. On a host with podman or docker, run:")
        print(shlex.join(["ansible-builder", *command[1:]]))
        return 0
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        print(f"Image: {arguments.tag}")
    return status


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`{shlex.join(command)}` failed with status {done.returncode}.\n{done.stdout}")


if __name__ == "__main__":
    sys.exit(main())
