"""JSON objects of replications.

Source: protocol/vcda.md §3.
"""

from __future__ import annotations

import copy
from typing import Any

from vcloudair_core.simulator.vcda.entities import (
    COMPLETE,
    IN_PROGRESS,
    ReplicationEnd,
    SimulatedVappReplication,
    SimulatedVmReplication,
)
from vcloudair_core.simulator.vcda.replications.instances import instance_document, lag_minutes, refresh_instances

_SPACE = 1048576
_ENDS = ("source", "destination")


def vms_of(world: Any, vapp: SimulatedVappReplication) -> list[SimulatedVmReplication]:
    """Return the replications of the VMs in a vApp."""
    replications = world.vm_replications.values()
    return [vm for vm in replications if vm.vapp_replication_id == vapp.replication_id]


def vm_document(context: Any, replication: SimulatedVmReplication) -> dict[str, Any]:
    """Return the JSON object of a VM replication.

    The object can lag behind the actual state (options ``vcda_visible_after_s`` and ``vcda_state_lags``).
    """
    now = context.simulator.clock.now()
    if now < replication.hidden_until:
        return copy.deepcopy(replication.hidden_document)
    if replication.lagging_reads > 0:
        replication.lagging_reads -= 1
        return copy.deepcopy(replication.lagging_document)
    return current_document(context, replication)


def current_document(context: Any, replication: SimulatedVmReplication) -> dict[str, Any]:
    """Return the JSON object of the actual state of a VM replication."""
    world, now = context.world, context.simulator.clock.now()
    refresh_instances(world, replication, now)
    vapp = world.vapp_replications[replication.vapp_replication_id]
    return {
        "id": replication.replication_id,
        "vappReplicationId": replication.vapp_replication_id,
        "isMigration": replication.is_migration,
        "isPaused": replication.is_paused,
        "isReversed": replication.is_reversed,
        "overallHealth": health(replication, now),
        "dataConnectionState": "SYNCING" if _workflow(world, replication) in ("sync", "migrate") else "OK",
        "lastUpdated": round((replication.changed or now) * 1000),
        "owner": vapp.owner,
        "computerName": replication.vm_name,
        "metadata": {},
        "source": {
            **_end(world, replication.source),
            "vmId": replication.vm_id,
            "vmName": replication.vm_name,
            "vappName": replication.source.vapp_name,
        },
        "destination": _destination(world, replication),
        "destinationState": _destination_state(context, replication, now),
        "settings": settings_document(replication),
    }


def settings_document(replication: SimulatedVmReplication) -> dict[str, Any]:
    """Return the JSON object of the settings of a VM replication."""
    return {
        "rpo": replication.rpo_minutes,
        "description": replication.description,
        "quiesced": replication.is_quiesced,
        "dataConnectionType": replication.connection_type,
        "initialSyncTime": 0,
        "retentionPolicy": {"rules": replication.retention},
        "excludedDiskKeys": [],
    }


def vapp_document(context: Any, vapp: SimulatedVappReplication) -> dict[str, Any]:
    """Return the JSON object of a vApp replication with its VM replications."""
    world, vms = context.world, vms_of(context.world, vapp)
    documents = [vm_document(context, vm) for vm in vms]
    grades = [document["overallHealth"] for document in documents]
    inner = [{name: value for name, value in document.items() if name not in _ENDS} for document in documents]
    first = vms[0]
    return {
        "id": vapp.replication_id,
        "descriptor": {
            "name": vapp.name,
            "description": vapp.description,
            "metadata": {},
            "networks": sorted({nic["network"] for vm in vms for nic in vm.nics if nic["network"]}),
            "isGolden": False,
        },
        "source": {**_end(world, first.source), "vappId": first.source.vapp_id},
        "destination": _destination(world, first),
        "owner": vapp.owner,
        "isMigration": first.is_migration,
        "overallHealth": next((grade for grade in ("RED", "YELLOW") if grade in grades), "GREEN"),
        "lastUpdated": max(document["lastUpdated"] for document in documents),
        "vmReplications": inner,
    }


def health(replication: SimulatedVmReplication, now: float) -> str:
    """Return the overall health of a replication. The conditions are inferred."""
    if replication.health:
        return replication.health
    if replication.last_error or replication.is_peer_down:
        return "RED"
    is_late = lag_minutes(replication, now) > replication.rpo_minutes and replication.recovery_state != COMPLETE
    return "YELLOW" if replication.is_paused or is_late else "GREEN"


def _workflow(world: Any, replication: SimulatedVmReplication) -> str:
    task = world.vcda_tasks.get(replication.task_id)
    return task.workflow if task else ""


def _end(world: Any, end: ReplicationEnd) -> dict[str, Any]:
    return {"site": end.site, "org": end.org, "vdcId": end.vdc_id, "vdcName": world.vdcs[end.vdc_id].name}


def _destination(world: Any, replication: SimulatedVmReplication) -> dict[str, Any]:
    return {**_end(world, replication.destination), "recoveredVappId": replication.recovered_vapp_id or None}


def destination_document(world: Any, replication: SimulatedVmReplication) -> dict[str, Any]:
    """Return the result of a task of a VM replication. Source: protocol/vcda.md §5."""
    return {
        "source": {"vappName": replication.source.vapp_name},
        "destination": _destination(world, replication),
        "vappReplicationId": replication.vapp_replication_id,
    }


def _destination_state(context: Any, replication: SimulatedVmReplication, now: float) -> dict[str, Any]:
    workflow = _workflow(context.world, replication)
    engine = "paused" if replication.is_paused else "lwd" if workflow in ("sync", "migrate") else "idle"
    newest = replication.instances[0]
    vm_id = replication.recovered_vm_id
    if vm_id and context.config.vcda_vm_id == "urn":
        vm_id = f"urn:vcloud:vm:{vm_id}"
    is_recovered = bool(vm_id) and replication.recovery_state != IN_PROGRESS
    return {
        "state": engine,
        "stateAge": max(0, int(now - (replication.changed or newest.timestamp))),
        "isMovingReplica": False,
        "currentRpoViolation": _violation(replication, now),
        "spaceRequirement": _SPACE,
        "lastError": replication.last_error,
        "latestInstance": instance_document(newest),
        "recoveryInfo": {
            "recoveryState": replication.recovery_state,
            "vAppId": replication.recovered_vapp_id if is_recovered else None,
            "vcdVmId": vm_id if is_recovered else None,
        },
    }


def _violation(replication: SimulatedVmReplication, now: float) -> int:
    if replication.recovery_state == COMPLETE:
        return 0
    return max(0, lag_minutes(replication, now) - replication.rpo_minutes)
