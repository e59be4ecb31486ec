"""Control plane requests that read and change replications of VCDA."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.vcda.entities import (
    COMPLETE,
    IN_PROGRESS,
    NOT_STARTED,
    TEST,
    SimulatedVmReplication,
)
from vcloudair_core.simulator.vcda.operations.network_settings import (
    FAILOVER_SETTINGS,
    TEST_SETTINGS,
    recovered_nics,
    vapp_networks,
    vm_networks,
)
from vcloudair_core.simulator.vcda.operations.operation_states import VCDA_TROUBLES
from vcloudair_core.simulator.vcda.operations.recovered_vms import discard, recover
from vcloudair_core.simulator.vcda.replications.instances import lag_minutes, refresh_instances, set_lag
from vcloudair_core.simulator.vcda.replications.replication_documents import health, vms_of

_STATES = (NOT_STARTED, IN_PROGRESS, TEST, COMPLETE)
_HEALTH = ("", "GREEN", "YELLOW", "RED")
_FIELDS: dict[str, tuple[type, str]] = {
    "recovery_state": (str, "recovery_state"),
    "trouble": (str, "trouble"),
    "paused": (bool, "is_paused"),
    "is_peer_down": (bool, "is_peer_down"),
    "health": (str, "health"),
    "lag_minutes": (int, "lag_minutes"),
    "rpo_minutes": (int, "rpo_minutes"),
    "new_name": (str, "vm_name"),
}
"""Type and attribute of each field that can be changed."""
_CHOICES = {"recovery_state": _STATES, "trouble": ("", *VCDA_TROUBLES), "health": _HEALTH}
_TYPE_NAMES = {str: "a string", bool: "true or false", int: "a whole number"}


def list_vcda_replications(simulator: Any) -> list[dict[str, Any]]:
    """Return the fields and states of every VM replication of VCDA."""
    return [_shown(simulator, replication) for replication in simulator.world.vm_replications.values()]


def change_vcda_replications(simulator: Any, data: dict[str, Any]) -> list[dict[str, Any]]:
    """Change fields of VM replications, and return all fields of these replications.

    In ``data``, ``name`` or ``id`` selects replications. Without both, all replications change. The other keys are the
    fields to change. If ``lag_minutes`` is null, the server creates instances again. A new ``recovery_state`` also
    creates or removes the recovered VM.

    An invalid request raises ValueError and changes nothing.
    """
    conditions: dict[str, Any] = {key: data.pop(key) for key in ("name", "id") if key in data}
    for key, value in data.items():
        _check(key, value)
    replications = [
        replication
        for replication in simulator.world.vm_replications.values()
        if conditions.get("name", replication.vm_name) == replication.vm_name
        and conditions.get("id", replication.replication_id) == replication.replication_id
    ]
    if not replications:
        described = " and ".join(f"{key} {value!r}" for key, value in conditions.items())
        raise ValueError(f"no VCDA replication matches {described}")
    for replication in replications:
        for key, value in data.items():
            _set(simulator, replication, key, value)
    return [_shown(simulator, replication) for replication in replications]


def _check(key: str, value: Any) -> None:
    if key not in _FIELDS:
        raise ValueError(f"unknown field {key!r}; expected one of {', '.join(_FIELDS)}")
    kind = _FIELDS[key][0]
    is_lag = key == "lag_minutes" and value is None
    if not is_lag and (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)):
        raise ValueError(f"{key} must be {_TYPE_NAMES[kind]}, not {value!r}")
    choices = _CHOICES.get(key)
    if choices is not None and value not in choices:
        raise ValueError(f"the value {value!r} of {key} is unknown; expected one of {', '.join(filter(None, choices))}")


def _set(simulator: Any, replication: SimulatedVmReplication, key: str, value: Any) -> None:
    if key == "lag_minutes":
        set_lag(simulator.world, replication, value, simulator.clock.now())
    elif key == "recovery_state":
        _set_state(simulator, replication, value)
    else:
        setattr(replication, _FIELDS[key][1], value)


def _set_state(simulator: Any, replication: SimulatedVmReplication, state: str) -> None:
    """Set the recovery state, and create or remove the recovered VM to match it.

    The state ``IN_PROGRESS`` does not change VMs.
    """
    replication.recovery_state, replication.changed = state, simulator.clock.now()
    if state == IN_PROGRESS:
        return
    if replication.recovered_vm_id:
        discard(simulator.world, replication)
    if state == NOT_STARTED:
        return
    context = next(iter(simulator.vcda.values()))
    vapp = simulator.world.vapp_replications[replication.vapp_replication_id]
    half = TEST_SETTINGS if state == TEST else FAILOVER_SETTINGS
    vapp_settings = vapp_networks(context, vapp, vms_of(simulator.world, vapp), half)
    nics = recovered_nics(context, replication, vm_networks(replication, half), vapp_settings)
    recover(simulator, vapp, replication, nics, is_test=state == TEST, power_on=True)


def _shown(simulator: Any, replication: SimulatedVmReplication) -> dict[str, Any]:
    now = simulator.clock.now()
    refresh_instances(simulator.world, replication, now)
    return {
        "id": replication.replication_id,
        "name": replication.vm_name,
        "vapp_id": replication.vapp_replication_id,
        "source": replication.source.site,
        "destination": replication.destination.site,
        "recovery_state": replication.recovery_state,
        "recovered_vm_id": replication.recovered_vm_id,
        "recovered_instance": replication.recovered_instance,
        "task_id": replication.task_id,
        "trouble": replication.trouble,
        "paused": replication.is_paused,
        "is_reversed": replication.is_reversed,
        "is_peer_down": replication.is_peer_down,
        "health": health(replication, now),
        "lag_minutes": lag_minutes(replication, now),
        "rpo_minutes": replication.rpo_minutes,
    }
