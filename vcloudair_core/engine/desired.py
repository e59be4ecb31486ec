"""Desired states: objects that must exist, must not exist, or are the only ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Present:
    """The objects of the specs exist as described; all others are kept."""

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Absent:
    """The objects of the specs do not exist; all others are kept.

    Only the fields that identify a spec are used.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Exactly:
    """The objects of the specs exist as described and in this order, and no others.

    Objects that the kind cannot own, such as server-generated rules, are kept. A field that a spec leaves out gets its
    default, except secrets and values that only the server sets.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ExactLists(Exactly):
    """Like :class:`Exactly` for lists within the specs; settings left out are kept."""


Desired = Present | Absent | Exactly
