"""Instances of replications: the points in time to which a VM can be recovered.

Source: protocol/vcda.md §3.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.vcda.entities import COMPLETE, SimulatedInstance, SimulatedVmReplication

MAX_INSTANCES = 24
_MINUTE = 60.0


def refresh_instances(world: Any, replication: SimulatedVmReplication, now: float) -> None:
    """Add the instances that the server creates until ``now``.

    The server creates two instances per RPO, unless the replication is paused or recovered, its source is down, or
    ``lag_minutes`` is set.
    """
    if not replication.instances:
        _create_first(world, replication, now)
    is_frozen = replication.lag_minutes is not None or replication.is_paused or replication.is_peer_down
    if is_frozen or replication.recovery_state == COMPLETE:
        return
    interval = replication.rpo_minutes * _MINUTE / 2
    newest = replication.instances[0].timestamp
    for number in range(min(int((now - newest) // interval), MAX_INSTANCES), 0, -1):
        add_instance(world, replication, now - (now - newest) % interval - (number - 1) * interval)


def add_instance(world: Any, replication: SimulatedVmReplication, moment: float) -> SimulatedInstance:
    """Add an instance, and remove the oldest ones that exceed the retention.

    ``moment`` is in seconds since 1970. Pinned instances are never removed.
    """
    sequence = replication.next_sequence
    replication.next_sequence += 1
    key = f"replica-{world.make_id('vcda-instance', f'{replication.replication_id}/{sequence}')}"
    quiesced = "fileSystemQuiesced" if replication.is_quiesced else "none"
    instance = SimulatedInstance(key, moment, sequence, quiesced)
    replication.instances.insert(0, instance)
    limit = sum(rule["numberOfInstances"] for rule in replication.retention) or 1
    removable = [entry for entry in replication.instances if not entry.is_pinned]
    for entry in removable[limit:]:
        replication.instances.remove(entry)
    return instance


def set_lag(world: Any, replication: SimulatedVmReplication, minutes: int | None, now: float) -> None:
    """Set the age of the newest instance, and stop the creation of instances.

    If ``minutes`` is None, the creation of instances starts again.
    """
    refresh_instances(world, replication, now)
    replication.lag_minutes = minutes
    if minutes is not None:
        moment = now - minutes * _MINUTE
        older = [entry for entry in replication.instances if entry.timestamp < moment]
        newest = replication.instances[0]
        newest.timestamp = moment
        replication.instances[:] = [newest, *(entry for entry in older if entry is not newest)]


def lag_minutes(replication: SimulatedVmReplication, now: float) -> int:
    """Return the age of the newest instance in minutes."""
    return int((now - replication.instances[0].timestamp) // _MINUTE) if replication.instances else 0


def instance_document(instance: SimulatedInstance) -> dict[str, Any]:
    """Return the JSON object of an instance."""
    return {
        "key": instance.key,
        "timestamp": round(instance.timestamp * 1000),
        "sequenceNumber": instance.sequence,
        "quiescedType": instance.quiesced_type,
        "transferBytes": instance.transfer_bytes,
        "transferSeconds": instance.transfer_seconds,
        "isPinned": instance.is_pinned,
    }


def _create_first(world: Any, replication: SimulatedVmReplication, now: float) -> None:
    lag = replication.rpo_minutes / 4 if replication.lag_minutes is None else replication.lag_minutes
    rule = replication.retention[0] if replication.retention else {"numberOfInstances": 1, "distance": 0}
    for number in range(rule["numberOfInstances"] - 1, -1, -1):
        add_instance(world, replication, now - _MINUTE * (lag + number * rule["distance"]))
