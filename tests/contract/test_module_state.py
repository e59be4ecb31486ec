"""Check that Python modules have no global state, except the listed names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import vcloudair_core

PACKAGE = Path(vcloudair_core.__file__).parent
ALLOWED = {
    "cli/display/streams.py _kept": "The descriptors of standard output belong to the process.",
    "cli/main.py _terminated": "Signals are sent to the process.",
    "compat/sdk_errors.py _classes": "One class for each pair of error classes, because `except` compares identities.",
    "engine/fields.py _compared": "Computed once for each spec type. Types exist until the process ends.",
    "engine/fields.py _fields": "Computed once for each spec type. Types exist until the process ends.",
    "util/plugin_output.py _inside": "The process has one standard output, which the threads of plugins share.",
    "util/plugin_output.py _lock": "Guards `_inside`.",
    "recovery/journal/event_fields.py _EMPTY": "An empty mapping that no code changes.",
    "recovery/journal/object_store.py _MEMORY": "Guards the file system ``memory`` of fsspec.",
    "session/cache/kdf_cache.py KEYS": "Shared with forked processes, so it must exist before any session.",
    "session/cache/run_cache.py VALUES": "Shared with forked processes, so it must exist before any session.",
    "transport/deadline.py _current": "The deadline of a thread; a connection pool of urllib3 takes no arguments.",
    "transport/deadline.py _watchdog": "One thread for all sockets of the process.",
    "util/redaction.py _guard": "Guards `_remembered`.",
    "util/redaction.py _remembered": "Weak references: parsers hide a secret as long as its object exists.",
}
"""Allowed mutable state of Python modules and classes, with the reasons."""
CACHES = {
    "engine/fields.py _field_keys": "Computed once for each spec type. Types exist until the process ends.",
    "engine/fields.py _shown_fields": "Computed once for each spec type. Types exist until the process ends.",
    "engine/fields.py _keys": "Computed once for each spec type. Types exist until the process ends.",
    "recovery/plan/plan_schema.py _validator": "A file of the package.",
    "recovery/plan/plan_schema.py schema": "A file of the package.",
    "recovery/report/html_report.py page_template": "A file of the package.",
    "services/ans/load_balancer/records.py _kinds": "Computed once for each spec type.",
    "services/ans/section/backends.py codec_of": "A class of the package, found by name.",
    "services/metrics/catalog.py known_metrics": "A table of the package.",
    "services/metrics/codec_json.py _moment": "Computed from its argument only.",
    "services/query/record_types.py built_in_types": "A table of the package.",
    "session/origins.py _suffixes": "A table of a dependency.",
    "simulator/api/metrics_routes.py _row": "Computed from its arguments only.",
    "simulator/faults/damaged_bodies.py _padding": "A constant that takes a moment to create.",
    "simulator/inventory_file.py schema": "A file of the package.",
    "simulator/json_documents/type_table.py _prefixes": "A table of the package.",
    "simulator/json_documents/type_table.py classes": "A table of the package.",
    "simulator/json_documents/type_table.py load_table": "A file of the package.",
    "simulator/replay/state_values.py _classes": "The data classes of the package.",
    "simulator/state/measurements.py curve": "Computed from its arguments only.",
    "testing/conformance.py _plugins": "The installed plugins, for tests.",
    "util/strict_yaml.py _loader": "A class that is created when YAML is needed.",
}
"""Allowed cached functions with arguments other than text or numbers, with reason."""
_PLAIN = re.compile(r"(str|int|bool|bytes|tuple\[str, \.\.\.\])( \| (int|None))*")
_CONTAINERS = {"dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "count", "local", "Lock",
               "RLock", "WeakKeyDictionary", "WeakValueDictionary", "WeakSet", "SharedMemory", "_Watchdog"}  # fmt: skip
_CHANGING = {
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "setdefault",
    "update",
}


def mutable_state(tree: ast.Module) -> Iterator[str]:
    """Yield the global names that hold state in a module, such as modified containers."""
    names = dict(_bindings(tree.body))
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            names |= {f"{statement.name}.{name}": value for name, value in _bindings(statement.body)}
    yield from (name for name, value in names.items() if _is_empty_container(value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        yield from (name for name in _changed(node) if _is_changeable(names.get(name)))


def cached_functions(tree: ast.Module) -> Iterator[str]:
    """Yield the cached functions of a module.

    Functions whose arguments are only strings and numbers are skipped.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            decorators = {ast.unparse(item).partition("(")[0] for item in node.decorator_list}
            is_kept = bool(decorators & {"cache", "lru_cache", "functools.cache", "functools.lru_cache"})
            if is_kept and not _takes_plain_values(node.args):
                yield node.name


