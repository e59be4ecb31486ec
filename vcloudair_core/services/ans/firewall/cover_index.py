"""An index that finds rules that may cover a rule, without comparing all pairs.

Pure. Address ranges are stored in the smallest block with a power of two addresses that contains them. A range that
contains another one is stored in the same block or in a larger one around it. The number of these blocks is at most the
number of bits of an address.
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
    """The addresses and objects of one side of a rule.

    ``others`` are members that are not address ranges, such as interfaces and grouping objects. ``excluded`` is set for
    a side that matches everything except its members; it covers only a side with equal ``excluded``.
    """

    is_any: bool
    ranges: Collection[Range]
    others: Collection[Hashable]
    excluded: Hashable = None


@dataclass
class SideIndex:
    """Positions of rules by one of their sides, in the order of insertion."""

    _positions: dict[Hashable, list[int]] = field(default_factory=dict)
    _sizes: dict[Any, set[int]] = field(default_factory=dict)

    def add(self, position: int, side: Extent) -> None:
        """Add a rule."""
        for key in self._own_keys(side):
            self._positions.setdefault(key, []).append(position)

    def lists(self, side: Extent) -> list[list[int]]:
        """Return lists of positions of rules whose side may cover this one.

        They include every rule that covers it, and some that do not. Positions may repeat.
        """
        candidates = (self._positions.get(key) for key in (_ANY, *self._keys_around(side)))
        return [positions for positions in candidates if positions]

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
        """Yield the keys of sides that may cover this one.

        The keys for one member are enough, because a covering side contains every member.
        """
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
    """An index of rule positions by source and destination."""

    def __init__(self) -> None:
        self._source, self._destination = SideIndex(), SideIndex()

    def add(self, position: int, source: Extent, destination: Extent) -> None:
        """Add a rule. Positions must increase."""
        self._source.add(position, source)
        self._destination.add(position, destination)

    def candidates(self, source: Extent, destination: Extent) -> list[int]:
        """Return the sorted positions of all rules that may cover such a rule.

        The side with fewer candidates is used.
        """
        both = (self._source.lists(source), self._destination.lists(destination))
        fewest = min(both, key=lambda lists: sum(map(len, lists)))
        return sorted({position for positions in fewest for position in positions})
