"""Operations that call a cloud: set up, run, and read the resulting state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.world import World
from vcloudair_core.plugin.records import SimulatorRoutes


@dataclass
class Ending:
    """The result of an operation that did not raise.

    ``value``: its return value. ``problems``: (message, hint).
    """

    value: Any = None
    problems: list[tuple[str, str]] = field(default_factory=list)


Parts = Mapping[str, Any]


def nothing(world: World) -> Parts:
    """Reading changes nothing."""
    return {}


@dataclass(frozen=True)
class Operation:
    """``run`` does it once. ``state``: what is there, by parts of which each is written as a whole. ``again``: how one
    goes on after a failure, if not by doing the same. ``settings`` are those of its client, for the tests of sockets.
    """

    run: Callable[[World], Ending]
    state: Callable[[World], Parts] = nothing
    again: Callable[[World], Ending] | None = None
    prepare: Callable[[World], None] | None = None
    write: str = "write"
    """The place of its writes: ``save`` where nobody looks at what became of them."""
    config: Mapping[str, Any] = field(default_factory=dict)
    routes: Sequence[SimulatorRoutes] = ()

    def world(self, folder: Path) -> World:
        """A new one, set up, with an empty journal."""
        made = World(folder, self.config, self.routes)
        if self.prepare is not None:
            self.prepare(made)
        made.simulator.request_log.clear()
        made.eye.calls = 0
        return made


def operations() -> dict[str, Operation]:
    """All of them by name."""
    from tests.faults import operations_edges, operations_reading, operations_recovery, operations_sign_in

    return {
        **operations_sign_in.OPERATIONS,
        **operations_edges.OPERATIONS,
        **operations_reading.OPERATIONS,
        **operations_recovery.OPERATIONS,
    }
