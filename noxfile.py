"""Every check by its name. ``make test`` runs the default ones, in this order, in the project's own environment."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
# Sessions run in this very environment, whose programs need not be on anybody's path.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

nox.options.sessions = [
    "lint",
    "types",
    "layers",
    "tests",
    "cores",
    "bounds",
    "docs",
    "awx",
    "eda",
    "collection",
    "package",
]
nox.options.stop_on_first_error = False
nox.options.error_on_missing_interpreters = True


def _run(session: nox.Session, *command: str, **kwargs: object) -> None:
    session.run(*command, external=True, **kwargs)  # type: ignore[arg-type]


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict on the library and its tests."""
    _run(session, "mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Import contracts: who may import whom."""
    _run(session, "lint-imports", "--no-cache")


@nox.session
def tests(session: nox.Session) -> None:
    """Unit, property, contract and end-to-end tests, then the guarded figures by themselves. Arguments go to pytest.

    A failed test is run again only where tests/conftest.py allows it, and is named: where programs of others, such as
    browsers, are part of it.
    """
    apart = [
        f"--ignore=tests/{folder}" for folder in ("benchmarks", "awx", "eda", "cores")
    ]  # they have sessions of their own
    how = ("-n", "auto", "--dist", "worksteal", "--reruns", "1", "-rR")
    _run(session, "pytest", *how, *apart, *session.posargs)
    if not session.posargs:
        figures(session)


@nox.session
def cores(session: nox.Session) -> None:
    """Every module and plugin on each supported ansible-core; every playbook with what the collection declares.

    Each core on one Python that fits, the newest on all of them. ``-- --every``: each core on every Python that fits.
    A Python that is not installed is skipped by name.
    """
    arguments = [argument for argument in session.posargs if argument != "--every"]
    env = {"TEST_EVERY_PAIR": "1"} if "--every" in session.posargs else {}
    how = ("-n", "auto", "--dist", "worksteal", "-rs")
    _run(session, "pytest", *how, *(arguments or ["tests/cores"]), env=env)


@nox.session
def bounds(session: nox.Session) -> None:
    """Unit tests with the lowest versions that are declared, on the oldest Python, and the newest on the newest Python.

    A Python that is not installed is skipped by name.
    """
    _run(session, "pytest", "-rs", *(session.posargs or ["tests/bounds"]))


@nox.session
def demos(session: nox.Session) -> None:
    """`make demo` in a fresh clone on each supported Python. Takes minutes. Arguments go to pytest."""
    _run(session, "pytest", "-rs", "tests/demos", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """The guarded figures: calls, import and start times. Not run in parallel, so that they mean something.

    One that is out of bounds is measured again, twice at most: noise passes, what has become slower does not.
    """
    _run(session, "pytest", "tests/benchmarks", "-p", "no:xdist", "--reruns", "2", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Ours, vcloudair 0.5, pyvcloud and bare calls, compared with bench/ratios.json. ``-- quick``: a part of it.

    ``-- --keep`` makes what it measures what is kept.
    """
    _run(session, sys.executable, "tools/make_bench.py")
    _run(session, sys.executable, "-m", "tests.benchmarks.side_by_side", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Fifty clients at one simulator for ten minutes, and nothing leaks or is wrong. ``-- --minutes 1``: for less."""
    _run(session, sys.executable, "-m", "tests.load.soak", *session.posargs)


@nox.session
def start_once(session: nox.Session) -> None:
    """Prove that each DR action is started once: 200 kills, two operators, killed plays, gateways.

    ``-- --part kills --kills 1000``: more of one part; ``-- --help`` names the parts.
    """
    _run(session, sys.executable, "-m", "tests.start_once", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Every parser, 100,000 inputs each, led by what they reach: an hour. Arguments: --runs N, names of targets."""
    if importlib.util.find_spec("atheris") is None:
        session.skip("atheris is not installed: pip install -e '.[fuzz]' (Linux and CPython only)")
    _run(session, sys.executable, "-m", "tests.fuzz.guided", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Ask the index for known weaknesses of what is installed; skipped where it does not tell."""
    said = str(session.run(sys.executable, "tools/audit.py", external=True, success_codes=[0, 77], silent=True)).strip()
    if said.startswith("Nothing was audited"):
        session.skip(f"{said} The review in docs/reference/dependencies.md stands in its place.")
    session.log(said)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/site. A warning fails it, such as a link or an anchor that leads nowhere."""
    # MkDocs is pinned below 2; the theme tells of that at every start.
    _run(session, "mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def awx(session: nox.Session) -> None:
    """awx/setup.yml with the modules of awx.awx, which come out of the package ansible, against a small AWX."""
    _run(session, sys.executable, "tools/fetch_awx.py")
    _run(session, "pytest", "tests/awx", *session.posargs)


@nox.session
def eda(session: nox.Session) -> None:
    """The rulebook that is shipped, under ansible-rulebook, which has an environment of its own. It needs Java."""
    _run(session, sys.executable, "tools/make_eda.py")
    _run(session, "pytest", "tests/eda", *session.posargs)


@nox.session
def collection(session: nox.Session) -> None:
    """ansible-test, ansible-lint, docs and changelog lint, galaxy-importer, ansible-builder."""
    _run(session, sys.executable, "tools/collection_checks.py", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel and the collection, check them, install both into an empty environment and try them there."""
    dist, collection = (Path(session.create_tmp()) / name for name in ("dist", "collection"))
    for folder in (dist, collection):
        shutil.rmtree(folder, ignore_errors=True)
    _run(session, sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT))
    _run(session, "twine", "check", "--strict", *[str(path) for path in sorted(dist.iterdir())])
    _run(session, "ansible-galaxy", "collection", "build", "--output-path", str(collection), str(ROOT))
    built = next(dist.glob("*.whl")), next(collection.glob("*.tar.gz"))
    _run(session, sys.executable, "tools/try_release.py", *map(str, built))
