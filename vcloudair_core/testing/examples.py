"""Examples of resource kinds for the conformance tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """An example of a resource kind: two desired states of the same elements.

    Set every secret field to a unique value, because the tests search for these values in outputs.

    Attributes:
        kind: Name of the resource kind.
        specs: Specs of elements that a new simulator does not have.
        changed: Specs of the same elements, each with at least one changed value.
        target: The target of the kind. The target can be empty if the settings of the simulator select one.
        reads: Number of requests for one read. A kind with several sections has more than one.
        writes: Number of requests for one write.
        unset_secrets: Names of secret fields that the example cannot set, because they exclude other fields. Another
            example of the kind sets them.
    """

    kind: str
    specs: Sequence[Mapping[str, Any]]
    changed: Sequence[Mapping[str, Any]]
    target: Mapping[str, Any] = field(default_factory=dict)
    reads: int = 1
    writes: int = 1
    unset_secrets: Sequence[str] = ()

    def __str__(self) -> str:
        return self.kind
