"""Pause the cyclic garbage collector while many objects are created."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_MANY_OBJECTS = 5000
"""Number of new objects whose visit takes longer than moving them."""


@contextmanager
def paused_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector in the block. Usable as a decorator.

    Reading thousands of rules creates hundreds of thousands of objects, none of which is garbage in the block. The
    collector would visit them hundreds of times, which takes more time than the work itself. Reference counting still
    frees objects in the block.

    The first collection after the block would visit all new objects, which are still in use. Therefore, a block that
    created many objects moves them to the oldest generation. A later full collection still frees them.

    The collector is shared by all threads. Use this only for blocks that compute, not for blocks that wait. If the
    program has disabled the collector, or if another block has paused it, nothing is changed.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        _age_objects()
        gc.enable()


def _age_objects() -> None:
    """Move all objects to the oldest generation if there are many new ones.

    ``gc.freeze`` and ``gc.unfreeze`` move objects without visiting them.
    """
    if gc.get_count()[0] > _MANY_OBJECTS and not _has_frozen_objects():
        gc.freeze()
        gc.unfreeze()


@cache
def _has_frozen_objects() -> bool:
    """Return True if the program itself has frozen objects.

    ``gc.unfreeze`` would undo that. The result is cached, because ``gc`` counts the objects one by one.
    """
    return gc.get_freeze_count() > 0
