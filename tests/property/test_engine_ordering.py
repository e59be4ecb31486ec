"""Property tests of list ordering, for any list and any placements."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.ordering import ContradictionError, Placement, arrange, longest_increasing


@st.composite
def problems(draw: Any) -> tuple[list[int], list[int], dict[int, Placement]]:
    """Generate existing and new elements, and placements for some of them."""
    existing = list(range(draw(st.integers(0, 7))))
    new = [-(n + 1) for n in range(draw(st.integers(0, 4)))]
    elements = [*existing, *new]
    placements: dict[int, Placement] = {}
    for element in draw(st.lists(st.sampled_from(elements), unique=True, max_size=5)) if elements else []:
        where = draw(st.sampled_from(["top", "bottom", "before", "after", "index"]))
        anchors = [anchor for anchor in elements if anchor != element]
        if where in ("before", "after"):
            if not anchors:
                continue
            placements[element] = Placement(where, draw(st.sampled_from(anchors)))
        else:
            placements[element] = Placement(where, index=draw(st.integers(0, len(elements) - 1)))
    return existing, new, placements


@settings(max_examples=300, deadline=None)
@given(problems())
def test_order_meets_all_placements_or_reports_a_contradiction(
    problem: tuple[list[int], list[int], dict[int, Placement]],
) -> None:
    existing, new, placements = problem
    try:
        arrangement = arrange(existing, new, placements)
    except ContradictionError as exc:
        assert len(placements) > 1
        assert set(exc.elements) <= set(existing) | set(new)
        return
    order = list(arrangement.order)
    assert sorted(order) == sorted([*existing, *new])
    tops = sum(1 for placement in placements.values() if placement.where == "top")
    bottoms = sum(1 for placement in placements.values() if placement.where == "bottom")
    for element, placement in placements.items():
        at = order.index(element)
        if placement.where == "top":
            assert at < tops
        elif placement.where == "bottom":
            assert at >= len(order) - bottoms
        elif placement.where == "index":
            assert at == min(placement.index, len(order) - 1)
        elif placement.where == "before":
            assert at < order.index(placement.anchor)
        else:
            assert at > order.index(placement.anchor)
    unplaced = [element for element in existing if element not in placements]
    assert [element for element in order if element in unplaced] == unplaced
    assert arrangement.moved <= set(placements)
    # Arranging the new order again moves nothing.
    second_arrangement = arrange(order, [], placements)
    assert second_arrangement.order == arrangement.order
    assert not second_arrangement.moved


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 8), st.data())
def test_chain_needs_the_fewest_moves(shuffled: list[int], members: int, data: Any) -> None:
    chain = shuffled[:members]
    new = data.draw(st.lists(st.integers(-9, -1), unique=True, max_size=3))
    listed = list(chain)
    for element in new:
        listed.insert(data.draw(st.integers(0, len(listed))), element)
    arrangement = arrange(range(8), new, {}, chain=listed)
    assert [element for element in arrangement.order if element in set(listed)] == listed
    unplaced = [element for element in range(8) if element not in chain]
    assert [element for element in arrangement.order if element in unplaced] == unplaced
    assert len(arrangement.moved) == len(chain) - len(longest_increasing(chain))
    assert arrange(arrangement.order, [], {}, chain=listed) == type(arrangement)(arrangement.order)
