"""Order a list by requested positions with as few moves as possible.

Elements are integers: ``0..n-1`` are the existing elements in their current order, and negative numbers are new
elements. Elements without a placement, such as rules that no spec names, never move: their relative order stays the
same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from operator import lt

TOP, BOTTOM, BEFORE, AFTER, INDEX = "top", "bottom", "before", "after", "index"


@dataclass(frozen=True)
class Placement:
    """The requested position of an element.

    ``where`` is ``top``, ``bottom``, ``before``, ``after`` or ``index``. ``before`` and ``after`` accept any position
    on that side of ``anchor``. An element that has to move goes directly beside the anchor. ``index`` counts from 0; an
    index past the end means the end.
    """

    where: str
    anchor: int = 0
    index: int = 0


class ContradictionError(ValueError):
    """Placements contradict each other. ``elements`` lists the conflicting elements."""

    def __init__(self, elements: Sequence[int]) -> None:
        super().__init__(f"contradictory placements of {elements}")
        self.elements = tuple(elements)


@dataclass(frozen=True)
class Arrangement:
    """The final order, and the existing elements that moved."""

    order: tuple[int, ...]
    moved: frozenset[int] = field(default_factory=frozenset)


def arrange(
    existing: Sequence[int], new: Sequence[int], placements: Mapping[int, Placement], *, chain: Sequence[int] = ()
) -> Arrangement:
    """Insert ``new`` elements, and move as few ``existing`` elements as possible.

    The result satisfies all placements. ``chain`` has elements in the required relative order; other elements can be
    between them. A new element of the chain goes directly after its nearest predecessor in the chain. An element
    without a predecessor goes directly before its nearest successor. An element with neither goes to the end. A new
    element that has no placement and is not in the chain goes to the end.

    Raises: ContradictionError.
    """
    usual = _usual_arrangement(existing, new, placements, chain)
    if usual is not None:
        return usual
    _refuse_cycles(placements, chain)
    unplaced = set(new) | _misplaced(existing, placements)
    while True:
        order = _build(existing, new, placements, chain, unplaced)
        violated = _violated(order, placements)
        if not violated:
            return Arrangement(tuple(order), _moved(existing, order, set(placements) | set(chain)))
        added = set(violated) - unplaced
        if not added:
            raise ContradictionError(violated)
        unplaced |= added


def _usual_arrangement(
    existing: Sequence[int], new: Sequence[int], placements: Mapping[int, Placement], chain: Sequence[int]
) -> Arrangement | None:
    """Return the arrangement if no existing element has to move.

    This is certain if there are no placements, and either no element is new and the chain is in order, or the chain
    consists of exactly the new elements. Otherwise, return None, so that :func:`arrange` computes the arrangement.
    """
    if placements:
        return None
    if not new and _is_ascending(existing) and _is_ascending(chain):
        return Arrangement(tuple(existing))
    if tuple(chain) == tuple(new):
        return Arrangement((*existing, *new))  # the chain has no existing element
    return None


def _is_ascending(elements: Sequence[int]) -> bool:
    return all(map(lt, elements, islice(elements, 1, None)))


def _refuse_cycles(placements: Mapping[int, Placement], chain: Sequence[int]) -> None:
    """Raise ContradictionError if elements are placed before each other in a cycle."""
    follows: dict[int, list[int]] = {}
    for left, right in pairwise(chain):
        follows.setdefault(left, []).append(right)
    for element, placement in placements.items():
        if placement.where == BEFORE:
            follows.setdefault(element, []).append(placement.anchor)
        elif placement.where == AFTER:
            follows.setdefault(placement.anchor, []).append(element)
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
    _refuse_shared_index(placements)


def _refuse_shared_index(placements: Mapping[int, Placement]) -> None:
    taken: dict[int, int] = {}
    for element, placement in placements.items():
        if placement.where == INDEX and taken.setdefault(placement.index, element) != element:
            raise ContradictionError((taken[placement.index], element))


def _misplaced(existing: Sequence[int], placements: Mapping[int, Placement]) -> set[int]:
    place = {element: position for position, element in enumerate(existing)}
    wrong: set[int] = set()
    for element, placement in placements.items():
        if element not in place or placement.where not in (BEFORE, AFTER):
            continue
        anchor = place.get(placement.anchor)
        if anchor is not None and (place[element] < anchor) != (placement.where == BEFORE):
            wrong.add(element)
    return wrong


def _build(
    existing: Sequence[int],
    new: Sequence[int],
    placements: Mapping[int, Placement],
    chain: Sequence[int],
    unplaced: set[int],
) -> list[int]:
    """Return the final order of all elements.

    All elements that have to be placed are removed, and then inserted again. The least specific placements are applied
    first.
    """
    pinned = {element for element, placement in placements.items() if placement.where in (TOP, BOTTOM, INDEX)}
    order = _link_chain([e for e in existing if e not in pinned and not (e in placements and e in unplaced)], chain)
    linked = set(chain)
    order += [element for element in new if element not in linked and element not in placements]
    order = [*_elements_placed(placements, TOP), *order, *_elements_placed(placements, BOTTOM)]
    beside_anchor = [
        element
        for element, placement in placements.items()
        if placement.where in (BEFORE, AFTER) and element in unplaced
    ]
    waiting = _place_beside(order, beside_anchor, placements)
    for element in sorted(_elements_placed(placements, INDEX), key=lambda item: placements[item].index):
        order.insert(placements[element].index, element)
    stuck = _place_beside(order, waiting, placements)
    if stuck:
        raise ContradictionError(stuck)
    return order


def _elements_placed(placements: Mapping[int, Placement], where: str) -> list[int]:
    return [element for element, placement in placements.items() if placement.where == where]


def _link_chain(kept: list[int], chain: Sequence[int]) -> list[int]:
    """Return ``kept`` with the chain in order.

    The longest subsequence that is already in order stays. The other chain elements are inserted beside it.
    """
    if not chain:
        return kept
    place = {element: position for position, element in enumerate(kept)}
    present = [element for element in chain if element in place]
    unmoved = {present[i] for i in longest_increasing([place[element] for element in present])}
    followers: dict[int, list[int]] = {}
    leading: list[int] = []
    last: int | None = None
    for element in chain:
        if element in unmoved:
            last = element
        elif last is None:
            leading.append(element)
        else:
            followers.setdefault(last, []).append(element)
    first = next((element for element in chain if element in unmoved), None)
    linked = set(chain)
    order: list[int] = []
    for element in kept:
        if element in linked and element not in unmoved:
            continue
        if element == first:
            order += leading
        order.append(element)
        order += followers.get(element, [])
    return order if first is not None else order + leading


def _place_beside(order: list[int], elements: Iterable[int], placements: Mapping[int, Placement]) -> list[int]:
    """Insert elements beside their anchors, in several passes if necessary.

    An element whose anchor is also in ``elements`` waits until the anchor is inserted.

    Returns: the elements whose anchor is not in the order yet.
    """
    waiting = list(elements)
    present = set(order)
    last_behind: dict[int, int] = {}
    while waiting:
        rest: list[int] = []
        for element in waiting:
            placement = placements[element]
            if placement.anchor not in present:
                rest.append(element)
                continue
            if placement.where == BEFORE:
                order.insert(order.index(placement.anchor), element)
            else:
                order.insert(order.index(last_behind.get(placement.anchor, placement.anchor)) + 1, element)
                last_behind[placement.anchor] = element
            present.add(element)
        if len(rest) == len(waiting):
            return rest
        waiting = rest
    return []


def _violated(order: Sequence[int], placements: Mapping[int, Placement]) -> list[int]:
    """Return the elements whose position in ``order`` violates their placement.

    If N elements have the placement ``top``, each of the first N positions satisfies it. The same applies to
    ``bottom``.
    """
    if not placements:
        return []
    place = {element: position for position, element in enumerate(order)}
    tops, bottoms, end = len(_elements_placed(placements, TOP)), len(_elements_placed(placements, BOTTOM)), len(order)
    holds = {
        TOP: lambda at, placement: at < tops,
        BOTTOM: lambda at, placement: at >= end - bottoms,
        INDEX: lambda at, placement: at == min(placement.index, end - 1),
        BEFORE: lambda at, placement: at < place[placement.anchor],
        AFTER: lambda at, placement: at > place[placement.anchor],
    }
    return [
        element for element, placement in placements.items() if not holds[placement.where](place[element], placement)
    ]


def longest_increasing(values: Sequence[int]) -> list[int]:
    """Return the positions of a longest increasing subsequence of distinct numbers."""
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
    """Return the smallest set of elements whose moves explain the new order.

    Only elements in ``movable`` can move. Between two immovable elements, the longest subsequence that kept its order
    counts as unmoved.
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
        unmoved = {run[i] for i in longest_increasing([place[item] for item in run])}
        moved.update(item for item in run if item not in unmoved)
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
