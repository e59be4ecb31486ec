"""Requests that start actions of VCDA: paths and bodies.

Source: protocol/vcda.md §4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.services.dr.model import (
    CLEANUP,
    FAILBACK,
    FAILOVER,
    MIGRATE,
    PAUSE,
    RECOVERIES,
    RESUME,
    REVERSE,
    SYNC,
    TEST,
)

if TYPE_CHECKING:
    from vcloudair_core.services.dr.port import StartRequest
    from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReplication

PATHS = {
    TEST: ("POST", "failover-test"),
    CLEANUP: ("DELETE", "failover-test"),
    FAILOVER: ("POST", "failover"),
    MIGRATE: ("POST", "migrate"),
    FAILBACK: ("POST", "migrate"),
    REVERSE: ("POST", "reverse"),
    PAUSE: ("POST", "pause"),
    RESUME: ("POST", "resume"),
    SYNC: ("POST", "sync"),
}
"""Method and last segment of the path of each action. Source: protocol/vcda.md §4."""

NEED_SOURCE = frozenset({MIGRATE, FAILBACK, REVERSE, PAUSE, RESUME, SYNC})
"""Actions that need the source site. Source: protocol/vcda.md §2."""


def source_needed(replication: VcdaReplication, action: str, *, synchronize: bool = False) -> str:
    """Return the source site that an action needs.

    Return an empty string if the action does not need it, or if it is the site of this client.
    """
    is_needed = action in NEED_SOURCE or (action == TEST and synchronize)
    is_other = replication.source_site not in ("", replication.local_site)
    return replication.source_site if is_needed and is_other else ""


def path_of_vm(replication: VcdaReplication) -> str:
    """Return the path of a VM replication."""
    return f"/vm-replications/{quote(replication.id, safe='')}"


def path_of_vapp(replication: VcdaReplication) -> str:
    """Return the path of the vApp replication that contains a VM replication."""
    return f"/vapp-replications/{quote(replication.vapp_id, safe='')}"


def vapp_body_of(replications: Sequence[VcdaReplication], requests: Sequence[StartRequest]) -> dict[str, Any] | None:
    """Return the body of a request for a vApp, or None. Source: protocol/vcda.md §4.1.

    The networks are those of the vApp replication.
    """
    body = body_of(replace(requests[0], point_id=""))
    if body is None:
        return None
    body.pop("consolidate", None)
    body["snapshotOptions"] = "DO_NOTHING"
    if "instanceId" in body:
        del body["instanceId"]
        pairs = zip(replications, requests, strict=True)
        body["instanceMap"] = {item.id: request.point_id for item, request in pairs if request.point_id} or None
    return body


def body_of(request: StartRequest) -> dict[str, Any] | None:
    """Return the body of a request, or None. Source: protocol/vcda.md §4.1."""
    if request.action not in RECOVERIES:
        return None
    body: dict[str, Any] = {"type": "vcloud", "powerOn": request.power_on}
    if request.action == TEST:
        body["sync"] = request.synchronize
    else:
        body["consolidate"] = False
    if request.action in (TEST, FAILOVER):
        body["instanceId"] = request.point_id or None
    settings = request.network_settings or {}
    body["vmNetworkSettings"] = settings.get("vmNetworkSettings")
    body["vAppNetworkSettings"] = settings.get("vAppNetworkSettings")
    return body
