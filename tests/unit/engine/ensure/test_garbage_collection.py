"""Tests of pausing the garbage collector in a block, if it was enabled before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from vcloudair_core.engine.ensure.garbage_collection import paused_collection


@pytest.fixture(autouse=True)
def enabled() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.enable()
    yield
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
