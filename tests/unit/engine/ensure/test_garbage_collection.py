"""Tests of pausing the garbage collector in a block, if it was enabled before."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from vcloudair_core.engine.ensure import garbage_collection
from vcloudair_core.engine.ensure.garbage_collection import paused_collection


@pytest.fixture(autouse=True)
def enabled() -> Iterator[None]:
    was_enabled, was_frozen = gc.isenabled(), gc.get_freeze_count() > 0
    gc.unfreeze()
    gc.enable()
    garbage_collection._has_frozen_objects.cache_clear()
    yield
    garbage_collection._has_frozen_objects.cache_clear()
    if was_frozen:
        gc.freeze()
    if not was_enabled:
        gc.disable()


def test_the_collector_is_paused_in_the_block() -> None:
    with paused_collection():
        assert not gc.isenabled()
        with paused_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_the_pause() -> None:
    with pytest.raises(ValueError, match="wrong"), paused_collection():
        raise ValueError("wrong")
    assert gc.isenabled()


def test_a_disabled_collector_stays_disabled() -> None:
    gc.disable()
    with paused_collection():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_a_decorated_function_pauses_at_each_call() -> None:
    @paused_collection()
    def is_enabled() -> bool:
        return gc.isenabled()

    assert [is_enabled(), gc.isenabled(), is_enabled(), gc.isenabled()] == [False, True, False, True]


def test_many_new_objects_are_not_visited_after_the_block() -> None:
    gc.collect()
    with paused_collection():
        kept = [[number] for number in range(20_000)]
        new = gc.get_count()[0]
    assert (len(kept), new > 20_000 - 1, gc.get_count()[0] < 1000) == (20_000, True, True)
    assert len(gc.get_objects(generation=2)) > 20_000


def test_cycles_of_a_block_are_still_freed() -> None:
    class Node:
        def __init__(self) -> None:
            self.itself = self

    with paused_collection():
        nodes = [Node() for _ in range(20_000)]
    last = weakref.ref(nodes[-1])
    del nodes
    gc.collect()
    assert last() is None


def test_objects_that_the_program_has_frozen_stay_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with paused_collection():
            kept = [[number] for number in range(20_000)]
        assert (len(kept), gc.get_freeze_count() > frozen // 2) == (20_000, True)
    finally:
        gc.unfreeze()