def _takes_plain_values(arguments: ast.arguments) -> bool:
    kinds = [ast.unparse(argument.annotation) if argument.annotation else "" for argument in arguments.args]
    return bool(kinds) and all(_PLAIN.fullmatch(kind) for kind in kinds) and not (arguments.vararg or arguments.kwarg)


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _is_empty_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in _CONTAINERS and not value.args
    return isinstance(value, (ast.Dict, ast.List)) and not (value.keys if isinstance(value, ast.Dict) else value.elts)


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield the dotted names of objects that a node changes in place."""
    targets: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = [target.value for target in node.targets if isinstance(target, ast.Subscript)]
    elif isinstance(node, ast.AugAssign):
        targets = [node.target.value if isinstance(node.target, ast.Subscript) else node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        targets = [node.func.value]
    yield from (ast.unparse(target) for target in targets if isinstance(target, (ast.Name, ast.Attribute)))


def _is_changeable(value: ast.expr | None) -> bool:
    """Return True for containers and constants.

    Other objects can have methods that are named like those of containers, but change nothing.
    """
    literals = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp, ast.Constant)
    return value is not None and (isinstance(value, literals) or _is_empty_container(value))


def _dotted_paths(names: Iterator[str], path: Path) -> set[str]:
    return {f"{path.relative_to(PACKAGE).as_posix()} {name}" for name in names}


MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def test_module_state_is_listed_with_a_reason() -> None:
    stateful_names = {name for path, tree in MODULES.items() for name in _dotted_paths(mutable_state(tree), path)}
    assert sorted(stateful_names - set(ALLOWED)) == []
    assert sorted(set(ALLOWED) - stateful_names) == []


def test_cached_results_depend_only_on_arguments() -> None:
    cached_names = {name for path, tree in MODULES.items() for name in _dotted_paths(cached_functions(tree), path)}
    assert sorted(cached_names - set(CACHES)) == []
    assert sorted(set(CACHES) - cached_names) == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("_known = {}", {"_known"}),
        ("_known: dict[str, int] = dict()", {"_known"}),
        ("import weakref\n_known = weakref.WeakKeyDictionary()", {"_known"}),
        ("TABLE = {'a': 1}", set()),
        ("TABLE = {'a': 1}\ndef learn(): TABLE['b'] = 2", {"TABLE"}),
        ("NAMES = ['a']\ndef learn(): NAMES.append('b')", {"NAMES"}),
        ("class Changes:\n  count = 0\ndef change(): Changes.count += 1", {"Changes.count"}),
        ("class Known:\n  names = []", {"Known.names"}),
        ("last = None\ndef learn():\n  global last\n  last = 1", {"last"}),
        ("def build():\n  names = []\n  names.append(1)\n  return names", set()),
    ],
)
def test_detects_module_state(source: str, names: set[str]) -> None:
    assert set(mutable_state(ast.parse(source))) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@cache\ndef port(word: str) -> int: ...", set()),
        ("@functools.lru_cache(maxsize=8)\ndef port(word: str, base: int) -> int: ...", set()),
        ("@cache\ndef edges(session: Session) -> list[Edge]: ...", {"edges"}),
        ("@cache\ndef app() -> App: ...", {"app"}),
        ("class Edge:\n  @lru_cache\n  def rules(self, name: str) -> int: ...", {"rules"}),
    ],
)
def test_detects_cached_functions(source: str, names: set[str]) -> None:
    assert set(cached_functions(ast.parse(source))) == names
