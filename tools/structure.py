"""Measure how the library is built, and hold the measures to their limits.

``python tools/structure.py`` prints a table and fails when a measure is over its limit. ``--list MEASURE`` names what
is counted. ``--trace`` adds the measures of the way of a VM name, for which a command runs: see ``vm_name_path.py``.

``--root FOLDER`` measures another checkout. To compare with an earlier state, run ``git worktree add --detach FOLDER
COMMIT``, then ``python tools/structure.py --trace --root FOLDER``.

The session ``layers`` of nox runs it, and ``tests/unit/tools`` the measures that trace.
"""

from __future__ import annotations

import argparse
import ast
import functools
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# The folder is on the path when this file runs as a program, and is a package for the tests.
if __package__:
    from tools.vm_name_path import VmNamePath, trace_checkout
else:
    from vm_name_path import VmNamePath, trace_checkout

PACKAGE = "vcloudair_core"
AT_ROOT = {"__init__", "_version", "app", "client", "settings", "errors", "ans", "query", "metrics", "dr", "plugins"}
"""Modules that stand beside the packages: the public ones, and those of vcloudair 0.5."""
PUBLIC = {
    *("recovery", "metrics", "monitoring", "plugins", "simulator", "testing", "client", "app", "settings", "errors"),
    *("ans", "query", "dr"),
}
"""Modules and packages that others may import."""
PRIVATE_WORDS = {"found", "one", "words", "said", "told", "meant", "given", "wanted", "part", "other"}
"""Names that say nothing of what is bound to them."""
PAGES = Path("docs/reference")
MIRRORS = {"extensions": "extensions", "plugins": "plugins", "support": "tests/support", "tools": "tools"}
"""Folders of ``tests/unit`` that mirror another folder than that of the package."""
NOT_MIRRORED = {"test_public_names.py": "pins the names of several modules and the cost of importing them"}
"""Unit tests of more than one module, with the reason."""
_SOURCE = re.compile(r"(?P<page>[\w/-]+\.md)(?P<rest>(?:,?\s+(?:and\s+)?§\d+(?:\.\d+)*)+)")
_SECTION = re.compile(r"§(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Module:
    """A module of a checkout: its dotted name, path and syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def package(self) -> str:
        """The package that relative names would start from."""
        return self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]


class Checkout:
    """The modules of a checkout, parsed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        paths = sorted((root / PACKAGE).rglob("*.py"))
        self.modules = {module.name: module for module in map(self._module, paths)}

    def _module(self, path: Path) -> Module:
        parts = path.relative_to(self.root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return Module(name, path, ast.parse(path.read_text(encoding="utf-8")))

    def imports(self, tree: ast.AST) -> Iterator[str]:
        """Yield the modules that a tree imports anywhere: at the top, for types only, or within a function."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE and not node.level:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    yield name if name in self.modules else str(node.module)


# -- measures ------------------------------------------------------------------------------------------------------


def loose_modules(checkout: Checkout) -> list[str]:
    """Return the modules beside the packages that are not public."""
    return [path.stem for path in sorted((checkout.root / PACKAGE).glob("*.py")) if path.stem not in AT_ROOT]


def largest_folder(checkout: Checkout) -> list[str]:
    """Return the files of the folder that has the most."""
    folders = defaultdict[Path, list[str]](list)
    for module in checkout.modules.values():
        folders[module.path.parent].append(str(module.path.relative_to(checkout.root)))
    return max(folders.values(), key=len)


def import_circles(checkout: Checkout) -> list[str]:
    """Return the sets of modules that import each other, type-only imports and those within functions counted."""
    graph = {name: set(checkout.imports(module.tree)) - {name} for name, module in checkout.modules.items()}
    return [" ".join(sorted(circle)) for circle in _circles(graph)]


def ambiguous_classes(checkout: Checkout) -> list[str]:
    """Return the names that several classes have; those of vcloudair 0.5 are not ours to choose."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in checkout.modules.values():
        if module.name.startswith(f"{PACKAGE}.compat"):
            continue
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.name.removeprefix(f"{PACKAGE}."))
    return [f"{name}: {', '.join(modules)}" for name, modules in sorted(places.items()) if len(modules) > 1]


def private_imports(checkout: Checkout) -> list[str]:
    """Return the private modules that the collection, its EDA source or a documented program imports."""
    modules: dict[str, set[str]] = defaultdict(set)
    for folder in ("plugins", "extensions"):
        for path in sorted((checkout.root / folder).rglob("*.py")):
            for name in checkout.imports(ast.parse(path.read_text(encoding="utf-8"))):
                inner = name.removeprefix(PACKAGE).removeprefix(".")
                if inner and inner not in PUBLIC:
                    modules[inner].add(str(path.relative_to(checkout.root)))
    return [f"{name}: {', '.join(sorted(paths))}" for name, paths in sorted(modules.items())]


def unresolved_sources(checkout: Checkout) -> list[str]:
    """Return the citations of protocol pages that lead to no page or no section of it."""
    pages = {path.relative_to(checkout.root / PAGES).as_posix(): path for path in (checkout.root / PAGES).rglob("*.md")}
    headings = {name: _headings(path) for name, path in pages.items()}
    return [
        f"{path.relative_to(checkout.root)}: {match['page']} §{section}"
        for path in _python_files(checkout.root, PACKAGE, "plugins", "tests", "tools", "extensions")
        for match in _SOURCE.finditer(path.read_text(encoding="utf-8"))
        for section in _SECTION.findall(match["rest"])
        if match["page"] not in pages or section not in headings[match["page"]]
    ]


def vague_names(checkout: Checkout) -> list[str]:
    """Return the places where a name is bound that says nothing of its value."""
    return [
        f"{module.path.relative_to(checkout.root)}:{line} {name}"
        for module in checkout.modules.values()
        for name, line in _bindings(module.tree)
        if name in PRIVATE_WORDS
    ]


def field_files(checkout: Checkout) -> list[str]:
    """Return the files that declare the field of a firewall rule that most files declare."""
    files: dict[str, set[str]] = defaultdict(set)
    for path in _python_files(checkout.root, PACKAGE, "plugins"):
        if "firewall" not in path.as_posix() and "simulator" in path.as_posix():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                files[node.target.id].add(str(path.relative_to(checkout.root)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                files[node.value].add(str(path.relative_to(checkout.root)))
            elif isinstance(node, ast.keyword) and node.arg:
                files[node.arg].add(str(path.relative_to(checkout.root)))
    fields = ("source_port", "destination_port")
    return max((sorted(files[field]) for field in fields), key=len)


def section_planners(checkout: Checkout) -> list[str]:
    """Return the modules of services that plan the rules of a section: those that call ``plan_desired``."""
    return [
        module.name.removeprefix(f"{PACKAGE}.")
        for module in checkout.modules.values()
        if module.name.startswith(f"{PACKAGE}.services.") and "plan_desired" in set(_called_names(module.tree))
    ]


def orchestrators(checkout: Checkout) -> list[str]:
    """Return the classes that poll DR operations: those that ask for the ``interval()`` until the next poll.

    Polls start, follow and end operations, so the class that sets their pace is the one that orchestrates.
    """
    return [
        f"{module.name.removeprefix(f'{PACKAGE}.')}.{node.name}"
        for module in checkout.modules.values()
        if module.name.startswith((f"{PACKAGE}.services.dr", f"{PACKAGE}.recovery"))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and "interval" in set(_called_names(node))
    ]


def unmirrored_tests(checkout: Checkout) -> list[str]:
    """Return the files of unit tests that stand in for no module.

    ``tests/unit/a/test_b.py`` tests ``a/b.py``, and ``test_b_more.py`` an aspect of it. ``test_init.py`` tests the
    names of a package.
    """
    unit = checkout.root / "tests" / "unit"
    return [
        path.relative_to(unit).as_posix()
        for path in sorted(unit.rglob("test_*.py"))
        if path.relative_to(unit).as_posix() not in NOT_MIRRORED and not _is_mirrored(checkout.root, path)
    ]


@functools.lru_cache
def vm_name_path(checkout: Checkout) -> VmNamePath:
    """Return the way of a VM name from the command line to the request. The command is run once."""
    return trace_checkout(checkout.root.resolve())


def path_hops(checkout: Checkout) -> list[str]:
    """Return the functions that the name of a VM passes through between ``vca dr test VM`` and the request."""
    return vm_name_path(checkout).hops


def path_modules(checkout: Checkout) -> list[str]:
    """Return the modules of these functions."""
    return vm_name_path(checkout).modules


def path_names(checkout: Checkout) -> list[str]:
    """Return the names that the VM, or what leads to it, has in these functions."""
    return vm_name_path(checkout).names


# -- reading -------------------------------------------------------------------------------------------------------


def _python_files(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def _is_mirrored(root: Path, path: Path) -> bool:
    """Return whether the module of a file of unit tests is there."""
    first, *_ = inner = path.relative_to(root / "tests" / "unit").parent.parts or ("",)
    folder = root.joinpath(MIRRORS[first], *inner[1:]) if first in MIRRORS else root.joinpath(PACKAGE, *inner)
    tested = path.stem.removeprefix("test_")
    return any(f"{tested}_".startswith(f"{module.stem.strip('_')}_") for module in folder.glob("*.py"))


def _called_names(tree: ast.AST) -> Iterator[str]:
    """Yield the last names of the functions that a tree calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute | ast.Name):
                yield called.attr if isinstance(called, ast.Attribute) else called.id


def _headings(path: Path) -> set[str]:
    """Return the numbers of the sections of a page."""
    pattern = re.compile(r"^#+ +§?(\d+(?:\.\d+)*)", re.MULTILINE)
    return set(pattern.findall(path.read_text(encoding="utf-8")))


def _bindings(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno


def _circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the strongly connected components with more than one member (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles = []
    for start in graph:
        work: list[tuple[str, Iterator[str]]] = [] if start in order else [(start, iter(graph[start]))]
        while work:
            node, targets = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
            following = next((target for target in targets if target in graph), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    members = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    if len(members) > 1:
                        circles.append(members)
            elif following not in order:
                work.append((following, iter(graph[following])))
            elif following in stack:
                low[node] = min(low[node], order[following])
    return circles


# -- the table -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """What is counted, where it should come to, and the limit that the checks hold it to."""

    title: str
    count: Callable[[Checkout], list[str]]
    target: int
    limit: int


MEASURES = {
    "loose": Measure("loose modules beside client.py", loose_modules, 0, 0),
    "folder": Measure("files in the largest folder", largest_folder, 14, 14),
    "circles": Measure("import circles, type-only imports counted", import_circles, 0, 1),
    "classes": Measure("class names with several meanings", ambiguous_classes, 0, 0),
    "private": Measure("private modules that the collection imports", private_imports, 0, 0),
    "sources": Measure("citations that lead nowhere", unresolved_sources, 0, 0),
    "field": Measure("files that declare one field of a firewall rule", field_files, 3, 6),
    "names": Measure("bindings of a name that says nothing", vague_names, 0, 845),
    "sections": Measure("modules that plan the rules of a section", section_planners, 1, 1),
    "orchestrators": Measure("classes that poll DR operations", orchestrators, 1, 1),
    "mirror": Measure("unit tests that mirror no module", unmirrored_tests, 0, 1),
}
TRACED = {
    "hops": Measure("functions between `vca dr test VM` and the request", path_hops, 12, 23),
    "hop-modules": Measure("modules of these functions", path_modules, 7, 13),
    "hop-names": Measure("names of the VM in these functions", path_names, 12, 22),
}
"""Measures that run a command, which takes some seconds."""


def main() -> int:
    """Print the table. Return 1 when a measure is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--list", choices=[*MEASURES, *TRACED], help="print what a measure counts")
    parser.add_argument("--trace", action="store_true", help="run a command to measure the way of a VM name, too")
    arguments = parser.parse_args()
    checkout = Checkout(arguments.root)
    if arguments.list:
        print("\n".join((MEASURES | TRACED)[arguments.list].count(checkout)))
        return 0
    over = []
    print(f"{'measure':52}{'now':>7}{'limit':>7}{'target':>8}")
    for measure in (MEASURES | TRACED if arguments.trace else MEASURES).values():
        count = len(measure.count(checkout))
        print(f"{measure.title:52}{count:>7}{measure.limit:>7}{measure.target:>8}")
        if count > measure.limit:
            over.append(measure.title)
    bindings = sum(Counter(name for name, _ in _bindings(module.tree)).total() for module in checkout.modules.values())
    print(f"{len(checkout.modules)} modules, {bindings} bindings of names")
    if over:
        print(f"Over the limit: {'; '.join(over)}. Run with --list to see what is counted.", file=sys.stderr)
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
