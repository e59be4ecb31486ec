"""What is wanted, as one of three values: these are there, these are gone, or these and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Present:
    """The specs are there as described; everything else is kept."""

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Absent:
    """The specs are gone; everything else is kept. Only what identifies a spec counts."""

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Exactly:
    """The specs are there as described, in their order, and nothing else that the kind may own is."""

    specs: tuple[Any, ...] = ()


Desired = Present | Absent | Exactly
