"""Places: wishes hold, strangers stay, and as little as possible moves."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.ordering import ContradictionError, Placement, arrange, longest_increasing

BEFORE, AFTER = "before", "after"


def test_without_wishes_new_ones_go_to_the_end() -> None:
    found = arrange([0, 1, 2], [-1, -2], {})
    assert found.order == (0, 1, 2, -1, -2)
    assert not found.moved


@pytest.mark.parametrize(
    ("wishes", "order", "moved"),
    [
        ({2: Placement("top")}, (2, 0, 1), {2}),
        ({0: Placement("bottom")}, (1, 2, 0), {0}),
        ({0: Placement("top")}, (0, 1, 2), set()),
        ({2: Placement(BEFORE, 0)}, (2, 0, 1), {2}),
        ({2: Placement(BEFORE, 1)}, (0, 2, 1), {2}),
        ({0: Placement(BEFORE, 2)}, (0, 1, 2), set()),
        ({0: Placement(AFTER, 1)}, (1, 0, 2), {0}),
        ({2: Placement(AFTER, 0)}, (0, 1, 2), set()),
        ({0: Placement("index", index=1)}, (1, 0, 2), {0}),
        ({0: Placement("index", index=99)}, (1, 2, 0), {0}),
        ({1: Placement("index", index=1)}, (0, 1, 2), set()),
        ({1: Placement("top"), 2: Placement("top")}, (1, 2, 0), {1, 2}),
        ({0: Placement(AFTER, 2), 1: Placement(AFTER, 2)}, (2, 0, 1), {0, 1}),
    ],
)
def test_wishes_of_existing_ones(wishes: dict[int, Placement], order: tuple[int, ...], moved: set[int]) -> None:
    found = arrange([0, 1, 2], [], wishes)
    assert found.order == order
    assert found.moved == moved


@pytest.mark.parametrize(
    ("wishes", "order"),
    [
        ({-1: Placement("top")}, (-1, 0, 1)),
        ({-1: Placement(BEFORE, 1)}, (0, -1, 1)),
        ({-1: Placement(AFTER, 0)}, (0, -1, 1)),
        ({-1: Placement("index", index=1)}, (0, -1, 1)),
        ({1: Placement("bottom")}, (0, -1, 1)),
        ({-1: Placement(AFTER, 0), 1: Placement("index", index=1)}, (0, 1, -1)),
    ],
)
def test_a_new_one_finds_its_place(wishes: dict[int, Placement], order: tuple[int, ...]) -> None:
    assert arrange([0, 1], [-1], wishes).order == order


def test_anchors_may_be_new_themselves() -> None:
    found = arrange([0], [-1, -2, -3], {-1: Placement(AFTER, -2), -2: Placement(AFTER, -3), -3: Placement(BEFORE, 0)})
    assert found.order == (-3, -2, -1, 0)


def test_an_existing_one_follows_an_anchor_that_moves() -> None:
    # 2 already stands before 3, but 3 moves to the front: 2 has to follow.
    found = arrange([0, 1, 2, 3], [], {2: Placement(BEFORE, 3), 3: Placement(BEFORE, 0)})
    assert found.order == (2, 3, 0, 1)
    assert found.moved == {2, 3}
    assert arrange([0, 1, 2], [], {2: Placement(BEFORE, 1), 1: Placement(BEFORE, 0)}).order == (2, 1, 0)


def test_a_chain_keeps_what_is_in_order_and_moves_the_rest() -> None:
    # 9 strangers among them stay where they are.
    found = arrange([0, 10, 1, 11, 2, 12, 3], [], {}, chain=[0, 3, 1, 2])
    assert found.moved == {3}
    assert found.order == (0, 3, 10, 1, 11, 2, 12)


def test_new_ones_of_a_chain_stand_behind_their_predecessors() -> None:
    found = arrange([0, 10, 1], [-1, -2, -3], {}, chain=[-1, 0, -2, 1, -3])
    assert found.order == (-1, 0, -2, 10, 1, -3)
    assert arrange([10], [-1, -2], {}, chain=[-1, -2]).order == (10, -1, -2)


@pytest.mark.parametrize(
    ("wishes", "chain"),
    [
        ({0: Placement(BEFORE, 1), 1: Placement(BEFORE, 0)}, []),
        ({0: Placement(BEFORE, 1), 1: Placement(BEFORE, 2), 2: Placement(BEFORE, 0)}, []),
        ({0: Placement(AFTER, 1), 1: Placement(AFTER, 0)}, []),
        ({0: Placement("index", index=1), 2: Placement("index", index=1)}, []),
        ({0: Placement("top"), 1: Placement(BEFORE, 0)}, []),
        ({0: Placement("top"), 1: Placement("index", index=0)}, []),
        ({2: Placement("bottom"), 1: Placement(AFTER, 2)}, []),
        ({2: Placement(BEFORE, 0)}, [0, 1, 2]),
    ],
)
def test_contradictions_are_found(wishes: dict[int, Placement], chain: list[int]) -> None:
    with pytest.raises(ContradictionError):
        arrange([0, 1, 2], [], wishes, chain=chain)


def test_longest_increasing() -> None:
    values = [3, 1, 2, 5, 4]
    assert [values[at] for at in longest_increasing(values)] in ([1, 2, 4], [1, 2, 5])
    assert longest_increasing([]) == []
