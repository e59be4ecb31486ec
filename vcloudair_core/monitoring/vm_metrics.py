"""Create Prometheus metrics for all VMs: inventory, power state, configured size.

These metrics also cover VMs that are off, and VMs without values in the last collection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prometheus_client.core import Metric

LABELS = ("org", "vdc", "vapp", "vm", "vm_id")
STATES = ("on", "off", "suspended", "other")
_ABOUT = ("guest_os", "os_family", "storage_profile")
_KEYS = {"vm": "name", "vm_id": "id"}


def vm_families(vms: Sequence[Mapping[str, Any]], measured: Collection[str]) -> Iterator[Metric]:
    """Yield metric families of VMs.

    ``measured`` contains the IDs of the VMs that have values in the last collection.
    """
    from prometheus_client.core import GaugeMetricFamily

    info = GaugeMetricFamily("vca_vm_info", "Properties of a VM, as labels. Always 1.", labels=(*LABELS, *_ABOUT))
    power = GaugeMetricFamily(
        "vca_vm_power_state",
        "1 for the current power state of a VM, 0 for the other states.",
        labels=(*LABELS, "state"),
    )
    cpus = GaugeMetricFamily("vca_vm_cpus", "Configured virtual CPUs.", labels=LABELS)
    memory = GaugeMetricFamily("vca_vm_memory_bytes", "Configured memory in bytes.", labels=LABELS)
    has_values = GaugeMetricFamily(
        "vca_vm_measured", "1 if the last collection has values of a VM, else 0.", labels=LABELS
    )
    for vm in vms:
        labels = [str(vm.get(_KEYS.get(name, name)) or "") for name in LABELS]
        info.add_metric([*labels, *(str(vm.get(name) or "") for name in _ABOUT)], 1)
        for state in STATES:
            power.add_metric([*labels, state], float(vm.get("power") == state))
        if vm.get("cpus") is not None:
            cpus.add_metric(labels, vm["cpus"])
        if vm.get("memory_mb") is not None:
            memory.add_metric(labels, vm["memory_mb"] * 2**20)
        has_values.add_metric(labels, float(vm["id"] in measured))
    for family in (info, power, cpus, memory, has_values):
        if family.samples:
            yield family
