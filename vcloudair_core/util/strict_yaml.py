"""Strict YAML reader that returns values, their line numbers, and all issues.

The reader uses the safe loader of PyYAML. It rejects duplicate keys, tags, ``.nan``, and aliases that expand to
millions of values. The reader also rejects unquoted text that YAML 1.1 (PyYAML, Ansible) converts to octal numbers,
base-60 numbers or dates. So Ansible reads the same values from an accepted document.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.install_hint import install_hint

if TYPE_CHECKING:
    import yaml

Path = tuple[str | int, ...]

MAX_DEPTH = 50
MAX_UNFOLDED = 100_000
"""Maximum number of values that aliases can add to a document."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = tuple(_TAG + name for name in ("str", "int", "float", "bool", "null"))
# The numbers of PyYAML except 0755 (octal), 1:30 (base 60), 0x1F and 1_000, which are rejected because users often mean
# text. The patterns must not match more than those of PyYAML, or text that it writes without quotes would be misread.
_NUMBERS = {
    "int": re.compile(r"^[-+]?(0|[1-9][0-9]*)$"),
    "float": re.compile(r"^[-+]?(\d+\.\d*([eE][-+]\d+)?|\.\d+([eE][-+]\d+)?|\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"),
}
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Issue:
    """An issue in the text.

    ``line`` and ``column`` count from 1. ``path`` can be empty.
    """

    path: Path
    line: int
    column: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """The content of a YAML document.

    ``tree`` is the value of the document. ``lines`` maps paths to the line of each value. If there are issues, ``tree``
    can be None and must not be used.
    """

    tree: Any
    lines: dict[Path, int] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of a value or, if unknown, the line of its nearest parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Reading:
    """Read one YAML document. Errors in the text are returned as issues.

    Raises: ConfigurationError if PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise ConfigurationError("Reading YAML needs the package PyYAML.", hint=install_hint("cli")) from None
    text = _json_as_yaml(text)
    try:
        node = _loader()(text).get_single_node()
    except _TooDeepError as exc:
        return Reading(None, issues=(_too_deep(exc.mark),))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        # Some problems of PyYAML begin with "but" and continue the sentence of the context.
        parts = [exc.context] if exc.context and (exc.problem or "but").startswith("but") else []
        reason = ", ".join(phrase for phrase in [*parts, exc.problem] if phrase)
        return Reading(None, issues=(Issue((), line, column, reason or "it cannot be read"),))
    except yaml.YAMLError as exc:
        return Reading(None, issues=(_unreadable(text, exc),))
    except (ValueError, OverflowError):
        # Such as an invalid escape (\UFFFFFFFF), or a %YAML directive of 5,000 digits.
        return Reading(None, issues=(Issue((), 1, 1, "it contains an invalid number or character"),))
    walk = _Walk(len(text) + MAX_UNFOLDED)
    try:
        tree = walk.value(node, (), 0) if node is not None else None
    except _StoppedError:
        tree = None
    # The value of an anchor is checked wherever it is used. Report each of its issues once.
    once = {(issue.line, issue.column, issue.reason): issue for issue in reversed(walk.issues)}
    return Reading(tree, walk.lines, tuple(sorted(once.values(), key=lambda issue: (issue.line, issue.column))))


_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")


def _json_as_yaml(text: str) -> str:
    """Convert JSON text to valid YAML with the same lines.

    Other text is returned unchanged.

    The conversion is necessary because YAML does not allow tabs as indentation, or escaped surrogate pairs.
    """
    if text.lstrip()[:1] not in ("{", "[") or ("\t" not in text and "\\u" not in text):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    paired = _SURROGATES.sub(lambda match: match[1] + json.loads(f'"{match[2]}"'), text)
    return paired.replace("\t", " ")  # within strings, JSON has \\t


def spelled(path: Path) -> str:
    """Format a path, such as ``groups[1].vms[0].retries``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _unreadable(text: str, exc: Exception) -> Issue:
    position = getattr(exc, "position", 0)
    before = text[:position]
    column = position - before.rfind("\n")
    return Issue((), before.count("\n") + 1, column, "it contains a character that YAML does not allow")


def _too_deep(mark: Any) -> Issue:
    return Issue((), mark.line + 1, mark.column + 1, f"it is nested more than {MAX_DEPTH} levels deep")


class _TooDeepError(Exception):
    """Raised to stop parsing before a RecursionError occurs."""

    def __init__(self, mark: Any) -> None:
        super().__init__()
        self.mark = mark


class _StoppedError(Exception):
    """Raised to stop converting values after a fatal issue, which is already recorded."""


