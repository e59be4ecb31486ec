"""Cost of metrics of many VMs, compared with vcloudair 0.5 and bare calls.

Budget: one call for each VM and page. vcloudair 0.5 takes at least 6 times as long as this library, and this library
takes at most 1.6 times as long as the bare calls. On idle processors the factors are 9 and 1.25 (see test_query_cost).

The table of docs/explanation/performance.md is made with 300 VMs. VCA_BENCH_METRICS sets the number of VMs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.support.host_load import HostLoad
from tests.support.original_sdk import run_original
from tests.support.served import served
from vcloudair_core import connect

VMS = int(os.environ.get("VCA_BENCH_METRICS", "100"))
LATENCY_MS = 20
PARALLEL = 12
TURNS = 5

_ORIGINAL = """
import time
session = vcloudair.VCASession('5.6', user, password)
org_info = session.login(orgname=org, vcd_url=vcd_url)
metrics = vcloudair.Metrics(vcdurl=org_info['vcdurl'], token=org_info['token'], vm_uuids=vm_ids)
metrics.set_relative_interval('HOUR', 1)
began = time.monotonic()
metrics.collect()
found['seconds'] = time.monotonic() - began
found['count'] = len(metrics.metric_data)
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run a simulator in a separate process, so that it does not slow down the client."""
    folder = tmp_path_factory.mktemp("bench")
    base = {**{k: v for k, v in os.environ.items() if not k.startswith("VCA_")}, "HOME": str(folder)}
    size = ("--vms", str(VMS), "--latency-ms", str(LATENCY_MS))
    with served(folder, base, "--api", "all", *size) as exported:
        yield exported


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    found = work()
    return time.monotonic() - began, found


def test_one_hour_of_metrics_of_many_vms(env: dict[str, str]) -> None:
    names = ("url", "username", "password", "org", "ca_path")
    settings: dict[str, Any] = {name: env[f"VCA_{name.upper()}"] for name in names}
    with connect(service_type="vcd", session_cache=False, parallel_calls=PARALLEL, **settings) as client:
        ids = [one["id"] for one in client.query.vms.read()]
        assert len(ids) == VMS
        service = client.metrics
        fetch = _bare(env, ids)
        fetch()  # This fills the caches of the simulator and both connection pools.
        ours, floor = [], []
        load = HostLoad()
        for _ in range(TURNS):
            load.sample()
            before = client.session.calls
            seconds, found = _timed(lambda: service.collect(ids, start="1h", source="vca"))
            ours.append(seconds)
            assert (len(found.by_vm()), client.session.calls - before) == (VMS, VMS)
            floor.append(_timed(fetch)[0])
    variables = {
        "user": env["VCA_USERNAME"], "password": env["VCA_PASSWORD"], "org": env["VCA_ORG"],
        "vcd_url": env["VCA_URL"], "vm_ids": ids,
    }  # fmt: skip
    theirs = run_original(_ORIGINAL, variables, ca_path=env["VCA_CA_PATH"])
    assert theirs["count"] == VMS
    best, least = min(ours), min(floor)
    print(f"\nan hour of {VMS} VMs, {LATENCY_MS} ms latency, {PARALLEL} concurrent calls; best of {TURNS}")
    print(f"{'':16}{'seconds':>9}{'calls':>7}{'ratio to ours':>15}")
    for name, taken in (("ours", best), ("bare calls", least), ("vcloudair 0.5", theirs["seconds"])):
        print(f"{name:16}{taken:9.2f}{VMS:7}{taken / best:15.2f}")
    assert theirs["seconds"] >= 6 * best / load.slowness
    assert best <= 1.6 * least * load.slowness


def _bare(env: dict[str, str], ids: list[str]) -> Callable[[], int]:
    """Return a function that reads metrics with bare calls, and discards the result."""
    web = requests.Session()
    web.verify, web.trust_env = env["VCA_CA_PATH"], False
    web.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=PARALLEL))
    accept = {"Accept": "application/*+xml;version=36.3"}
    user = (f"{env['VCA_USERNAME']}@{env['VCA_ORG']}", env["VCA_PASSWORD"])
    answer = web.post(f"{env['VCA_URL']}/api/sessions", auth=user, headers=accept, timeout=30)
    token = {"x-vcloud-authorization": answer.headers["x-vcloud-authorization"]}
    web.headers.update({"Accept": "application/json", "Content-Type": "application/json", **token})
    body = json.dumps({"relativeStartTime": {"interval": 1, "unit": "HOUR"}})

    def one(vm_id: str) -> int:
        found = web.post(f"{env['VCA_URL']}/hybridity/api/metrics/vApp/vm-{vm_id}", data=body, timeout=30)
        assert found.status_code == 200, found.text
        return len(found.json()["rows"])

    def fetch() -> int:
        with ThreadPoolExecutor(PARALLEL) as pool:
            return sum(pool.map(one, ids))

    return fetch
