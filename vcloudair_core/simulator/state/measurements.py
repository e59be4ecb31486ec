"""Simulated VM metrics.

A value depends only on the seed, the VM, the metric and the minute. The metrics of a VM are consistent with each other:
all CPU metrics are computed from one load, and active memory is computed from memory usage.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from vcloudair_core.simulator.state.capacity import DISK_OF_A_VM_MB, MHZ_OF_A_CPU

MINUTE_S = 60
Values = Callable[[int], float]
"""Function that takes a minute since 1970, and returns the value of a metric."""


@dataclass(frozen=True)
class Measured:
    """A metric: its name, its unit in vCloud Director, and its decimal places."""

    name: str
    unit: str
    digits: int = 0


class Size(NamedTuple):
    """The configured CPUs and memory of a VM."""

    cpus: int = 2
    memory_mb: int = 4096


_SMALL = Size()

ADAPTER = (
    Measured("cpu.usage.average", "PERCENT", 1),
    Measured("cpu.usagemhz.average", "MEGAHERTZ"),
    Measured("cpu.ready.summation", "MILLISECOND"),
    Measured("cpu.idle.summation", "MILLISECOND"),
    Measured("mem.usage.average", "PERCENT", 1),
    Measured("mem.active.average", "KILOBYTE"),
    Measured("disk.read.average", "KILOBYTES_PER_SECOND"),
    Measured("disk.write.average", "KILOBYTES_PER_SECOND"),
    Measured("net.received.average", "KILOBYTES_PER_SECOND"),
    Measured("net.transmitted.average", "KILOBYTES_PER_SECOND"),
)
"""Metrics of the vCloud Air metrics API. Source: protocol/metrics.md §A.8."""

DIRECTOR = (
    ADAPTER[0],
    Measured("cpu.usage.maximum", "PERCENT", 1),
    ADAPTER[1],
    ADAPTER[4],
    Measured("disk.provisioned.latest", "KILOBYTE"),
    Measured("disk.used.latest", "KILOBYTE"),
    ADAPTER[6],
    ADAPTER[7],
)
"""Metrics of vCloud Director. Source: protocol/metrics.md §B.5."""

DISK_KB = DISK_OF_A_VM_MB * 1024
"""Provisioned disk space of each VM, in KB."""


@lru_cache(maxsize=65536)
def curve(seed: str, vm_id: str, metric: Measured, size: Size = _SMALL) -> Values:
    """Return a function that computes the value of a VM's metric for a minute.

    The values fit the CPUs and memory in ``size``.
    """

    def signal(name: str, low: float, high: float, noise: float, wave: float = 0.2) -> Values:
        return _signal(zlib.crc32(f"{seed}/{vm_id}/{name}".encode()), low, high, noise, wave)

    value, digits = _values(metric.name, signal, size), metric.digits
    if digits:
        return lambda minute: round(value(minute), digits)
    return lambda minute: float(round(value(minute)))


def _values(name: str, signal: Callable[..., Values], size: Size) -> Values:
    if name.startswith("cpu."):
        return _of_cpu(name, signal("cpu", 3, 60, 0.1), signal("cpu peak", 1.1, 1.6, 0.5), size.cpus)
    if name.startswith("mem."):
        in_use = signal("memory", 20, 75, 0.03)
        active_kb = size.memory_mb * 1024 / 100
        return in_use if name == "mem.usage.average" else lambda minute: in_use(minute) * active_kb
    if name == "disk.provisioned.latest":
        return lambda _: DISK_KB
    if name == "disk.used.latest":
        return signal(name, 0.2 * DISK_KB, 0.5 * DISK_KB, 0.0, 0.01)
    high = {"disk.read.average": 900, "disk.write.average": 1500, "net.received.average": 1200}.get(name, 900)
    return signal(name, 1, high, 0.26, 0.12)


def _of_cpu(name: str, load: Values, peak: Values, cpus: int) -> Values:
    """Return the function that computes a CPU metric from the load in percent.

    Ready time, idle time and usage add up to 60 seconds per minute for each CPU.
    """
    minute_ms = 1000 * MINUTE_S * cpus
    if name == "cpu.usage.maximum":
        return lambda minute: min(100.0, load(minute) * peak(minute))
    if name == "cpu.usagemhz.average":
        return lambda minute: load(minute) / 100 * cpus * MHZ_OF_A_CPU
    if name == "cpu.ready.summation":
        return lambda minute: load(minute) / 100 * minute_ms * 0.01 * peak(minute)
    if name == "cpu.idle.summation":
        return lambda minute: (1 - load(minute) / 100 * (1 + 0.01 * peak(minute))) * minute_ms
    return load


def _signal(key: int, low: float, high: float, noise: float, wave: float) -> Values:
    """Return a function whose values form a daily wave with noise.

    The values are between ``low`` and ``high``. ``wave`` and ``noise`` are fractions of this range.
    """
    share, phase = (key & 0xFF) / 255, (key >> 8 & 0xFF) / 255 * 2 * math.pi
    span = high - low
    middle = low + span * (0.25 + 0.5 * share)
    swing, jitter = span * wave, span * noise
    turn = 2 * math.pi / 1440

    def value(minute: int) -> float:
        # Multiplication by odd numbers mixes the bits, so that the result looks like noise.
        mixed = ((minute ^ key) * 2654435761) & 0xFFFFFFFF
        mixed = ((mixed >> 15 ^ mixed) * 2246822519) & 0xFFFFFFFF
        level = middle + swing * math.sin(minute * turn + phase) + jitter * (mixed / 0xFFFFFFFF - 0.5)
        return min(high, max(low, level))

    return value
