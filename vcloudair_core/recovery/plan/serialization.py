"""Convert recovery plans to JSON types and back.

A run stores the plan at its start, so later changes of the plan file do not affect the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.plan.model import (
    Approval,
    Command,
    Delay,
    Group,
    HttpCheck,
    NetworkChange,
    NetworkRestore,
    PlannedVm,
    Playbook,
    RecoveryPlan,
    Step,
)
from vcloudair_core.services.dr.network_mapping import NicMapping

_WORKS: dict[str, type] = {
    work.__name__: work for work in (Approval, Command, Delay, HttpCheck, NetworkChange, Playbook, NetworkRestore)
}
_FORMAT = 1


def plan_as_data(plan: RecoveryPlan) -> dict[str, Any]:
    """Return a plan as JSON types."""
    return {"format": _FORMAT, "plan": _plain(plan)}


def plan_of_data(data: Mapping[str, Any]) -> RecoveryPlan:
    """Return the plan from the output of :func:`plan_as_data`.

    Raises ConfigurationError if an incompatible version of vcloudair-core wrote the data.
    """
    try:
        if data["format"] != _FORMAT:
            raise ValueError(data["format"])
        return _plan(data["plan"])
    except (KeyError, TypeError, ValueError) as exc:
        raise ConfigurationError(
            "Reading the stored plan of the run failed. Another version of vcloudair-core wrote the plan.",
            hint="Install the version of vcloudair-core that started the run, or start a new run.",
        ) from exc


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        shown = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        return {"work": type(value).__name__, **shown} if type(value) in _WORKS.values() else shown
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return {str(key): _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _step(data: Mapping[str, Any]) -> Step:
    options = {name: value for name, value in data["work"].items() if name != "work"}
    work = _WORKS[data["work"]["work"]](**_tuples(options))
    return Step(**{**data, "work": work, "only": frozenset(data["only"])})


def _vm(data: Mapping[str, Any]) -> PlannedVm:
    networks = tuple(NicMapping(**nic) for nic in data.get("networks", ()))
    return PlannedVm(**{**_tuples(data), "networks": networks})


def _group(data: Mapping[str, Any]) -> Group:
    parts = {
        "vms": tuple(_vm(vm) for vm in data["vms"]),
        "before": tuple(_step(step) for step in data["before"]),
        "after": tuple(_step(step) for step in data["after"]),
    }
    return Group(**{**_tuples(data), **parts})


def _plan(data: Mapping[str, Any]) -> RecoveryPlan:
    parts = {
        "groups": tuple(_group(group) for group in data["groups"]),
        "before": tuple(_step(step) for step in data["before"]),
        "after": tuple(_step(step) for step in data["after"]),
    }
    return RecoveryPlan(**{**_tuples(data), **parts})
