"""Control plane requests that change replications, VDCs and tasks."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.inventory import RECOVERY_FLAGS
from vcloudair_core.simulator.replication.replication_states import TROUBLES
from vcloudair_core.simulator.state.entities import SimulatedReplication

_FIELDS = {"trouble": str, "paused": bool, "lag_minutes": int, "rpo_minutes": int, "new_name": str}
_TYPE_NAMES = {str: "a string", bool: "true or false", int: "a whole number"}
_LIMITS = ("cpu_limit_mhz", "memory_limit_mb")


def list_replications(simulator: Any) -> list[dict[str, Any]]:
    """Return the fields and states of every replication."""
    return [_shown(replication) for replication in simulator.world.replications.values()]


def _shown(replication: SimulatedReplication) -> dict[str, Any]:
    names = ("name", "trouble", "paused", "lag_minutes", "rpo_minutes", "test_state", "recovery_state")
    return {"id": replication.replication_id, **{name: getattr(replication, name) for name in names}}


def change_replications(simulator: Any, data: dict[str, Any]) -> list[dict[str, Any]]:
    """Change fields of replications, and return all fields of these replications.

    In ``data``, ``name`` or ``id`` selects replications. ``id`` is the complete ID or its last 36 characters. Without
    ``name`` and ``id``, all replications change. The other keys are the fields to change: ``trouble``, ``lag_minutes``
    (null means half the RPO), ``paused``, ``rpo_minutes`` and ``new_name``.

    An invalid request raises ValueError and changes nothing.
    """
    conditions: dict[str, Any] = {key: data.pop(key) for key in ("name", "id") if key in data}
    for key, value in data.items():
        kind = _FIELDS.get(key)
        is_half = key == "lag_minutes" and value is None
        if kind is None:
            raise ValueError(f"unknown field {key!r}; expected one of {', '.join(_FIELDS)}")
        if not is_half and (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)):
            raise ValueError(f"{key} must be {_TYPE_NAMES[kind]}, not {value!r}")
    if data.get("trouble", "") not in ("", *TROUBLES):
        raise ValueError(f"the value {data['trouble']!r} of trouble is unknown; expected one of {', '.join(TROUBLES)}")
    replications = [
        replication for replication in simulator.world.replications.values() if _matches(replication, conditions)
    ]
    if not replications:
        raise ValueError(
            "no replication matches " + " and ".join(f"{key} {value!r}" for key, value in conditions.items())
        )
    for replication in replications:
        for key, value in data.items():
            setattr(replication, key.removeprefix("new_"), value)
    return [_shown(replication) for replication in replications]


def _matches(replication: SimulatedReplication, conditions: dict[str, Any]) -> bool:
    ids = (replication.replication_id, replication.replication_id[-36:])
    return conditions.get("name", replication.name) == replication.name and conditions.get("id", ids[0]) in ids


def change_vdc(simulator: Any, data: dict[str, Any]) -> None:
    """Change limits and recovery flags of a VDC, or of all VDCs.

    The key ``name`` in ``data`` selects a VDC. The other keys are the fields to change. Raises ValueError for an
    invalid request.
    """
    name = data.pop("name", None)
    for key, value in data.items():
        if key not in (*RECOVERY_FLAGS, *_LIMITS):
            raise ValueError(f"unknown field {key!r}; expected one of {', '.join((*RECOVERY_FLAGS, *_LIMITS))}")
        if isinstance(value, bool) is not (key in RECOVERY_FLAGS) or not isinstance(value, int):
            expected = "true or false" if key in RECOVERY_FLAGS else "a whole number"
            raise ValueError(f"{key} must be {expected}, not {value!r}")
    vdcs = [vdc for vdc in simulator.world.vdcs.values() if name in (None, vdc.name)]
    if not vdcs:
        raise ValueError(f"no VDC has the name {name!r}")
    for vdc in vdcs:
        for key, value in data.items():
            setattr(vdc, key, value)


def change_tasks(simulator: Any, data: dict[str, Any]) -> None:
    """Make the next task of each named operation fail with an error code.

    Format of ``data``: ``{"fail_next": {operation name: code}}``. Raises ValueError for any other format.
    """
    codes = data.pop("fail_next", {})
    if data or not isinstance(codes, dict) or not all(isinstance(code, str) for code in codes.values()):
        raise ValueError("the body must have the format {'fail_next': {operation name: code}}")
    simulator.tasks.fail_next.update(codes)
