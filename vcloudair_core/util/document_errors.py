"""Errors of documents with file and line: ``edge.yml:14: firewall.rules[3].protocol: 'tpc' is not one of ...``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vcloudair_core.errors import SpecError
from vcloudair_core.util.strict_yaml import Path, Reading, spelled

MOST_SHOWN = 100

Problem = tuple[Path, str]
_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def place(name: str, line: int, path: Path = ()) -> str:
    """``edge.yml:14: firewall.rules[3]``; ``line 14: ...`` for a document without a name."""
    where = f"{name}:{line}" if name else f"line {line}"
    return f"{where}: {spelled(path)}" if path else where


def place_of(name: str, reading: Reading, path: Path) -> str:
    """The place of a value, or of the nearest thing around it."""
    return place(name, reading.line(path), path)


def document_error(name: str, reading: Reading, problems: Iterable[Problem], hint: str = "") -> SpecError | None:
    """Return the error with every flaw of the text and every problem, in the order of lines; None without any."""
    entries = [
        (flaw.line, flaw.path, flaw.reason if flaw.path else f"{flaw.reason} (column {flaw.column})")
        for flaw in reading.flaws
    ]
    entries += [(reading.line(path), path, reason) for path, reason in problems]
    if not entries:
        return None
    entries.sort(key=lambda entry: entry[0])
    (field, reason), *others = [(place(name, line, path), why) for line, path, why in entries[:MOST_SHOWN]]
    lines = [reason, *(f"{where}: {why}" for where, why in others)]
    if len(entries) > MOST_SHOWN:
        lines.append(f"and {len(entries) - MOST_SHOWN} more")
    return SpecError(field, "\n".join(lines), hint=hint)


def raise_problems(name: str, reading: Reading, problems: Iterable[Problem] = ()) -> None:
    """Raises SpecError when the text has flaws or there are problems."""
    error = document_error(name, reading, problems)
    if error is not None:
        raise error


def with_lines(error: SpecError, name: str, reading: Reading) -> SpecError:
    """Return the error of a document's content with file and line, or as it is when it is not about the document."""
    problems = [(path_of(field), reason) for field, reason in error.problems]
    if not all(not path or _is_within(reading, path) for path, _ in problems):
        return error
    return document_error(name, reading, problems, error.hint) or error


def path_of(field: str) -> Path:
    """The path that a field such as ``firewall.rules[3].protocol`` spells."""
    return tuple(int(index) if index else key for index, key in _PART.findall(field))


def _is_within(reading: Reading, path: Path) -> bool:
    return isinstance(reading.tree, dict) and path[0] in reading.tree
