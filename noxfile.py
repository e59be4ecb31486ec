"""Nox sessions for the checks, and the tiers that group the sessions.

========  ==================  ========================================================================  ==========
tag       command             what runs                                                                 two cores
========  ==================  ========================================================================  ==========
check     ``make check``      lint, types, layers, unit tests                                           2 minutes
test      ``make test``       lint, layers, all tests except exhaustive tests                           6 minutes
rest      ``make test-rest``  types, one in ten exhaustive variants, packages, figures, ...             15 minutes
all       ``make test-all``   test and rest, with all exhaustive variants                               40 minutes
========  ==================  ========================================================================  ==========

``nox -t check`` runs a tier in this environment. ``nox -s tests -- tests/unit/services/dr`` runs a part of a session.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
from pathlib import Path

import nox

ROOT = Path(__file__).parent
REPORTS = ROOT / "build" / "reports"
# Sessions run in this environment, whose programs may not be on the path.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
# Without bytecode files, every process compiles Ansible and the tests again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

nox.options.default_venv_backend = "none"
nox.options.tags = ["test"]
nox.options.stop_on_first_error = False
nox.options.error_on_missing_interpreters = True

CHECK = ["check", "test", "all"]
TEST = ["test", "all"]
REST = ["rest", "all"]
STATIC = "lane:static"
PACKAGES = "lane:packages"
NETWORK = "lane:network"
BOUNDS = "lane:bounds"
LAST = "lane:last"
"""Lanes that tools/run_tier.py runs at the same time, so that no core is idle."""
OWN_SESSIONS = ("awx", "benchmarks", "bounds", "clients", "cores", "demos", "eda")
"""Folders of tests that have separate sessions."""


def _run(session: nox.Session, *command: str, **kwargs: object) -> None:
    """Run a command and record its duration for tools/run_tier.py."""
    started = time.monotonic()
    try:
        session.run(*command, external=True, **kwargs)  # type: ignore[arg-type]
    finally:
        REPORTS.mkdir(parents=True, exist_ok=True)
        with (REPORTS / f"{session.name}.seconds").open("a", encoding="utf-8") as file:
            file.write(f"{time.monotonic() - started:.1f}\n")


def _pytest(session: nox.Session, *arguments: str, **kwargs: object) -> None:
    """Run pytest and write the report that tools/run_tier.py counts."""
    _run(session, "pytest", f"--junitxml={REPORTS / session.name}.xml", *arguments, **kwargs)


def _parallel(*arguments: str, per_core: int = 1) -> tuple[str, ...]:
    """Return options for parallel tests.

    If tests wait for other programs, they use more than one process per core.
    """
    workers = os.environ.get("TEST_WORKERS") or str(per_core * (os.cpu_count() or 1))
    return ("-n", workers, "--dist", "worksteal", *arguments)


@nox.session(tags=[*CHECK, STATIC])
def lint(session: nox.Session) -> None:
    """Check Python code with Ruff, and the language of code, pages and commits."""
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")
    _run(session, sys.executable, "tools/check_prose.py")


@nox.session(tags=[*CHECK, STATIC])
def workflows(session: nox.Session) -> None:
    """Check workflows, issue forms, Dependabot, CI examples and container files.

    The workflows are not run.
    """
    ci = "docs/how-to/ci"
    for schema, *files in (
        ("github-workflows", *sorted(ROOT.glob(".github/workflows/*.yml")), f"{ci}/github-actions.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/feature.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("gitlab-ci", f"{ci}/gitlab-ci.yml"),
        ("compose-spec", "compose.yaml"),
    ):
        _run(session, "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files))
    _run(session, "zizmor", "--offline", "--no-progress", ".github", f"{ci}/github-actions.yml")
    _run(session, "hadolint", "Containerfile")


@nox.session(tags=[*CHECK, STATIC])
def layers(session: nox.Session) -> None:
    """Check the import contracts and the limits of the structure."""
    _run(session, "lint-imports", "--no-cache")
    _run(session, sys.executable, "tools/structure.py")


@nox.session(tags=["check", *REST, NETWORK])
def types(session: nox.Session) -> None:
    """Run mypy --strict on the library and its tests."""
    _run(session, "mypy")


@nox.session(tags=["check"])
def unit(session: nox.Session) -> None:
    """Run unit tests, except exhaustive ones. Arguments go to pytest."""
    _pytest(session, *_parallel("-m", "not exhaustive"), *(session.posargs or ["tests/unit"]))


@nox.session(tags=TEST)
def tests(session: nox.Session) -> None:
    """Run all tests, except exhaustive ones and those of other sessions.

    Arguments go to pytest.
    """
    _pytest(session, *_parallel("-m", "not exhaustive", per_core=2), *_apart(), *session.posargs)


@nox.session(tags=REST)
def exhaustive(session: nox.Session) -> None:
    """Run exhaustive tests: every variant of a case that `tests` tries once.

    If the environment variable TEST_ONE_IN is 10, one in ten of these tests runs. Arguments go to pytest.
    """
    _pytest(session, *_parallel("-m", "exhaustive", per_core=2), *_apart(), *session.posargs)


def _apart() -> list[str]:
    return [f"--ignore=tests/{folder}" for folder in OWN_SESSIONS]


@nox.session(tags=REST)
def cores(session: nox.Session) -> None:
    """Run every module, plugin and playbook on each supported ansible-core.

    Playbooks run with the versions that the collection declares. Each ansible-core runs on one supported Python. The
    newest ansible-core runs on all supported Pythons. With ``-- --every``, each ansible-core runs on every supported
    Python. A missing Python is skipped, and its version is shown.
    """
    arguments = [argument for argument in session.posargs if argument != "--every"]
    env = {"TEST_EVERY_PAIR": "1"} if "--every" in session.posargs else {}
    _pytest(session, *_parallel("-rs", per_core=2), *(arguments or ["tests/cores"]), env=env)


@nox.session(tags=[*REST, NETWORK])
def demos(session: nox.Session) -> None:
    """Follow the README and run `make demo` in fresh clones with an empty home.

    With ``-- --every``, the commands run on each Python.
    """
    arguments = [argument for argument in session.posargs if argument != "--every"]
    env = {"TEST_EVERY_PAIR": "1"} if "--every" in session.posargs else {}
    _pytest(session, "-n", "2", "-rs", "tests/demos", *arguments, env=env)


@nox.session
def bench(session: nox.Session) -> None:
    """Compare the library with vcloudair 0.5, pyvcloud and bare calls.

    The ratios are checked against bench/ratios.json. ``-- quick`` runs fewer cases. ``-- --keep`` writes the
    ratios to this file.
    """
    _run(session, sys.executable, "tools/make_bench.py")
    _run(session, sys.executable, "-m", "tests.benchmarks.side_by_side", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run fifty clients for ten minutes; check for leaks and wrong results.

    ``-- --minutes 1`` makes the run shorter.
    """
    _run(session, sys.executable, "-m", "tests.load.soak", *session.posargs)


