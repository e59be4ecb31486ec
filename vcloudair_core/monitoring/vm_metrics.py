"""Metrics that every VM has, also one that is off or cannot be measured: existence, power state, configured size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prometheus_client.core import Metric

LABELS = ("org", "vdc", "vapp", "vm", "vm_id")
STATES = ("on", "off", "suspended", "other")
_ABOUT = ("guest_os", "os_family", "storage_profile")
_KEYS = {"vm": "name", "vm_id": "id"}


def vm_families(machines: Sequence[Mapping[str, Any]], measured: Collection[str]) -> Iterator[Metric]:
    """Yield the families of VMs, see :meth:`Machines.read`. ``measured`` holds ids of those that have values."""
    from prometheus_client.core import GaugeMetricFamily

    info = GaugeMetricFamily("vca_vm_info", "What is known of a VM; always 1.", labels=(*LABELS, *_ABOUT))
    power = GaugeMetricFamily(
        "vca_vm_power_state", "1 for the power state that a VM has, 0 for the others.", labels=(*LABELS, "state")
    )
    cpus = GaugeMetricFamily("vca_vm_cpus", "Configured virtual CPUs.", labels=LABELS)
    memory = GaugeMetricFamily("vca_vm_memory_bytes", "Configured memory.", labels=LABELS)
    has_values = GaugeMetricFamily(
        "vca_vm_measured", "1 when the last collection has values of a VM, 0 when it has none.", labels=LABELS
    )
    for machine in machines:
        labels = [str(machine.get(_KEYS.get(name, name)) or "") for name in LABELS]
        info.add_metric([*labels, *(str(machine.get(name) or "") for name in _ABOUT)], 1)
        for state in STATES:
            power.add_metric([*labels, state], float(machine.get("power") == state))
        if machine.get("cpus") is not None:
            cpus.add_metric(labels, machine["cpus"])
        if machine.get("memory_mb") is not None:
            memory.add_metric(labels, machine["memory_mb"] * 2**20)
        has_values.add_metric(labels, float(machine["id"] in measured))
    for family in (info, power, cpus, memory, has_values):
        if family.samples:
            yield family
