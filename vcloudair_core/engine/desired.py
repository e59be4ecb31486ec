"""Desired states: these objects exist, these do not, or these and no others."""

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
    """The specs are there as described, in their order, and nothing else that the kind may own is.

    A field that a spec does not give has its default, secrets and what only the server knows excepted.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ExactLists(Exactly):
    """The same as :class:`Exactly` for the lists within the specs; settings that are not given are kept."""


Desired = Present | Absent | Exactly