@nox.session
def start_once(session: nox.Session) -> None:
    """Prove that each DR action is started once.

    The parts are 200 kills, two operators, killed plays and gateways. ``-- --part kills --kills 1000`` runs only one
    part, with more kills. ``--provider vcda`` runs only the modes of VCDA. ``-- --help`` shows the parts.
    """
    _run(session, sys.executable, "-m", "tests.start_once", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz every parser with 100,000 inputs each, guided by coverage.

    This takes an hour. The arguments are ``--runs N`` and names of targets.
    """
    if importlib.util.find_spec("atheris") is None:
        session.skip("atheris is not installed: pip install -e '.[fuzz]' (Linux and CPython only)")
    _run(session, sys.executable, "-m", "tests.fuzz.guided", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Audit the installed packages. Skip the session if the index does not respond."""
    said = str(session.run(sys.executable, "tools/audit.py", external=True, success_codes=[0, 77], silent=True)).strip()
    if said.startswith("Nothing was audited"):
        session.skip(f"{said} The review in docs/reference/dependencies.md stands in its place.")
    session.log(said)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/site. Fail on warnings, such as broken links."""
    # MkDocs is pinned below 2, and the theme would warn about it at every start.
    _run(session, "mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session(tags=[*REST, NETWORK])
def awx(session: nox.Session) -> None:
    """Run awx/setup.yml with the modules of awx.awx against a small fake AWX.

    The modules come from the package ``ansible``.
    """
    _run(session, sys.executable, "tools/fetch_awx.py")
    _pytest(session, "tests/awx", *session.posargs)


@nox.session(tags=[*REST, NETWORK])
def eda(session: nox.Session) -> None:
    """Run the shipped rulebook with ansible-rulebook.

    ansible-rulebook needs Java. It has a separate environment.
    """
    _run(session, sys.executable, "tools/make_eda.py")
    _pytest(session, "tests/eda", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Run clients from package registries (Go, Java, Python) against the simulator.

    If a client cannot be built, its test is skipped with the reason.
    """
    _run(session, sys.executable, "tools/make_clients.py")
    _pytest(session, "tests/clients", *session.posargs)


@nox.session(tags=[*REST, BOUNDS])
def bounds(session: nox.Session) -> None:
    """Run unit tests with the lowest and the newest dependencies.

    The lowest declared versions run on the oldest Python, and the newest versions run on the newest Python. A missing
    Python is skipped, and its version is shown. With TEST_ONE_IN, tests of code that hardly uses dependencies are left
    out.
    """
    _pytest(session, "-rs", *(session.posargs or ["tests/bounds"]))


@nox.session(tags=[*REST, PACKAGES])
def collection(session: nox.Session) -> None:
    """Check the collection.

    Runs ansible-test, ansible-lint, docs and changelog lint, galaxy-importer and ansible-builder.
    """
    _run(session, sys.executable, "tools/collection_checks.py", *session.posargs)


@nox.session
def execution_environment(session: nox.Session) -> None:
    """Make an execution environment for AWX from this checkout.

    ``-- --tag registry.example.com/vcloudair-ee:1`` sets the name of the image.
    """
    _run(session, sys.executable, "tools/execution_environment.py", *session.posargs)


@nox.session(tags=[*REST, PACKAGES])
def package(session: nox.Session) -> None:
    """Build wheel and collection, check both, and try both in an empty environment."""
    dist, collection = (Path(session.create_tmp()) / name for name in ("dist", "collection"))
    for folder in (dist, collection):
        shutil.rmtree(folder, ignore_errors=True)
    _run(session, sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT))
    _run(session, "twine", "check", "--strict", *[str(path) for path in sorted(dist.iterdir())])
    _run(session, sys.executable, "tools/build_collection.py", str(collection))
    built = next(dist.glob("*.whl")), next(collection.glob("*.tar.gz"))
    _run(session, sys.executable, "tools/try_release.py", *map(str, built))


@nox.session(tags=[*REST, LAST])
def figures(session: nox.Session) -> None:
    """Check calls, import times and start times against a reference run.

    The session runs last and alone, one test at a time.
    """
    _pytest(session, "tests/benchmarks", "-p", "no:xdist", *session.posargs)
