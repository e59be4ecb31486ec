"""Orders of the control plane that concern disaster recovery: what goes wrong next, and what a VDC is enabled for."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.inventory import RECOVERY_WORDS
from vcloudair_core.simulator.replication.replication_states import TROUBLES
from vcloudair_core.simulator.state.world import SimulatedReplication

_WORDS = {"trouble": str, "paused": bool, "lag_minutes": int, "rpo_minutes": int, "new_name": str}
_LIMITS = ("cpu_limit_mhz", "memory_limit_mb")


def list_replications(simulator: Any) -> list[dict[str, Any]]:
    """Return every replication with its state and its planned trouble."""
    return [_shown(replication) for replication in simulator.world.replications.values()]


def _shown(replication: SimulatedReplication) -> dict[str, Any]:
    names = ("name", "trouble", "paused", "lag_minutes", "rpo_minutes", "test_state", "recovery_state")
    return {"id": replication.replication_id, **{name: getattr(replication, name) for name in names}}


def change_replications(simulator: Any, data: dict[str, Any]) -> list[dict[str, Any]]:
    """Change those of a ``name`` or an ``id`` (whole, or its last 36 characters), or all. Returns them as they are now.

    Fields: trouble, lag_minutes (null: half the RPO), paused, rpo_minutes, new_name. Raises ValueError; then nothing is
    changed.
    """
    conditions: dict[str, Any] = {key: data.pop(key) for key in ("name", "id") if key in data}
    for key, value in data.items():
        kind = _WORDS.get(key)
        is_half = key == "lag_minutes" and value is None
        if kind is None:
            raise ValueError(f"a replication has no {key!r}; known: {', '.join(_WORDS)}")
        if not is_half and (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)):
            raise ValueError(f"{key} is not a {kind.__name__}: {value!r}")
    if data.get("trouble", "") not in ("", *TROUBLES):
        raise ValueError(f"there is no trouble {data['trouble']!r}; known: {', '.join(TROUBLES)}")
    replications = [
        replication for replication in simulator.world.replications.values() if _is_meant(replication, conditions)
    ]
    if not replications:
        raise ValueError(f"there is no replication {conditions}")
    for replication in replications:
        for key, value in data.items():
            setattr(replication, key.removeprefix("new_"), value)
    return [_shown(replication) for replication in replications]


def _is_meant(replication: SimulatedReplication, conditions: dict[str, Any]) -> bool:
    ids = (replication.replication_id, replication.replication_id[-36:])
    return conditions.get("name", replication.name) == replication.name and conditions.get("id", ids[0]) in ids


def change_vdc(simulator: Any, data: dict[str, Any]) -> None:
    """Change what a VDC is enabled for, and its limits; by ``name``, or all. Raises ValueError."""
    name = data.pop("name", None)
    for key, value in data.items():
        if key not in (*RECOVERY_WORDS, *_LIMITS):
            raise ValueError(f"a VDC has no {key!r}; known: {', '.join((*RECOVERY_WORDS, *_LIMITS))}")
        if isinstance(value, bool) is not (key in RECOVERY_WORDS) or not isinstance(value, int):
            raise ValueError(f"{key} cannot be {value!r}")
    vdcs = [vdc for vdc in simulator.world.vdcs.values() if name in (None, vdc.name)]
    if not vdcs:
        raise ValueError(f"there is no VDC {name!r}")
    for vdc in vdcs:
        for key, value in data.items():
            setattr(vdc, key, value)


def change_tasks(simulator: Any, data: dict[str, Any]) -> None:
    """``fail_next``: codes by operation name; the next task of that name fails with it. Raises ValueError."""
    codes = data.pop("fail_next", {})
    if data or not isinstance(codes, dict) or not all(isinstance(code, str) for code in codes.values()):
        raise ValueError("expected {'fail_next': {operation name: code}}")
    simulator.tasks.fail_next.update(codes)
