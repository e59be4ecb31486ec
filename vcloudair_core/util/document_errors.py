"""Format errors in documents, with the file and line.

Example: ``edge.yml:14: firewall.rules[3].protocol: 'tpc' is not one of ...``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.util.strict_yaml import Path, Reading, spelled

Problem = tuple[Path, str]
_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def place(name: str, line: int, path: Path = ()) -> str:
    """Format a location, such as ``edge.yml:14: firewall.rules[3]`` or ``line 14``."""
    where = f"{name}:{line}" if name else f"line {line}"
    return f"{where}: {spelled(path)}" if path else where


def place_of(name: str, reading: Reading, path: Path) -> str:
    """Format the location of a value by file, line and path.

    If the line of the value is unknown, use the line of its nearest parent.
    """
    return place(name, reading.line(path), path)


def document_error(name: str, reading: Reading, problems: Iterable[Problem]) -> SpecError | None:
    """Return one error for a document, or None if the document is valid.

    The error lists the YAML errors in ``reading`` and the ``problems`` (pairs of a path and a reason), sorted by line.
    """
    return _error_of(name, reading, [(path, SpecProblem(spelled(path), reason)) for path, reason in problems])


def raise_problems(name: str, reading: Reading, problems: Iterable[Problem] = ()) -> None:
    """Raise SpecError if ``reading`` has YAML errors, or if there are problems."""
    error = document_error(name, reading, problems)
    if error is not None:
        raise error


def with_lines(error: SpecError, name: str, reading: Reading) -> SpecError:
    """Return a copy of an error that states the file and line of each problem.

    If a problem is not about this document, return the error unchanged.
    """
    problems = [(path_of(problem.path), problem) for problem in error.problems]
    if not all(not path or _is_within(reading, path) for path, _ in problems):
        return error
    return _error_of(name, reading, problems) or error


def _error_of(name: str, reading: Reading, problems: Iterable[tuple[Path, SpecProblem]]) -> SpecError | None:
    entries = [
        SpecProblem(
            spelled(issue.path),
            issue.reason if issue.path else f"{issue.reason} (column {issue.column})",
            file=name,
            line=issue.line,
        )
        for issue in reading.issues
    ]
    entries += [replace(problem, file=name, line=reading.line(path)) for path, problem in problems]
    return SpecError.of(sorted(entries, key=lambda entry: entry.line)) if entries else None


def path_of(field: str) -> Path:
    """Parse a field such as ``firewall.rules[3].protocol`` into its path elements."""
    return tuple(int(index) if index else key for index, key in _PART.findall(field))


def _is_within(reading: Reading, path: Path) -> bool:
    return isinstance(reading.tree, dict) and path[0] in reading.tree
