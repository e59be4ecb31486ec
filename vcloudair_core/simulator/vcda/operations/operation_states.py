"""Operations on replications, and the states that they require.

Source: protocol/vcda.md §4.3. ``SimulatedVmReplication.trouble`` selects how the next operation fails:

``error``         the task fails, and the replication does not change
``hang``          the task never ends
``progress-100``  the task shows a progress of 100 % while it runs
``queued``        the task shows the state QUEUED until it ends
``warning``       the task succeeds with a warning
``lie``           the task succeeds, but the replication does not change
``no-vm``         the task and the replication show success, but no VM appears
``off``           the task and the replication show success, but the VM stays off
``vanish``        the task cannot be read after the first poll, but the operation continues
``gone``          the replication does not exist after the task has ended
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.vcda.entities import (
    COMPLETE,
    IN_PROGRESS,
    NOT_STARTED,
    TEST,
    SimulatedVmReplication,
)

VCDA_TROUBLES = (
    *("error", "hang", "progress-100", "queued", "warning"),
    *("lie", "no-vm", "off", "vanish", "gone"),
)
_ANY = (NOT_STARTED, TEST, COMPLETE, IN_PROGRESS)


@dataclass(frozen=True)
class VcdaOperation:
    """An operation on a replication.

    Attributes:
        workflow: Type of the workflow in tasks. All except ``sync`` are inferred.
        states: Recovery states that allow the operation.
        shows_progress: True if the recovery state is ``IN_PROGRESS`` while the operation runs.
        needs_source: True if the source site must be up.
        is_at_both_sites: True if the source site can also carry out the operation.
    """

    workflow: str
    states: tuple[str, ...]
    shows_progress: bool = False
    needs_source: bool = False
    is_at_both_sites: bool = False


FAILOVER_TEST = VcdaOperation("failoverTest", (NOT_STARTED,), shows_progress=True)
CLEANUP = VcdaOperation("failoverTestCleanup", (TEST,), shows_progress=True)
FAILOVER = VcdaOperation("failover", (NOT_STARTED,), shows_progress=True)
MIGRATE = VcdaOperation("migrate", (NOT_STARTED,), shows_progress=True, needs_source=True)
REVERSE = VcdaOperation("reverse", (COMPLETE,), shows_progress=True, needs_source=True)
SYNC = VcdaOperation("sync", (NOT_STARTED, TEST), needs_source=True)
PAUSE = VcdaOperation("pause", (NOT_STARTED, TEST), needs_source=True)
RESUME = VcdaOperation("resume", (NOT_STARTED, TEST), needs_source=True)
SETTINGS = VcdaOperation("settings", (NOT_STARTED, TEST, COMPLETE), needs_source=True, is_at_both_sites=True)
DELETE = VcdaOperation("delete", _ANY, is_at_both_sites=True)


def state_error(config: Any, replication: SimulatedVmReplication, operation: VcdaOperation) -> str:
    """Return the reason why a state does not allow an operation.

    Return an empty string if the operation is allowed.
    """
    name = replication.vm_name
    if replication.task_id:
        return f"An operation on the replication of '{name}' is in progress."
    states = operation.states
    if operation is MIGRATE and config.vcda_migrate_from_test == "allow":
        states = (*states, TEST)
    if replication.recovery_state not in states:
        return f"The replication of '{name}' has the state {replication.recovery_state}."
    if operation is SYNC and replication.is_paused:
        return f"The replication of '{name}' is paused."
    return ""