@cache
def _loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """The safe loader of PyYAML with a depth limit and fewer number formats."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise _TooDeepError(self.peek_event().start_mark)  # type: ignore[no-untyped-call]
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def compose_scalar_node(self, anchor: Any) -> Any:
            is_plain = self.peek_event().implicit[0]  # type: ignore[no-untyped-call]
            node = super().compose_scalar_node(anchor)
            other_tag = _tag_in_yaml_1_1(node.value) if is_plain else node.tag
            node.other_tag = other_tag  # type: ignore[attr-defined]
            return node

    dropped = {f"{_TAG}{name}" for name in ("int", "float", "timestamp", "value")}
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for name, pattern in _NUMBERS.items():
        Loader.add_implicit_resolver(_TAG + name, pattern, list("-+.0123456789"))
    return Loader


def _tag_in_yaml_1_1(text: str) -> str:
    """Return the tag that PyYAML, and therefore Ansible, assigns to unquoted text."""
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    candidates = [*resolvers.get(text[:1], ()), *resolvers.get(None, ())]
    return next((tag for tag, pattern in candidates if pattern.match(text)), f"{_TAG}str")


_KINDS = {"int": "a number", "float": "a number", "timestamp": "a date", "str": "a string"}


class _Walk:
    """A converter of YAML nodes to plain values that records line numbers and issues."""

    def __init__(self, budget: int) -> None:
        self.lines: dict[Path, int] = {}
        self.issues: list[Issue] = []
        self._budget = budget

    def value(self, node: Any, path: Path, depth: int) -> Any:
        """Return the value of a node. Raises _StoppedError after a fatal issue."""
        self._budget -= 1
        if self._budget < 0:
            self._note(node, (), f"its aliases expand to more than {MAX_UNFOLDED} values")
            raise _StoppedError
        if depth > MAX_DEPTH:
            self.issues.append(_too_deep(node.start_mark))
            raise _StoppedError
        value = self._plain(node, path, depth)
        self.lines[path] = node.start_mark.line + 1
        return value

    def _plain(self, node: Any, path: Path, depth: int) -> Any:
        import yaml

        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.value(item, (*path, position), depth + 1) for position, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node, path)
        self._note(node, path, f"the tag {node.tag.replace(_TAG, '!!')} is not supported")
        return None

    def _mapping(self, node: Any, path: Path, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        # Merge first, so that the lines of this mapping override those of merged mappings.
        for key, item in node.value:
            if key.tag == f"{_TAG}merge":
                self._merge(merged, item, path, depth)
        for key, item in node.value:
            name = None if key.tag == f"{_TAG}merge" else self._key(key, path)
            if name is None:
                continue
            at = (*path, name)
            if name in own:
                self._note(key, at, f"is a duplicate of line {self.lines[at]}")
                continue
            own[name] = self.value(item, at, depth + 1)
            # Use the line of the key: the value can be on a later line, or an alias of a distant value.
            self.lines[at] = key.start_mark.line + 1
        return {**merged, **own}

    def _merge(self, merged: dict[str, Any], node: Any, path: Path, depth: int) -> None:
        """Merge the mappings of the key ``<<``. The first mapping takes precedence."""
        import yaml

        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for item in reversed(items):
            if not isinstance(item, yaml.MappingNode):
                self._note(item, path, "<< accepts only mappings")
                continue
            merged.update(self.value(item, path, depth + 1) or {})

    def _key(self, node: Any, path: Path) -> str | None:
        import yaml

        if not isinstance(node, yaml.ScalarNode) or node.tag != f"{_TAG}str":
            is_scalar = isinstance(node, yaml.ScalarNode)
            reason = (
                f"the key {node.value!r} is not a string: put it in quotes" if is_scalar else "a key must be a string"
            )
            self._note(node, path, reason)
            return None
        self._refuse_two_readings(node, path)
        return str(self._text(node, path))

    def _scalar(self, node: Any, path: Path) -> Any:
        kind, text = node.tag.removeprefix(_TAG), node.value
        if self._refuse_two_readings(node, path):
            return None
        if kind == "str":
            return self._text(node, path)
        if kind == "null":
            return None
        try:
            if kind == "bool":
                return {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}[text.lower()]
            number = int(text) if kind == "int" else float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            self._note(node, path, f"is too long for a number, or does not match its tag !!{kind}")
            return None
        if isinstance(number, float) and not math.isfinite(number):
            self._note(node, path, f"{text} is not a finite number")
        return number

    def _refuse_two_readings(self, node: Any, path: Path) -> bool:
        """Record an issue if Ansible converts unquoted text to another type.

        Return True if an issue was recorded.
        """
        ansible_tag = getattr(node, "other_tag", node.tag)
        is_int = node.tag == f"{_TAG}int" and re.match(r"[-+]?[0-9]", node.value)
        is_odd = is_int and not _NUMBERS["int"].match(node.value)
        if ansible_tag == node.tag and not is_odd:
            return False
        kind = _KINDS.get((node.tag if is_odd else ansible_tag).removeprefix(_TAG), "something else")
        # Do not quote the text, because it can be a pre-shared key.
        self._note(node, path, f"Ansible reads this as {kind} (YAML 1.1): put it in quotes")
        return True

    def _text(self, node: Any, path: Path) -> str:
        if _CONTROL.search(node.value):
            self._note(node, path, "the text contains a control character or an unpaired surrogate")
        return str(node.value)

    def _note(self, node: Any, path: Path, reason: str) -> None:
        self.issues.append(Issue(path, node.start_mark.line + 1, node.start_mark.column + 1, reason))
