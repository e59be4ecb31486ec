"""Load a recovery plan, and apply command-line options that do not contradict it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.recovery.plan.model import RecoveryPlan
from vcloudair_core.recovery.plan.plan_file import read_plan
from vcloudair_core.util.document_errors import place_of
from vcloudair_core.util.option_conflicts import Stated, reject_contradiction
from vcloudair_core.util.strict_yaml import Path, Reading

_INNER = {
    "power_on": ("vm", "power_on"),
    "vm_timeout": ("vm", "vm_timeout"),
    "on_error": ("group", "on_error"),
}
"""Options that groups or VMs of a plan can set too.

Shape: ``{option: ("group" or "vm", key)}``.
"""


def load_plan_with(path: str, options: Mapping[str, tuple[str, Any]]) -> RecoveryPlan:
    """Return the plan in a file, with options applied.

    Args:
        path: The plan file.
        options: A mapping of option name (``vm_timeout``) to a tuple: the option as the user types it
            (``--vm-timeout``), and its value, which is None if the option is not set.

    Raises: ConfigurationError when the plan, or a group or VM in it, sets an option to a different value. Also raises
    the errors of ``load_plan``.
    """
    plan, reading = read_plan(path)
    for name, (spelled, value) in options.items():
        for at in _places(reading, name):
            reject_contradiction(spelled, value, Stated(_value(reading, at), place_of(path, reading, at)))
    return replace(plan, **fields_of_options(options))


def fields_of_options(options: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Return the plan fields that the options set.

    A timeout of 0 becomes None (no limit).
    """
    fields = {name: value for name, (_, value) in options.items() if value is not None}
    if fields.get("vm_timeout") == 0:
        fields["vm_timeout"] = None
    return fields


def _places(reading: Reading, name: str) -> Iterator[Path]:
    """Yield the paths at which a plan can set the option ``name``."""
    yield (name,)
    kind, key = _INNER.get(name, ("", ""))
    for number, group in enumerate(reading.tree["groups"]):
        if kind == "group":
            yield ("groups", number, key)
        elif kind == "vm":
            yield from (("groups", number, "vms", place, key) for place in range(len(group["vms"])))


def _value(reading: Reading, path: Path) -> Any:
    value = reading.tree
    for key in path:
        if isinstance(key, str) and not isinstance(value, dict):
            return None  # a VM in its short form, a name
        value = value.get(key) if isinstance(key, str) else value[key]
    return value
