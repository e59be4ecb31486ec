"""Desired states: objects exist, do not exist, or are the only objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Present:
    """The objects in the specs must exist as described. All other objects are kept."""

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Absent:
    """The objects in the specs must not exist. All other objects are kept.

    Only the fields that identify an object are used.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Exactly:
    """Only the objects in the specs may exist, as described and in this order.

    Objects that the resource kind does not manage, such as server-generated rules, are kept. Fields that a spec omits
    are set to their defaults. Omitted secrets, and omitted fields that only the server sets, keep their values.
    """

    specs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ExactLists(Exactly):
    """Only lists in the specs replace the server's lists. Omitted settings are kept.

    The elements of these lists are converged as described in :class:`Exactly`.
    """


Desired = Present | Absent | Exactly
