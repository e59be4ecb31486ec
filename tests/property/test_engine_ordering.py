"""Ordering, for any list and any wishes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.ordering import ContradictionError, Placement, arrange, longest_increasing


@st.composite
def problems(draw: Any) -> tuple[list[int], list[int], dict[int, Placement]]:
    """Existing and new elements, and wishes of some of them."""
    existing = list(range(draw(st.integers(0, 7))))
    new = [-(n + 1) for n in range(draw(st.integers(0, 4)))]
    everyone = [*existing, *new]
    wishes: dict[int, Placement] = {}
    for element in draw(st.lists(st.sampled_from(everyone), unique=True, max_size=5)) if everyone else []:
        where = draw(st.sampled_from(["top", "bottom", "before", "after", "index"]))
        others = [other for other in everyone if other != element]
        if where in ("before", "after"):
            if not others:
                continue
            wishes[element] = Placement(where, draw(st.sampled_from(others)))
        else:
            wishes[element] = Placement(where, index=draw(st.integers(0, len(everyone) - 1)))
    return existing, new, wishes


@settings(max_examples=300, deadline=None)
@given(problems())
def test_wishes_hold_or_are_said_to_contradict(problem: tuple[list[int], list[int], dict[int, Placement]]) -> None:
    existing, new, wishes = problem
    try:
        found = arrange(existing, new, wishes)
    except ContradictionError as exc:
        assert len(wishes) > 1
        assert set(exc.elements) <= set(existing) | set(new)
        return
    order = list(found.order)
    assert sorted(order) == sorted([*existing, *new])
    tops = sum(1 for wish in wishes.values() if wish.where == "top")
    bottoms = sum(1 for wish in wishes.values() if wish.where == "bottom")
    for element, wish in wishes.items():
        at = order.index(element)
        if wish.where == "top":
            assert at < tops
        elif wish.where == "bottom":
            assert at >= len(order) - bottoms
        elif wish.where == "index":
            assert at == min(wish.index, len(order) - 1)
        elif wish.where == "before":
            assert at < order.index(wish.anchor)
        else:
            assert at > order.index(wish.anchor)
    strangers = [element for element in existing if element not in wishes]
    assert [element for element in order if element in strangers] == strangers
    assert found.moved <= set(wishes)
    # What is arranged stays so: in the new order, nothing has to move any more.
    again = arrange(order, [], wishes)
    assert again.order == found.order
    assert not again.moved


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 8), st.data())
def test_a_chain_moves_as_little_as_can_be(shuffled: list[int], members: int, data: Any) -> None:
    chain = shuffled[:members]
    new = data.draw(st.lists(st.integers(-9, -1), unique=True, max_size=3))
    listed = list(chain)
    for element in new:
        listed.insert(data.draw(st.integers(0, len(listed))), element)
    found = arrange(range(8), new, {}, chain=listed)
    assert [element for element in found.order if element in set(listed)] == listed
    strangers = [element for element in range(8) if element not in chain]
    assert [element for element in found.order if element in strangers] == strangers
    assert len(found.moved) == len(chain) - len(longest_increasing(chain))
    assert arrange(found.order, [], {}, chain=listed) == type(found)(found.order)
