"""An index that finds the rules that may cover another rule.

With the index, a rule is not compared with all other rules. An address range is stored under the smallest CIDR block
that contains the range. If range A contains range B, the block of A contains the block of B. For each prefix length, at
most one block contains a range, so a search checks few blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

_ANY = "any"

Range = tuple[Any, int, int]
"""IP version, first address and last address."""


@dataclass(frozen=True)
class Extent:
    """The addresses and objects on one side (source or destination) of a rule.

    ``others`` are members that are not address ranges, such as interfaces and grouping objects. If the side
    matches all addresses except its members, ``excluded`` contains these members. A side with ``excluded`` covers only
    sides with the same ``excluded``.
    """

    is_any: bool
    ranges: Collection[Range]
    others: Collection[Hashable]
    excluded: Hashable = None


@dataclass
class SideIndex:
    """An index of rule positions by source or by destination, in insertion order."""

    _positions: dict[Hashable, list[int]] = field(default_factory=dict)
    _sizes: dict[Any, set[int]] = field(default_factory=dict)

    def add(self, position: int, side: Extent) -> None:
        """Add a rule."""
        for key in self._own_keys(side):
            self._positions.setdefault(key, []).append(position)

    def lists(self, side: Extent) -> list[list[int]]:
        """Return lists with the positions of the rules that may cover ``side``.

        Together, the lists contain the position of every rule that covers ``side``. They can also contain positions of
        other rules, and a position more than once.
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
        """Yield the keys of sides that may cover ``side``.

        The keys of one member of ``side`` are enough, because a covering side contains every member of ``side``.
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
        """Add a rule. ``position`` must be greater than the positions added before."""
        self._source.add(position, source)
        self._destination.add(position, destination)

    def candidates(self, source: Extent, destination: Extent) -> list[int]:
        """Return the sorted positions of rules that may cover a rule with these sides.

        The candidates are searched by source and by destination, and the result of the smaller search is returned.
        """
        both = (self._source.lists(source), self._destination.lists(destination))
        fewest = min(both, key=lambda lists: sum(map(len, lists)))
        return sorted({position for positions in fewest for position in positions})
