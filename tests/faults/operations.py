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
    """The result of an operation that raised no error.

    ``value`` is the return value. ``problems`` has pairs of message and hint.
    """

    value: Any = None
    problems: list[tuple[str, str]] = field(default_factory=list)


Parts = Mapping[str, Any]


def nothing(world: World) -> Parts:
    """Return an empty state, for operations that only read."""
    return {}


@dataclass(frozen=True)
class Operation:
    """An operation of the fault matrix.

    ``run`` runs the operation once. ``state`` returns the state of the cloud as a mapping. A single write replaces one
    value of the mapping. ``again`` continues the operation after a failure. If ``again`` is None, ``run`` is used.
    """

    run: Callable[[World], Ending]
    state: Callable[[World], Parts] = nothing
    again: Callable[[World], Ending] | None = None
    prepare: Callable[[World], None] | None = None
    write: str = "write"
    """Place of writes in the table: ``save`` if the operation verifies no writes."""
    config: Mapping[str, Any] = field(default_factory=dict)
    routes: Sequence[SimulatorRoutes] = ()

    def world(self, folder: Path) -> World:
        """Set up a new cloud, empty its request log and return the cloud."""
        made = World(folder, self.config, self.routes)
        if self.prepare is not None:
            self.prepare(made)
        made.simulator.request_log.clear()
        made.eye.calls = 0
        return made


def operations() -> dict[str, Operation]:
    """Return all operations by name."""
    from tests.faults import (
        operations_capacity,
        operations_certificates,
        operations_dhcp,
        operations_edges,
        operations_groups,
        operations_l2vpn,
        operations_load_balancer,
        operations_network,
        operations_nsxt,
        operations_reading,
        operations_recovery,
        operations_sign_in,
        operations_vdc_group,
    )

    return {
        **operations_sign_in.OPERATIONS,
        **operations_edges.OPERATIONS,
        **operations_nsxt.OPERATIONS,
        **operations_certificates.OPERATIONS,
        **operations_network.OPERATIONS,
        **operations_vdc_group.OPERATIONS,
        **operations_l2vpn.OPERATIONS,
        **operations_dhcp.OPERATIONS,
        **operations_groups.OPERATIONS,
        **operations_load_balancer.OPERATIONS,
        **operations_reading.OPERATIONS,
        **operations_capacity.OPERATIONS,
        **operations_recovery.OPERATIONS,
    }
