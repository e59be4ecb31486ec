"""Desired states: objects exist, do not exist, or are the only objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Present:
    """The objects of the specs exist as described. All other objects are kept."""

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Absent:
    """The objects of the specs do not exist. All other objects are kept.

    Only the fields that identify a spec are used.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Exactly:
    """Only the objects of the specs exist, as described and in this order.

    Objects that the kind cannot own, such as server-generated rules, are kept. Fields that a spec omits get their
    defaults, except secrets and values that only the server sets.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ExactLists(Exactly):
    """Lists in specs are exact, as in :class:`Exactly`. Omitted settings are kept."""


Desired = Present | Absent | Exactly
