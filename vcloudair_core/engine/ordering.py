"""Order a list by the places that are asked for, with as few moves as possible. Pure.

Elements are plain integers: ``0..n-1`` are those that exist, in their present order; negative ones are new. Elements
without a wish (they belong to somebody else) never move: they keep their order among each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

TOP, BOTTOM, BEFORE, AFTER, INDEX = "top", "bottom", "before", "after", "index"


@dataclass(frozen=True)
class Placement:
    """The place of an element: ``top``, ``bottom``, ``before`` or ``after`` ``anchor``, or at ``index`` (from 0).

    ``before`` and ``after`` are satisfied anywhere on the right side of the anchor; an element that has to move is put
    directly beside it. An index past the end means the end.
    """

    where: str
    anchor: int = 0
    index: int = 0


class ContradictionError(ValueError):
    """Wishes that cannot hold together. ``elements`` are those that have them."""

    def __init__(self, elements: Sequence[int]) -> None:
        super().__init__(f"contradictory places of {elements}")
        self.elements = tuple(elements)


@dataclass(frozen=True)
class Arrangement:
    """The final order, and which existing elements moved to get there."""

    order: tuple[int, ...]
    moved: frozenset[int] = field(default_factory=frozenset)


def arrange(
    existing: Sequence[int], new: Sequence[int], wishes: Mapping[int, Placement], *, chain: Sequence[int] = ()
) -> Arrangement:
    """Put ``new`` elements in and move as few ``existing`` ones as possible, so that all wishes hold.

    ``chain`` lists elements that are to stand in that order relative to each other, with anything between them. A new
    element of the chain goes right behind its nearest listed predecessor, else right before its nearest listed
    successor, else to the end. A new element without chain and wish goes to the end.

    Raises: ContradictionError.
    """
    _refuse_cycles(wishes, chain)
    restless = set(new) | _misplaced(existing, wishes)
    while True:
        order = _build(existing, new, wishes, chain, restless)
        broken = _broken(order, wishes)
        if not broken:
            return Arrangement(tuple(order), _moved(existing, order, set(wishes) | set(chain)))
        fresh = set(broken) - restless
        if not fresh:
            raise ContradictionError(broken)
        restless |= fresh


def _refuse_cycles(wishes: Mapping[int, Placement], chain: Sequence[int]) -> None:
    """Find wishes that contradict each other whatever the order: a circle of "stands before"."""
    follows: dict[int, list[int]] = {}
    for left, right in pairwise(chain):
        follows.setdefault(left, []).append(right)
    for element, wish in wishes.items():
        if wish.where == BEFORE:
            follows.setdefault(element, []).append(wish.anchor)
        elif wish.where == AFTER:
            follows.setdefault(wish.anchor, []).append(element)
    done: set[int] = set()
    for start in follows:
        path: list[int] = []
        on_path: set[int] = set()
        stack: list[tuple[int, int]] = [(start, 0)]
        while stack:
            element, branch = stack.pop()
            if branch == 0:
                if element in done:
                    continue
                if element in on_path:
                    raise ContradictionError(path[path.index(element) :])
                path.append(element)
                on_path.add(element)
            ahead = follows.get(element, [])
            if branch < len(ahead):
                stack += [(element, branch + 1), (ahead[branch], 0)]
            else:
                done.add(element)
                on_path.discard(path.pop())
    _refuse_shared_index(wishes)


def _refuse_shared_index(wishes: Mapping[int, Placement]) -> None:
    taken: dict[int, int] = {}
    for element, wish in wishes.items():
        if wish.where == INDEX and taken.setdefault(wish.index, element) != element:
            raise ContradictionError((taken[wish.index], element))


def _misplaced(existing: Sequence[int], wishes: Mapping[int, Placement]) -> set[int]:
    place = {element: position for position, element in enumerate(existing)}
    wrong: set[int] = set()
    for element, wish in wishes.items():
        if element not in place or wish.where not in (BEFORE, AFTER):
            continue
        anchor = place.get(wish.anchor)
        if anchor is not None and (place[element] < anchor) != (wish.where == BEFORE):
            wrong.add(element)
    return wrong


def _build(
    existing: Sequence[int],
    new: Sequence[int],
    wishes: Mapping[int, Placement],
    chain: Sequence[int],
    restless: set[int],
) -> list[int]:
    """Take out whatever has to be placed, then put it back in, from the least to the most particular wish."""
    pinned = {element for element, wish in wishes.items() if wish.where in (TOP, BOTTOM, INDEX)}
    order = _link_chain([e for e in existing if e not in pinned and not (e in wishes and e in restless)], chain)
    linked = set(chain)
    order += [element for element in new if element not in linked and element not in wishes]
    order = [*_wishing(wishes, TOP), *order, *_wishing(wishes, BOTTOM)]
    beside = [element for element, wish in wishes.items() if wish.where in (BEFORE, AFTER) and element in restless]
    late = _place_beside(order, beside, wishes)
    for element in sorted(_wishing(wishes, INDEX), key=lambda item: wishes[item].index):
        order.insert(wishes[element].index, element)
    stuck = _place_beside(order, late, wishes)
    if stuck:
        raise ContradictionError(stuck)
    return order


def _wishing(wishes: Mapping[int, Placement], where: str) -> list[int]:
    return [element for element, wish in wishes.items() if wish.where == where]


def _link_chain(kept: list[int], chain: Sequence[int]) -> list[int]:
    """``kept`` with the chain in order: the longest part that is in order stays, the rest is put beside it."""
    if not chain:
        return kept
    place = {element: position for position, element in enumerate(kept)}
    present = [element for element in chain if element in place]
    steady = {present[i] for i in longest_increasing([place[element] for element in present])}
    followers: dict[int, list[int]] = {}
    leading: list[int] = []
    last: int | None = None
    for element in chain:
        if element in steady:
            last = element
        elif last is None:
            leading.append(element)
        else:
            followers.setdefault(last, []).append(element)
    first = next((element for element in chain if element in steady), None)
    linked = set(chain)
    order: list[int] = []
    for element in kept:
        if element in linked and element not in steady:
            continue
        if element == first:
            order += leading
        order.append(element)
        order += followers.get(element, [])
    return order if first is not None else order + leading


def _place_beside(order: list[int], elements: Iterable[int], wishes: Mapping[int, Placement]) -> list[int]:
    """Insert elements beside their anchors, anchors first. Returns those whose anchor has no place yet."""
    waiting = list(elements)
    present = set(order)
    last_behind: dict[int, int] = {}
    while waiting:
        rest: list[int] = []
        for element in waiting:
            wish = wishes[element]
            if wish.anchor not in present:
                rest.append(element)
                continue
            if wish.where == BEFORE:
                order.insert(order.index(wish.anchor), element)
            else:
                order.insert(order.index(last_behind.get(wish.anchor, wish.anchor)) + 1, element)
                last_behind[wish.anchor] = element
            present.add(element)
        if len(rest) == len(waiting):
            return rest
        waiting = rest
    return []


def _broken(order: Sequence[int], wishes: Mapping[int, Placement]) -> list[int]:
    """Elements whose wish does not hold in ``order``. Several at the top share the first places, and so at the end."""
    if not wishes:
        return []
    place = {element: position for position, element in enumerate(order)}
    tops, bottoms, end = len(_wishing(wishes, TOP)), len(_wishing(wishes, BOTTOM)), len(order)
    holds = {
        TOP: lambda at, wish: at < tops,
        BOTTOM: lambda at, wish: at >= end - bottoms,
        INDEX: lambda at, wish: at == min(wish.index, end - 1),
        BEFORE: lambda at, wish: at < place[wish.anchor],
        AFTER: lambda at, wish: at > place[wish.anchor],
    }
    return [element for element, wish in wishes.items() if not holds[wish.where](place[element], wish)]


def longest_increasing(values: Sequence[int]) -> list[int]:
    """Positions of one longest increasing subsequence of distinct numbers."""
    tails: list[int] = []
    tail_at: list[int] = []
    previous: list[int] = []
    for position, value in enumerate(values):
        length = bisect_left(tails, value)
        previous.append(tail_at[length - 1] if length else -1)
        if length == len(tails):
            tails.append(value)
            tail_at.append(position)
        else:
            tails[length] = value
            tail_at[length] = position
    longest: list[int] = []
    position = tail_at[-1] if tail_at else -1
    while position >= 0:
        longest.append(position)
        position = previous[position]
    return longest[::-1]


def _moved(existing: Sequence[int], order: Sequence[int], movable: set[int]) -> frozenset[int]:
    """The fewest existing elements to call moved, never one that belongs to somebody else.

    Between two neighbours that stay, the longest part in its old order counts as unmoved.
    """
    alive = set(existing)
    place = {element: position for position, element in enumerate(existing)}
    gap_before: dict[int, int] = {}
    gap = 0
    for element in existing:
        if element in movable:
            gap_before[element] = gap
        else:
            gap += 1
    moved: set[int] = set()
    run: list[int] = []
    gap = 0

    def close_gap() -> None:
        steady = {run[i] for i in longest_increasing([place[item] for item in run])}
        moved.update(item for item in run if item not in steady)
        run.clear()

    for element in order:
        if element not in alive:
            continue
        if element not in movable:
            close_gap()
            gap += 1
        elif gap_before[element] == gap:
            run.append(element)
        else:
            moved.add(element)
    close_gap()
    return frozenset(moved)
