"""A simulated cloud for tests of readiness checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.recovery import Check, Readiness, RecoveryPlan, assess, plan_of_vms
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.state.entities import SimulatedReplication, Vdc

ONE, TWO = "replicated-0001", "replicated-0002"
NETWORKS, ORG, VDCS, VMS = range(4)
"""Order in which the readiness checks send their queries."""


class Cloud:
    """A simulated cloud whose placeholder VMs are visible, and a client of this cloud."""

    def __init__(self, client: Client, simulator: Simulator) -> None:
        self.client, self.simulator = client, simulator

    def replication(self, name: str = ONE) -> SimulatedReplication:
        return next(one for one in self.simulator.world.replications.values() if one.name == name)

    @property
    def vdc(self) -> Vdc:
        return next(iter(self.simulator.world.vdcs.values()))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.simulator.clock.now(), timezone.utc)

    def refuse(self, path: str, *, skip: int = 0, status: int = 403, count: int = 1) -> None:
        code = {403: "ACCESS_TO_RESOURCE_IS_FORBIDDEN", 404: "NOT_FOUND"}.get(status, "INTERNAL_SERVER_ERROR")
        self.simulator.faults.add(
            "status", method="GET", path=path, status=status, code=code, skip=skip, count=count, message="No."
        )

    def assess(self, plan: RecoveryPlan | None = None, action: str = "failover", **words: Any) -> Readiness:
        words.setdefault("last_test", self.now - timedelta(days=1))
        return assess(self.client, plan or plan_of_vms([ONE]), action, now=self.now, **words)

    def check(self, name: str, plan: RecoveryPlan | None = None, action: str = "failover", **words: Any) -> Check:
        (found,) = (one for one in self.assess(plan, action, **words).checks if one.name == name)
        return found


Make = Callable[..., Cloud]


def seen(check: Check) -> tuple[str, str]:
    """Return (status, message) of a check.

    Assert that the check has a hint, unless its status is ``ok``.
    """
    assert bool(check.hint) == (check.status != "ok"), check
    assert check.message
    return check.status, check.message
