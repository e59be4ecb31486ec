"""Run the checks of the collection: all steps, or the steps named as arguments.

Each step prints one line with its result and time. If a step fails, the output of its programs is printed, and the
other steps continue.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import execution_environment
import yaml
from check_room import BIN, KEPT, CheckFailedError, Room, ansible_test_home
from checkout import ROOT, copy_checkout
from stage_collection import PUBLISHED_README, collection_files, galaxy

IMPORTER = "galaxy-importer>=0.4.30"
"""Requirement of galaxy-importer.

galaxy-importer pins older versions of packages than other tools need. Therefore, it has a separate environment.
"""

ALLOWED = (
    r"(MANIFEST|FILES)\.json",
    r"README(-collection)?\.md|CHANGELOG\.md|LICENSE|requirements\.txt|bindep\.txt",
    r"meta/[a-z-]+\.yml",
    r"changelogs/(config|changelog)\.yaml",
    r"playbooks/(files/)?\w+\.yml",
    r"playbooks/examples/(files/)?\w+\.(yml|csv|json)",
    r"plugins/\w+/\w+\.py",
    r"roles/\w+/(\w+/\w+\.yml|README\.md)",
    r"extensions/audit/event_query\.yml",
    r"extensions/eda/.+\.(yml|py)",
)
"""Patterns of the files that the tarball may have. Keep them equal to galaxy.yml."""


# -- steps -------------------------------------------------------------------------------------------------------


def sanity(room: Room) -> str:
    """Run all tests of ansible-test sanity."""
    said = room.ansible_test("sanity", room.staged(), home=ansible_test_home())
    ran = set(re.findall(r"^Running sanity test .([\w-]+)", said, re.MULTILINE))
    return f"{len(ran)} tests"


def units(room: Room) -> str:
    """Run the unit tests of the plugins with ansible-test units."""
    said = room.ansible_test("units", room.staged())
    return _last_match(r"(\d+ passed[^=\n]*?) in", said)


def integration(room: Room) -> str:
    """Run the targets of ansible-test integration on a simulator with TLS.

    If the environment variable TEST_ONE_IN is 10, one in ten targets runs. The session ``tests`` runs all targets with
    ansible-playbook.
    """
    from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

    collection = room.staged()
    with (
        SimulatorServer(SimulatorConfig(replications=3, dr_task_s=0.2)) as server,
        SimulatorServer(
            SimulatorConfig(profile="vcd", vcda_replications=2, vcda_task_s=0.2, nsxt_edges=1, nsxt_task_s=0)
        ) as of_vcda,
    ):
        settings: dict[str, Any] = {name.lower(): value for name, value in server.env().items()}
        settings["vca_vcda"] = {name.lower(): value for name, value in of_vcda.env().items()}
        settings["vca_nsxt"] = {**settings["vca_vcda"], "vca_edge": "nsxt-edge1"}
        config = collection / "tests" / "integration" / "integration_config.yml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        targets = sorted(path.name for path in (collection / "tests" / "integration" / "targets").iterdir())
        selected = targets[:: _one_in()]
        room.ansible_test("integration", collection, *selected)
    return f"{len(selected)} of {len(targets)} targets"


def lint(room: Room) -> str:
    """Run ansible-lint with the production profile."""
    collection = room.staged()
    found_at = {"ANSIBLE_COLLECTIONS_PATH": str(room.folder / "staged")}
    command = (BIN / "ansible-lint", "--config-file", ROOT / ".ansible-lint", "--strict")
    said = room.run(*command, cwd=collection, env=found_at)
    return _last_match(r"Passed: (.+ files) processed", said)


def docs(room: Room) -> str:
    """Check the documentation and its references with antsibull-docs."""
    options = (
        "--plugin-docs",
        "--skip-rstcheck",
        "--validate-collection-refs=all",
        "--disallow-unknown-collection-refs",
    )
    room.run(BIN / "antsibull-docs", "lint-collection-docs", *options, ".", cwd=room.staged())
    return "every plugin"


def changelog(room: Room) -> str:
    """Check the fragments of the next release with antsibull-changelog."""
    room.run(BIN / "antsibull-changelog", "lint", cwd=ROOT)
    return f"{len(list((ROOT / 'changelogs' / 'fragments').glob('*.yml')))} fragments"


def build(room: Room) -> str:
    """Build the collection from the checkout and as published, and compare the files."""
    files = _files(_tarball(room, copy_checkout(room.folder / "checkout")))
    _refuse("in the tarball, but not allowed", [name for name in files if not _is_allowed(name)])
    _refuse("missing in the tarball", set(collection_files()) - files)
    published = _files(_tarball(room, room.staged()))
    readme = {galaxy()["readme"], PUBLISHED_README}
    _refuse("not in both tarballs", (files ^ published) - readme)
    _refuse("missing in the published tarball", {PUBLISHED_README} - published)
    return f"{len(published)} files"


def importer(room: Room) -> str:
    """Run galaxy-importer, which runs the same checks as Galaxy on upload.

    If the environment variable TEST_ONE_IN is greater than 1, galaxy-importer does not run ansible-lint, because
    ansible-lint takes most of the time and the step ``lint`` also runs it.
    """
    python = _importer_python(room)
    tarball = _tarball(room, room.staged())
    environment = {
        "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
        "HOME": str(room.folder),
        "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": str(_one_in() == 1).lower(),
    }
    said = room.run(python, "-m", "galaxy_importer.main", tarball, cwd=room.folder, env=environment)
    complaints = [line for line in said.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)", line)]
    if complaints or "completed successfully" not in said:
        raise CheckFailedError(complaints[0] if complaints else "galaxy-importer did not complete", said)
    return "no complaints"


def builder(room: Room) -> str:
    """Check the requirements and create the build context with ansible-builder."""
    collection = room.staged()
    said = yaml.safe_load(room.run(BIN / "ansible-builder", "introspect", "--sanitize", room.folder / "staged"))
    found = [line.partition("#")[0].strip() for line in said["python"]]
    wanted = (collection / "requirements.txt").read_text(encoding="utf-8").split()
    if found != wanted or not said["system"]:
        raise CheckFailedError(f"the image would install {found} and {said['system']}, not {wanted}")
    context = execution_environment.create(room.folder / "ee")
    if not (context.folder / "Containerfile").exists():
        raise CheckFailedError("ansible-builder created no Containerfile")
    return ", ".join(found)


STEPS: dict[str, Callable[[Room], str]] = {
    step.__name__: step for step in (sanity, integration, importer, lint, docs, units, builder, changelog, build)
}
"""Steps, longest first, so that two processes end at about the same time."""


# -- helpers of steps --------------------------------------------------------------------------------------------


def _one_in() -> int:
    return int(os.environ.get("TEST_ONE_IN", "1"))


def _tarball(room: Room, source: Path) -> Path:
    output = room.folder / "dist"
    room.run(BIN / "ansible-galaxy", "collection", "build", "--force", "--output-path", output, source)
    about = galaxy()
    return output / f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"


def _files(path: Path) -> set[str]:
    """Return the files of a tarball.

    Raises: CheckFailedError if the tarball has anything except files and non-empty folders.
    """
    with tarfile.open(path) as tarball:
        members = tarball.getmembers()
    files = {member.name for member in members if member.isfile()}
    folders = {member.name for member in members if member.isdir()}
    _refuse("neither file nor folder", {member.name for member in members} - files - folders)
    _refuse("empty in the tarball", [name for name in folders if not any(f.startswith(f"{name}/") for f in files)])
    return files


def _importer_python(room: Room) -> Path:
    folder = KEPT / f"importer-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != IMPORTER:
        venv.create(folder, with_pip=True, clear=True)
        room.run(python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", IMPORTER)
        done.write_text(IMPORTER, encoding="utf-8")
    return python


def _is_allowed(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in ALLOWED)


def _refuse(what: str, names: set[str] | list[str]) -> None:
    if names:
        raise CheckFailedError(f"{what}: {', '.join(sorted(names))}")


def _last_match(pattern: str, said: str) -> str:
    found = re.findall(pattern, said)
    if not found:
        raise CheckFailedError(f"no output line matches {pattern}", said)
    return str(found[-1]).strip()


# -- runs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """The result of a step. ``output`` is the output of the programs of a failed step."""

    name: str
    is_ok: bool
    detail: str
    seconds: float
    output: str = ""


def run_step(name: str) -> Result:
    """Run a step in a temporary folder."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"vca-{name}-", ignore_cleanup_errors=True) as folder:
        try:
            detail, is_ok, output = STEPS[name](Room(Path(folder).resolve())), True, ""
        except CheckFailedError as exc:
            detail, is_ok, output = str(exc), False, exc.output
        except Exception as exc:  # noqa: BLE001 - a broken step is a failed one, and the others still run
            detail, is_ok, output = f"{type(exc).__name__}: {exc}", False, ""
    return Result(name, is_ok, detail, time.monotonic() - started, output)


def main() -> int:
    """Run the steps. Return 0 if all steps succeeded."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--list", action="store_true", help="name the steps and what they do")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="number of concurrent steps")
    given = parser.parse_args()
    unknown = [name for name in given.steps if name not in STEPS]
    if unknown:
        parser.error(f"no step is named {', '.join(unknown)}. Choose from {', '.join(STEPS)}.")
    if given.list:
        print("\n".join(f"{name:<12} {(step.__doc__ or '').strip()}" for name, step in STEPS.items()))
        return 0
    started = time.monotonic()
    failed = []
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        for waiting in as_completed([pool.submit(run_step, name) for name in given.steps or STEPS]):
            result = waiting.result()
            if not result.is_ok:
                failed.append(result.name)
                print(result.output, file=sys.stderr)
            print(
                f"{'ok    ' if result.is_ok else 'FAILED'} {result.name:<12} {result.seconds:6.1f} s  {result.detail}",
                flush=True,
            )
    print(
        f"{len(failed)} failed{': ' + ', '.join(failed) if failed else ''}; {time.monotonic() - started:.0f} s in all"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
