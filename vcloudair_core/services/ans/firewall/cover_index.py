"""Index of rules that may cover a rule: a few of a long list, so that not every pair is compared. Pure.

A range of addresses stands in the smallest block of a power of two that holds it. A range that holds another one stands
in the same block as that, or in one around it, and there are no more of those than an address has bits.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

_ANY = "any"

Range = tuple[Any, int, int]
"""(family, first address, last address)."""


@dataclass(frozen=True)
class Extent:
    """Extent of one side of a rule. ``others``: what is no range, such as interfaces and grouping objects.

    ``excluded`` is what it leaves out, of a side that takes everything else in: such a side covers its like only.
    """

    is_any: bool
    ranges: Collection[Range]
    others: Collection[Hashable]
    excluded: Hashable = None


@dataclass
class SideIndex:
    """Places of rules by one of their sides, in the order in which they were added."""

    _places: dict[Hashable, list[int]] = field(default_factory=dict)
    _sizes: dict[Any, set[int]] = field(default_factory=dict)

    def add(self, place: int, side: Extent) -> None:
        """One more rule."""
        for key in self._own_keys(side):
            self._places.setdefault(key, []).append(place)

    def lists(self, side: Extent) -> list[list[int]]:
        """Return the places of all whose side may cover this one, and of some that do not; places may repeat."""
        candidates = (self._places.get(key) for key in (_ANY, *self._keys_around(side)))
        return [places for places in candidates if places]

    def _own_keys(self, side: Extent) -> Iterator[Hashable]:
        if side.is_any:
            yield _ANY
        elif side.excluded is not None:
            yield ("all but", side.excluded)
        else:
            for family, first, last in side.ranges:
                size = (first ^ last).bit_length()
                self._sizes.setdefault(family, set()).add(size)
                yield (family, size, first >> size)
            yield from side.others

    def _keys_around(self, side: Extent) -> Iterator[Hashable]:
        """One part of it is enough: whoever covers a side covers each of its parts."""
        if side.excluded is not None:
            yield ("all but", side.excluded)
        elif side.ranges:
            family, first, last = next(iter(side.ranges))
            least = (first ^ last).bit_length()
            for size in self._sizes.get(family, ()):
                if size >= least:
                    yield (family, size, first >> size)
        elif side.others:
            yield next(iter(side.others))


class CoverIndex:
    """Rules by both of their sides."""

    def __init__(self) -> None:
        self._source, self._destination = SideIndex(), SideIndex()

    def add(self, place: int, source: Extent, destination: Extent) -> None:
        """One more rule; places rise."""
        self._source.add(place, source)
        self._destination.add(place, destination)

    def candidates(self, source: Extent, destination: Extent) -> list[int]:
        """Places in order of all rules that may cover such a one: by the side that leaves fewer of them."""
        both = (self._source.lists(source), self._destination.lists(destination))
        fewest = min(both, key=lambda lists: sum(map(len, lists)))
        return sorted({place for places in fewest for place in places})
