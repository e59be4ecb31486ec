"""Catalog of known metrics with units and descriptions.

Source: protocol/metrics.md §A.7, §B.5.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from vcloudair_core.errors import ConfigurationError

UNITS = {
    "PERCENT": "percent",
    "MEGAHERTZ": "MHz",
    "KILOBYTE": "KB",
    "KILOBYTES_PER_SECOND": "KBps",
    "MILLISECOND": "ms",
    "SECOND": "s",
    "NUMBER": "count",
    "WATT": "W",
}
"""Short form of each vCloud Director unit.

The short form of all other units is the name in lower case.
"""


@dataclass(frozen=True)
class Metric:
    """A known metric. ``meaning`` is the description."""

    name: str
    unit: str
    meaning: str

    @property
    def is_sum(self) -> bool:
        """Return True if each value is a sum over an interval."""
        return self.name.endswith(".summation")


_TABLE = """
cpu.usage.average|percent|share of the configured CPU in active use
cpu.usage.maximum|percent|highest share of the configured CPU in active use
cpu.usagemhz.average|MHz|CPU in active use
cpu.ready.summation|ms|time that virtual CPUs were ready to run but not scheduled
cpu.idle.summation|ms|time idle
cpu.wait.summation|ms|wait time, including idle time
cpu.used.summation|ms|CPU time used
cpu.system.summation|ms|time in the hypervisor on behalf of the VM
cpu.swapwait.summation|ms|time waiting for swapped pages
cpu.costop.summation|ms|time stopped for co-scheduling of virtual CPUs
cpu.demand.average|MHz|CPU demand without contention
cpu.entitlement.latest|MHz|CPU that the VM is entitled to
cpu.latency.average|percent|time unable to run because of contention
mem.usage.average|percent|share of the configured memory in use
mem.active.average|KB|recently used memory
mem.consumed.average|KB|host memory used for the guest
mem.granted.average|KB|mapped memory
mem.shared.average|KB|memory shared with other VMs
mem.zero.average|KB|memory pages of zeros
mem.overhead.average|KB|memory overhead of virtualization
mem.vmmemctl.average|KB|memory reclaimed by the balloon driver
mem.swapped.average|KB|swapped memory
mem.swapinRate.average|KBps|memory swapped in
mem.swapoutRate.average|KBps|memory swapped out
mem.compressed.average|KB|compressed memory
mem.entitlement.average|KB|memory that the VM is entitled to
mem.latency.average|percent|time waiting for memory
disk.usage.average|KBps|read and written
disk.read.average|KBps|read from all disks
disk.write.average|KBps|written to all disks
disk.maxTotalLatency.latest|ms|highest latency of all disks
disk.used.latest|KB|space used on all disks
disk.provisioned.latest|KB|space allocated
virtualDisk.numberReadAveraged.average|count|reads per second of a disk
virtualDisk.numberWriteAveraged.average|count|writes per second of a disk
virtualDisk.totalReadLatency.average|ms|latency of reads
virtualDisk.totalWriteLatency.average|ms|latency of writes
virtualDisk.read.average|KBps|read from a disk
virtualDisk.write.average|KBps|written to a disk
net.usage.average|KBps|received and transmitted
net.received.average|KBps|received
net.transmitted.average|KBps|transmitted
net.packetsRx.summation|count|packets received
net.packetsTx.summation|count|packets transmitted
net.droppedRx.summation|count|received packets dropped
net.droppedTx.summation|count|transmitted packets dropped
power.power.average|W|power
sys.uptime.latest|s|time since the start of the VM
sys.heartbeat.latest|count|heartbeats of VMware Tools
"""


@cache
def known_metrics() -> Mapping[str, Metric]:
    """Return the known metrics by name, with units and descriptions."""
    lines = [line.split("|") for line in _TABLE.strip().splitlines()]
    return {name: Metric(name, unit, meaning) for name, unit, meaning in lines}


def nearest_names(word: str) -> list[str]:
    """Return up to three known metrics with similar names, the most similar first.

    ``word`` can omit the dots, and the last part of a name, such as ``average``.
    """
    typed = word.casefold().replace(".", "")
    ratios = {}
    for name in known_metrics():
        whole, short = (text.casefold().replace(".", "") for text in (name, name.rpartition(".")[0]))
        ratios[name] = max(difflib.SequenceMatcher(None, typed, text).ratio() for text in (whole, short))
    return sorted((name for name in ratios if ratios[name] >= 0.7), key=lambda name: -ratios[name])[:3]


def check_names(missing: Iterable[str]) -> None:
    """Raise ConfigurationError for names and patterns that match no known metric.

    ``missing`` has the requested names and patterns for which no VM has a metric. Names that VMs do have are valid even
    if they are not in the catalog.
    """
    unknown = [word for word in missing if not any(fnmatchcase(name, word) for name in known_metrics())]
    if not unknown:
        return
    names, near = ", ".join(map(repr, unknown)), " or ".join(map(repr, nearest_names(unknown[0])))
    raise ConfigurationError(
        f"Unknown metric: {names}.",
        hint=f"Did you mean {near}?" if near else "Run `vca metrics names` to list the metrics.",
    )


def unit_of(name: str) -> str | None:
    """Return the unit of a metric, for APIs that return no units.

    Return None for an unknown metric.
    """
    known = known_metrics().get(name)
    return known.unit if known else None


def unit_from(word: str) -> str:
    """Return the short unit for a unit in an API response, such as ``KBps``."""
    return UNITS.get(word.strip().upper(), word.strip().lower())
