"""Make the images of the documentation: metrics plots and a recovery report.

The report needs Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from vcloudair_core.metrics import measure
from vcloudair_core.services.metrics.plot import plot
from vcloudair_core.testing import simulated

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REPORT_SIZE = (1120, 1985)
"""Size in pixels of the report image, which shows the first sections."""
NOW = 1_750_000_000.0
METRICS = ["cpu.usage.average", "mem.usage.average", "disk.read.average", "disk.used.latest"]


def main() -> None:
    """Write all images."""
    IMAGES.mkdir(exist_ok=True)
    plot_metrics()
    show_report()


def show_report() -> None:
    """Write recovery-report.png: the page of a failed test with 20 VMs."""
    sys.path.insert(0, str(ROOT))
    from tests.support.recovery_events import run_events
    from vcloudair_core.recovery.report.html_report import html_of
    from vcloudair_core.recovery.report.run_report import report_of

    path = IMAGES / "recovery-report.png"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(html_of(report_of(run_events(failed=[3], retried=[9]))), encoding="utf-8")
        size = f"--window-size={REPORT_SIZE[0]},{REPORT_SIZE[1]}"
        command = [shutil.which("chromium") or "chromium", "--headless", "--no-sandbox", "--hide-scrollbars", size]
        subprocess.run([*command, f"--screenshot={path}", page.as_uri()], check=True, capture_output=True)
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)
    print(path)


def plot_metrics() -> None:
    """Write metrics-1.png, metrics-10.png and metrics-50.png."""
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
