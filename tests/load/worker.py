"""A process with some clients of the soak test.

``python -m tests.load.worker`` reads a JSON object: ``{"settings", "vms", "shared", "exporter", "seconds", "clients":
[[number, own edge, replication]]}``. The optional key ``long_run`` lists VMs that the process fails over, one after
another.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from typing import Any

from tests.load.client import Cloud, SoakClient
from vcloudair_core import connect
from vcloudair_core.services.dr.operation_options import OperationOptions


class LongRun(threading.Thread):
    """A thread that fails over VMs during the whole soak test, and keeps the verdicts."""

    def __init__(self, settings: dict[str, Any], names: list[str]) -> None:
        super().__init__(name="long run", daemon=True)
        self._settings, self._names = settings, names
        self.verdicts: list[str] = []

    def run(self) -> None:
        with connect(service_type="vcd", session_cache=False, **self._settings) as client:
            results = client.dr.act("failover", self._names, options=OperationOptions(max_concurrent=1))
        self.verdicts = [one.verdict for one in results]


class Objects(threading.Thread):
    """A thread that counts Python memory blocks after garbage collection."""

    def __init__(self, interval_s: float) -> None:
        super().__init__(name="objects", daemon=True)
        self._interval_s = interval_s
        self._over = threading.Event()
        self.counts: list[tuple[float, int]] = []

    def run(self) -> None:
        while not self._over.wait(self._interval_s):
            gc.collect()
            # gc.get_objects() would hold objects that other threads are still creating, and break them.
            self.counts.append((time.monotonic(), sys.getallocatedblocks()))

    def stop(self) -> None:
        self._over.set()
        self.join()


def main() -> None:
    """Run the clients, and print one line of JSON at the end."""
    order = json.loads(sys.stdin.read())
    cloud = Cloud(order["settings"], order["vms"], order["shared"], order["exporter"])
    deadline = time.monotonic() + order["seconds"]
    clients = [SoakClient(number, cloud, edge, name, deadline) for number, edge, name in order["clients"]]
    long_run = LongRun(order["settings"], order["long_run"]) if order.get("long_run") else None
    threads: list[threading.Thread] = [*clients, *([long_run] if long_run else [])]
    objects = Objects(max(0.5, order["seconds"] / 40))
    objects.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    objects.stop()
    shown: dict[str, Any] = {one.report.book.owner: one.report.as_dict() for one in clients}
    verdicts = long_run.verdicts if long_run else None
    print(json.dumps({"clients": shown, "long_run": verdicts, "objects": objects.counts}), flush=True)


if __name__ == "__main__":
    main()
