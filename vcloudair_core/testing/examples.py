"""Examples of resource kinds: the input of the conformance suite that the author of a plugin provides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """Two states of the same things, in the words of a resource kind.

    ``specs``: things that a new simulator does not have. ``changed``: the same things, each with another value. Give
    every secret field a value of its own: it is looked for wherever it must not be. ``target``: where, if the settings
    of the simulator do not say it. ``reads`` and ``writes``: how many requests one read and one write take; one each,
    unless a kind is made of several sections.
    """

    kind: str
    specs: Sequence[Mapping[str, Any]]
    changed: Sequence[Mapping[str, Any]]
    target: Mapping[str, Any] = field(default_factory=dict)
    reads: int = 1
    writes: int = 1

    def __str__(self) -> str:
        return self.kind
