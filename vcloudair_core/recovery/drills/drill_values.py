"""Values of the drill history for the exporter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcloudair_core.recovery.drills.drill_history import drill_history
from vcloudair_core.recovery.run.history import cloud_of

if TYPE_CHECKING:
    from vcloudair_core.client import Client

MAX_GROUPS = 50
"""Maximum number of groups of a plan whose values are served."""


def drill_values(client: Client) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Yield the name, labels and value of each gauge. Sends no request to the cloud.

    The labels are ``org``, ``plan`` and ``group``. The group is empty for the plan as a whole. Names of VMs are not
    used as labels, so the number of series stays small. A plan or group without a successful test has no age.
    """
    org = str(cloud_of(client)["org"])
    for plan in drill_history(client.settings).plans:
        yield "dr_test_due", (org, plan.name), float(plan.is_due)
        yield "dr_untested_vms", (org, plan.name), len(plan.untested)
        if plan.age_s is not None:
            yield "dr_test_age_seconds", (org, plan.name, ""), plan.age_s
        for group in plan.groups[:MAX_GROUPS]:
            if group.age_s is not None:
                yield "dr_test_age_seconds", (org, plan.name, group.name), group.age_s
