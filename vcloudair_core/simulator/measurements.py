"""Believable numbers: the same for the same machine, metric and minute, whoever asks and how often."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

MINUTE_S = 60


@dataclass(frozen=True)
class Measured:
    """A metric: its unit in vCloud Director's words, its range, how much of it is noise, and digits after the point."""

    name: str
    unit: str
    low: float
    high: float
    noise: float = 0.1
    digits: int = 1


ADAPTER = (
    Measured("cpu.usage.average", "PERCENT", 3, 60),
    Measured("cpu.usagemhz.average", "MEGAHERTZ", 80, 2400, digits=0),
    Measured("cpu.ready.summation", "MILLISECOND", 20, 900, 0.3, 0),
    Measured("cpu.idle.summation", "MILLISECOND", 20000, 110000, digits=0),
    Measured("mem.usage.average", "PERCENT", 20, 75, 0.03),
    Measured("mem.active.average", "KILOBYTE", 300_000, 2_500_000, 0.05, 0),
    Measured("disk.read.average", "KILOBYTES_PER_SECOND", 0, 900, 0.5, 0),
    Measured("disk.write.average", "KILOBYTES_PER_SECOND", 10, 1500, 0.5, 0),
    Measured("net.received.average", "KILOBYTES_PER_SECOND", 1, 1200, 0.4, 0),
    Measured("net.transmitted.average", "KILOBYTES_PER_SECOND", 1, 900, 0.4, 0),
)
"""What vCloud Air's adapter gives. Source: api/metrics.md §A.8."""

DIRECTOR = (
    ADAPTER[0],
    Measured("cpu.usage.maximum", "PERCENT", 20, 95),
    ADAPTER[1],
    ADAPTER[4],
    Measured("disk.provisioned.latest", "KILOBYTE", 41_943_040, 41_943_040, 0, 0),
    Measured("disk.used.latest", "KILOBYTE", 8_000_000, 21_000_000, 0, 0),
    ADAPTER[6],
    ADAPTER[7],
)
"""All that a vCloud Director has. Source: api/metrics.md §B.5."""


@lru_cache(maxsize=65536)
def curve(seed: str, vm_id: str, metric: Measured) -> Callable[[int], float]:
    """Value by minute since 1970: a day's wave of the machine's own, and noise."""
    key = zlib.crc32(f"{seed}/{vm_id}/{metric.name}".encode())
    share, phase = (key & 0xFF) / 255, (key >> 8 & 0xFF) / 255 * 2 * math.pi
    span = metric.high - metric.low
    middle = metric.low + span * (0.25 + 0.5 * share)
    wave, noise, digits = span * 0.2, span * metric.noise, metric.digits
    turn = 2 * math.pi / 1440
    low, high = metric.low, metric.high

    def value(minute: int) -> float:
        # Multiplying by odd numbers mixes the bits well enough to look like noise.
        mixed = ((minute ^ key) * 2654435761) & 0xFFFFFFFF
        mixed = ((mixed >> 15 ^ mixed) * 2246822519) & 0xFFFFFFFF
        found = middle + wave * math.sin(minute * turn + phase) + noise * (mixed / 0xFFFFFFFF - 0.5)
        found = min(high, max(low, found))
        return round(found, digits) if digits else float(round(found))

    return value
