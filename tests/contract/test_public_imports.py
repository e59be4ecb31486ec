"""The collection, the EDA source, and every program that users copy import public modules of the library only."""

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
"""The namespaces whose names are listed."""


def _modules(source: str) -> Iterator[str]:
    """Yield the modules of the library that a program imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & PUBLIC
            yield from submodules or {node.module}


def _programs() -> Iterator[tuple[str, str]]:
    """Yield (file, source) of each program: modules, Python blocks of pages, and files of a new plugin."""
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


def _private_imports() -> dict[str, set[str]]:
    imports: dict[str, set[str]] = {}
    for file, source in _programs():
        private = {module.removeprefix(f"{PACKAGE}.") for module in _modules(source) if module not in PUBLIC}
        if private:
            imports.setdefault(file, set()).update(private)
    return imports


def test_programs_import_public_modules_only() -> None:
    assert _private_imports() == {}


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
def test_imports_are_seen_wherever_they_stand(source: str, modules: list[str]) -> None:
    assert list(_modules(source)) == modules


def test_programs_of_every_kind_are_looked_at() -> None:
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
def test_a_public_namespace_lists_its_names_and_has_them(name: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.{name}".removesuffix("."))
    assert module.__all__
    assert [public for public in module.__all__ if getattr(module, public, None) is None] == []
