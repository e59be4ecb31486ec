"""Check that every hook has a complete reference page and a test."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path

import pytest

from vcloudair_core.plugin import hooks
from vcloudair_core.plugin.hooks import PROJECT

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs" / "reference" / "hooks"
HOOKS = sorted(name for name in vars(hooks) if name.startswith("vca_"))
SECTIONS = ("**Result.**", "**Called.**", "**Errors.**", "**Used by.**", "```python run")
WITHOUT_BUILT_IN_USER = {
    "vca_simulator_routes": "`vca sim serve` and the fixtures",
    "vca_write_finished": "your own plugins.",
}


def _page(hook: str) -> str:
    return (PAGES / f"{hook}.md").read_text(encoding="utf-8")


def _signature(hook: str) -> str:
    return f"def {hook}{inspect.signature(getattr(hooks, hook))}"


@functools.cache
def _tests() -> frozenset[str]:
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return frozenset(names)


def test_exactly_the_hooks_have_pages() -> None:
    assert [path.stem for path in sorted(PAGES.glob("vca_*.md"))] == HOOKS
    assert len(HOOKS) == 11


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_page_has_the_exact_signature(hook: str) -> None:
    assert f"```python\n{_signature(hook).replace(chr(39), '')}\n```" in _page(hook)


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_page_has_every_section(hook: str) -> None:
    page = _page(hook)
    assert page.startswith(f"# {hook}\n")
    assert [section for section in SECTIONS if section not in page] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_module_named_on_the_page_implements_the_hook(hook: str) -> None:
    named = re.search(r"\*\*Used by\.\*\* (.*?)\n\n", _page(hook), re.DOTALL)
    assert named is not None
    if hook in WITHOUT_BUILT_IN_USER:
        assert " ".join(named[1].split()).startswith(WITHOUT_BUILT_IN_USER[hook])
        return
    module = re.match(r"`(vcloudair_core[\w.]+)`", named[1])
    assert module is not None, "The page must name a module that implements the hook."
    source = inspect.getsource(importlib.import_module(module[1]))
    assert re.search(rf"hookimpl\s+def {hook}\(", source)


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_has_a_test(hook: str) -> None:
    assert f"test_hook_{hook}" in _tests()


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_docstring_documents_when_it_is_called(hook: str) -> None:
    assert "Called" in (inspect.getdoc(getattr(hooks, hook)) or "")
    assert getattr(getattr(hooks, hook), f"{PROJECT}_spec", None) is not None


def test_index_links_every_hook_page() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [hook for hook in HOOKS if f"]({hook}.md)" not in index] == []
