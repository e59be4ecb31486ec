"""Metrics that are known by name: their units and what they mean. Source: protocol/metrics.md §A.7, §B.5."""

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
"""The words of vCloud Director to ours. Others pass in lower case."""


@dataclass(frozen=True)
class Metric:
    """A metric that is known by name."""

    name: str
    unit: str
    meaning: str

    @property
    def is_sum(self) -> bool:
        """True when values are sums over an interval."""
        return self.name.endswith(".summation")


_TABLE = """
cpu.usage.average|percent|CPU in active use, of what is configured
cpu.usage.maximum|percent|highest CPU in active use
cpu.usagemhz.average|MHz|CPU in active use
cpu.ready.summation|ms|time ready to run, but not scheduled, of all virtual CPUs
cpu.idle.summation|ms|time idle
cpu.wait.summation|ms|time waiting, idle included
cpu.used.summation|ms|CPU time used
cpu.system.summation|ms|time in the hypervisor on behalf of the machine
cpu.swapwait.summation|ms|time waiting for pages to be swapped in
cpu.costop.summation|ms|time stopped so that virtual CPUs run together
cpu.demand.average|MHz|CPU that would be used without contention
cpu.entitlement.latest|MHz|CPU that the machine may have
cpu.latency.average|percent|time unable to run because of contention
mem.usage.average|percent|memory in use, of what is configured
mem.active.average|KB|memory that was touched lately
mem.consumed.average|KB|memory of the host behind that of the guest
mem.granted.average|KB|memory that is mapped
mem.shared.average|KB|memory shared with others
mem.zero.average|KB|pages of zeros
mem.overhead.average|KB|memory that virtualisation takes
mem.vmmemctl.average|KB|memory that the balloon took
mem.swapped.average|KB|memory that is swapped out
mem.swapinRate.average|KBps|memory swapped in
mem.swapoutRate.average|KBps|memory swapped out
mem.compressed.average|KB|memory that is compressed
mem.entitlement.average|KB|memory that the machine may have
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
net.droppedRx.summation|count|packets dropped on the way in
net.droppedTx.summation|count|packets dropped on the way out
power.power.average|W|power
sys.uptime.latest|s|time since the machine was started
sys.heartbeat.latest|count|heartbeats of the guest's tools
"""


@cache
def known_metrics() -> Mapping[str, Metric]:
    """Return the metrics that are known by name, with their units and meanings."""
    lines = [line.split("|") for line in _TABLE.strip().splitlines()]
    return {name: Metric(name, unit, meaning) for name, unit, meaning in lines}


def nearest_names(word: str) -> list[str]:
    """Return the known metrics that `word` could be a misspelling of, the nearest first, three at most.

    Dots and the last part of a name, such as ``average``, may be missing.
    """
    typed = word.casefold().replace(".", "")
    ratios = {}
    for name in known_metrics():
        whole, short = (text.casefold().replace(".", "") for text in (name, name.rpartition(".")[0]))
        ratios[name] = max(difflib.SequenceMatcher(None, typed, text).ratio() for text in (whole, short))
    return sorted((name for name in ratios if ratios[name] >= 0.7), key=lambda name: -ratios[name])[:3]


def check_names(missing: Iterable[str]) -> None:
    """Raise ConfigurationError for a name or pattern that no VM has and that no known metric has either.

    A server may have metrics that are not in the catalog, so that only what it did not send is checked.
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
    """The unit of a metric whose API says none; None for names that nobody knows, never a guess."""
    known = known_metrics().get(name)
    return known.unit if known else None


def unit_from(word: str) -> str:
    """Our word for a unit of the API: ``KILOBYTES_PER_SECOND`` is ``KBps``."""
    return UNITS.get(word.strip().upper(), word.strip().lower())
