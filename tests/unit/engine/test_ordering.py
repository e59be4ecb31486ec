"""Tests of list ordering: few moves, and other elements keep their order."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.ordering import ContradictionError, Placement, arrange, longest_increasing

BEFORE, AFTER = "before", "after"


def test_new_elements_without_placement_go_to_the_end() -> None:
    arrangement = arrange([0, 1, 2], [-1, -2], {})
    assert arrangement.order == (0, 1, 2, -1, -2)
    assert not arrangement.moved


@pytest.mark.parametrize(
    ("placements", "order", "moved"),
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
def test_placements_of_existing_elements(
    placements: dict[int, Placement], order: tuple[int, ...], moved: set[int]
) -> None:
    arrangement = arrange([0, 1, 2], [], placements)
    assert arrangement.order == order
    assert arrangement.moved == moved


@pytest.mark.parametrize(
    ("placements", "order"),
    [
        ({-1: Placement("top")}, (-1, 0, 1)),
        ({-1: Placement(BEFORE, 1)}, (0, -1, 1)),
        ({-1: Placement(AFTER, 0)}, (0, -1, 1)),
        ({-1: Placement("index", index=1)}, (0, -1, 1)),
        ({1: Placement("bottom")}, (0, -1, 1)),
        ({-1: Placement(AFTER, 0), 1: Placement("index", index=1)}, (0, 1, -1)),
    ],
)
def test_placements_of_new_elements(placements: dict[int, Placement], order: tuple[int, ...]) -> None:
    assert arrange([0, 1], [-1], placements).order == order


def test_anchors_can_be_new_elements() -> None:
    arrangement = arrange(
        [0], [-1, -2, -3], {-1: Placement(AFTER, -2), -2: Placement(AFTER, -3), -3: Placement(BEFORE, 0)}
    )
    assert arrangement.order == (-3, -2, -1, 0)


def test_an_element_follows_a_moved_anchor() -> None:
    # 2 is already before 3, but 3 moves to the top, so 2 has to move too.
    arrangement = arrange([0, 1, 2, 3], [], {2: Placement(BEFORE, 3), 3: Placement(BEFORE, 0)})
    assert arrangement.order == (2, 3, 0, 1)
    assert arrangement.moved == {2, 3}
    assert arrange([0, 1, 2], [], {2: Placement(BEFORE, 1), 1: Placement(BEFORE, 0)}).order == (2, 1, 0)


def test_a_chain_moves_only_elements_out_of_order() -> None:
    # The other elements stay where they are.
    arrangement = arrange([0, 10, 1, 11, 2, 12, 3], [], {}, chain=[0, 3, 1, 2])
    assert arrangement.moved == {3}
    assert arrangement.order == (0, 3, 10, 1, 11, 2, 12)


def test_new_chain_elements_go_behind_their_predecessors() -> None:
    arrangement = arrange([0, 10, 1], [-1, -2, -3], {}, chain=[-1, 0, -2, 1, -3])
    assert arrangement.order == (-1, 0, -2, 10, 1, -3)
    assert arrange([10], [-1, -2], {}, chain=[-1, -2]).order == (10, -1, -2)


@pytest.mark.parametrize(
    ("placements", "chain"),
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
def test_contradictions_are_found(placements: dict[int, Placement], chain: list[int]) -> None:
    with pytest.raises(ContradictionError):
        arrange([0, 1, 2], [], placements, chain=chain)


def test_longest_increasing() -> None:
    values = [3, 1, 2, 5, 4]
    assert [values[at] for at in longest_increasing(values)] in ([1, 2, 4], [1, 2, 5])
    assert longest_increasing([]) == []
