"""Check that the collection, the EDA source and examples import only public names.

Each public namespace lists its names, and a reference page documents them.
"""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator

import pytest

from tests.support.documents import ROOT, blocks, pages

PACKAGE = "vcloudair_core"
PUBLIC = frozenset(
    f"{PACKAGE}.{name}".removesuffix(".")
    for name in (
        *("", "recovery", "metrics", "monitoring", "plugins", "simulator", "testing"),
        *("client", "app", "settings", "errors"),
        *("ans", "query", "dr"),
    )
)
WITH_ALL = ("", "recovery", "metrics", "monitoring", "plugins", "simulator", "testing")
"""Public namespaces. Each namespace lists its names."""
NAMESPACES = {f"{PACKAGE}.{name}".removesuffix(".") for name in WITH_ALL}


def _modules(source: str) -> Iterator[str]:
    """Yield the library modules that a program imports, including nested imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & PUBLIC
            yield from submodules or {node.module}


def _programs() -> Iterator[tuple[str, str]]:
    """Yield (file, source) for each program that must import only public names.

    These are the Ansible plugins, the examples in pages, and the files of a new plugin.
    """
    for folder in ("plugins", "extensions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for page in pages():
        for block in blocks(page):
            if block.language == "python" and not block.text.startswith("def vca_"):
                yield page.relative_to(ROOT).as_posix(), textwrap.dedent(block.text)
    for path in sorted((ROOT / PACKAGE / "cli" / "skeleton" / "files").rglob("*.py.tmpl")):
        source = re.sub(r"\$\{\w+\}", "acme", path.read_text(encoding="utf-8"))
        yield path.relative_to(ROOT).as_posix(), source


def _names(source: str) -> Iterator[str]:
    """Yield the dotted names that a program imports from public namespaces."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module in NAMESPACES:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _private_imports() -> dict[str, set[str]]:
    imports: dict[str, set[str]] = {}
    for file, source in _programs():
        private = {module.removeprefix(f"{PACKAGE}.") for module in _modules(source) if module not in PUBLIC}
        if private:
            imports.setdefault(file, set()).update(private)
    return imports


def test_programs_import_public_modules_only() -> None:
    assert _private_imports() == {}


def test_programs_import_names_of_public_namespaces_only() -> None:
    listed = {f"{name}.{public}" for name in NAMESPACES for public in importlib.import_module(name).__all__}
    imported = {(file, name) for file, source in _programs() for name in _names(source)}
    assert len(imported) > 100
    assert {(file, name) for file, name in imported if name not in listed | PUBLIC} == set()


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("from vcloudair_core import plugins", ["vcloudair_core.plugins"]),
        ("from vcloudair_core import connect", ["vcloudair_core"]),
        ("def f():\n    from vcloudair_core.engine.plan import Plan", ["vcloudair_core.engine.plan"]),
        ("import vcloudair_core.session.tasks as t", ["vcloudair_core.session.tasks"]),
        ("import vcloudair\nfrom . import vcloudair_core", []),
    ],
)
def test_detects_nested_imports(source: str, modules: list[str]) -> None:
    assert list(_modules(source)) == modules


def test_checks_every_kind_of_program() -> None:
    files = {file for file, _ in _programs()}
    assert {
        "README.md",
        "docs/tutorial/load-balancer-pools.md",
        "docs/reference/hooks/vca_services.md",
        "extensions/eda/plugins/event_source/vca_events.py",
        "plugins/module_utils/_runner.py",
        f"{PACKAGE}/cli/skeleton/files/src/package/plugin.py.tmpl",
    } <= files


@pytest.mark.parametrize("name", WITH_ALL)
def test_public_namespace_has_every_listed_name(name: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.{name}".removesuffix("."))
    assert module.__all__
    assert [public for public in module.__all__ if getattr(module, public, None) is None] == []


def test_detects_names_at_any_nesting_level() -> None:
    source = "def f():\n    from vcloudair_core.testing import simulated, _hidden\nfrom vcloudair_core import a as b"
    expected = ["vcloudair_core.testing.simulated", "vcloudair_core.testing._hidden", "vcloudair_core.a"]
    assert sorted(_names(source)) == sorted(expected)


@pytest.mark.parametrize("name", WITH_ALL)
def test_reference_page_documents_each_public_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "site"))
    pages_of_site = dict(importlib.import_module("library_pages").pages())
    page = pages_of_site[f"reference/python-{name or 'api'}.md"]
    namespace = f"{PACKAGE}.{name}".removesuffix(".")
    headings = re.findall(rf"^      heading: {re.escape(namespace)}\.(\w+)$", page, re.MULTILINE)
    public = set(importlib.import_module(namespace).__all__)
    if not name:  # Error classes have a generated page with their hierarchy.
        public = {member for member in public if not member.endswith("Error") and member != "__version__"}
    assert sorted(headings) == sorted(public)
