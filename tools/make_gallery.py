"""Make the plots of docs/how-to/metrics.md from a simulated cloud."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vcloudair_core.metrics import measure
from vcloudair_core.services.metrics.plot import plot
from vcloudair_core.testing import simulated

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
NOW = 1_750_000_000.0
METRICS = ["cpu.usage.average", "mem.usage.average", "disk.read.average", "disk.used.latest"]


def main() -> None:
    """Write metrics-1.png, metrics-10.png and metrics-50.png."""
    IMAGES.mkdir(exist_ok=True)
    with simulated(profile="vcd", vms=50) as (_, client, simulator):
        simulator.clock.now = lambda: NOW  # type: ignore[method-assign]
        for count in (1, 10, 50):
            names = [f"vm-{number:04}" for number in range(1, count + 1)]
            found = measure(client, names, metrics=METRICS, start="24h")
            shown = {one["id"]: one["name"] for one in found.vms}
            title = names[0] if count == 1 else f"{count} VMs"
            path = IMAGES / f"metrics-{count}.png"
            plot(str(path), found.collected.series, shown, f"{title}, 24 hours")
            # 256 colors are enough for lines, and make the file two thirds smaller.
            Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
            print(path)


if __name__ == "__main__":
    main()
