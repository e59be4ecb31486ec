"""Tests of the metrics exporter with Prometheus, many scrapes and cloud failures."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.support import processes
from tests.support.documents import ROOT
from vcloudair_core.monitoring.collector import Collector
from vcloudair_core.monitoring.exporter import ExporterServer
from vcloudair_core.services.metrics.select import measure
from vcloudair_core.simulator import Simulator, SimulatorConfig, SimulatorServer
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.util.redaction import Secret

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
MINUTE = 50 * 60
"""Number of scrapes in a minute with 50 scrapes per second."""

needs_prometheus = pytest.mark.skipif(
    not PROMETHEUS or not PROMTOOL, reason="prometheus and promtool are not installed"
)


def _get(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", vms=20))


@pytest.fixture
def collector(simulator: Simulator) -> Iterator[Collector]:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        yield Collector(client, metrics=["cpu.*", "disk.used.latest"])


# -- with Prometheus ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cloud() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", vms=20)) as running:
        yield running


@pytest.fixture
def exporter(cloud: SimulatorServer, tmp_path: Path) -> Iterator[str]:
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env = {**kept, **cloud.env(), "VCA_CACHE_DIR": str(tmp_path), "VCA_STATE_DIR": str(tmp_path)}
    program = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "metrics", "serve"]
    log = tmp_path / "exporter.log"
    with log.open("w") as output:
        running = processes.Process(
            [*program, "--listen", f"127.0.0.1:{port}", "--interval", "2"], env=env, stderr=output
        )
        try:
            _until(lambda: "vca_vm_" in _get(f"http://127.0.0.1:{port}/metrics")[1], log)
            yield f"127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=300) == 0, log.read_text()
    assert "Stopped." in log.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(check: Any, log: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if check():
                return
        except (OSError, KeyError, IndexError, ValueError):
            pass
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@needs_prometheus
def test_prometheus_scrapes_the_exporter_and_returns_the_values(
    exporter: str, cloud: SimulatorServer, tmp_path: Path
) -> None:
    config, port, log = tmp_path / "prometheus.yml", _free_port(), tmp_path / "prometheus.log"
    job = {"job_name": "vca", "scrape_interval": "1s", "static_configs": [{"targets": [exporter]}]}
    rules = [str(ROOT / "docs" / "monitoring" / "alerts.yml")]
    config.write_text(yaml.safe_dump({"scrape_configs": [job], "rule_files": rules}), encoding="utf-8")
    command = [
        str(PROMETHEUS), f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            root = f"http://127.0.0.1:{port}/api/v1/query?query="

            def ask(query: str) -> list[dict[str, Any]]:
                found: list[dict[str, Any]] = json.loads(_get(root + quote(query))[1])["data"]["result"]
                return found

            _until(lambda: ask("count(vca_vm_cpu_usage_average_ratio)")[0]["value"][1] == "20", log)
            vm = next(iter(cloud.simulator.world.vms.values()))
            found = ask(f'vca_vm_cpu_usage_average_ratio{{vm="{vm.name}"}}')[0]
            assert (found["metric"]["vm_id"], found["metric"]["vapp"]) == (
                vm.vm_id,
                cloud.simulator.world.container_name(vm),
            )
            shown = [float(value) for value in _simulated(cloud, vm.vm_id, "cpu.usage.average")]
            assert any(abs(float(found["value"][1]) * 100 - value) < 1e-6 for value in shown)
            assert ask("vca_exporter_up")[0]["value"][1] == "1"
            assert ask('up{job="vca"}')[0]["value"][1] == "1"
        finally:
            server.terminate()
            server.wait(timeout=300)


def _simulated(cloud: SimulatorServer, vm_id: str, metric: str) -> list[float]:
    """Return the simulated values of a metric for the last 20 minutes."""
    from vcloudair_core.simulator.state.measurements import DIRECTOR, curve

    measured = next(one for one in DIRECTOR if one.name == metric)
    now = int(cloud.simulator.clock.now()) // 300 * 5
    return [curve(cloud.simulator.config.seed, vm_id, measured)(now - 5 * back) for back in range(4)]


@needs_prometheus
def test_promtool_accepts_the_metrics(exporter: str) -> None:
    text = _get(f"http://{exporter}/metrics")[1]
    checked = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr.strip()) == (0, "")
    rules = [str(PROMTOOL), "check", "rules", str(ROOT / "docs" / "monitoring" / "alerts.yml")]
    said = subprocess.run(rules, text=True, capture_output=True, check=False)
    assert said.returncode == 0, said.stderr


def test_dashboard_queries_only_existing_metrics(exporter: str) -> None:
    dashboard = json.loads((ROOT / "docs" / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))
    asked = {name for panel in dashboard["panels"] for target in panel["targets"]
             for name in re.findall(r"vca_\w+", target["expr"])}  # fmt: skip
    there = set(re.findall(r"^# TYPE (\w+)", _get(f"http://{exporter}/metrics")[1], re.MULTILINE))
    assert asked - there == {"vca_vm_cpu_ready_summation_seconds"}, "only vCloud Air has that one"


# -- many scrapes and cloud failures ----------------------------------------------------------------------------


def test_many_scrapes_send_no_calls_to_the_cloud(collector: Collector, simulator: Simulator) -> None:
    assert collector.collect_once()
    simulator.request_log.clear()
    with ExporterServer(collector) as server, ThreadPoolExecutor(5) as pool:

        def scrape(count: int) -> set[int]:
            return set(pool.map(lambda _: _get(f"{server.url}/metrics")[0], range(count)))

        scrape(200)  # warm up
        tracemalloc.start()
        before, began = tracemalloc.get_traced_memory()[0], time.monotonic()
        assert scrape(MINUTE) == {200}
        taken_ms = (time.monotonic() - began) / MINUTE * 1000
        grown = (tracemalloc.get_traced_memory()[0] - before) / 2**20
        tracemalloc.stop()
    assert simulator.request_log.entries() == []
    print(f"\n{MINUTE} scrapes, five at a time: {taken_ms:.1f} ms each, {grown:.2f} MiB more memory")
    assert taken_ms < 50
    assert grown < 1


def test_unmeasured_vms_are_omitted_and_counted(collector: Collector, simulator: Simulator) -> None:
    assert collector.collect_once()
    before = _text(collector)
    simulator.faults.add("status", status=500, path="/metrics/", count=0)
    assert collector.collect_once()
    after = _text(collector)
    assert "vca_vm_cpu_usage_average_ratio{" in before and "vca_vm_cpu_usage_average_ratio{" not in after
    assert "vca_exporter_unmeasured_vms 20.0" in after and "vca_exporter_vm_errors_total 20.0" in after


def test_outage_keeps_fresh_values_then_causes_gaps_and_never_zeros(simulator: Simulator) -> None:
    now = [time.time()]
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        collector = Collector(client, metrics=["cpu.*"], now=lambda: now[0])
        assert collector.collect_once()
        simulator.faults.add("status", status=503, count=0)
        assert not collector.collect_once()
        fresh = _text(collector)
        now[0] += 3600
        stale = _text(collector)
    assert "vca_vm_cpu_usage_average_ratio{" in fresh and "vca_exporter_up 1.0" in fresh
    assert "vca_vm_" not in stale and "vca_exporter_up 0.0" in stale
    assert "vca_exporter_failed_collections_total 1.0" in stale


@pytest.mark.parametrize(("refusals", "failed_intervals"), [(1, 1), (2, 4), (3, 13)])
def test_rejected_sign_in_is_retried_and_up_is_zero_until_then(
    simulator: Simulator, refusals: int, failed_intervals: int
) -> None:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        collector = Collector(client, metrics=["cpu.*"], interval_s=60)
        assert collector.collect_once()
        simulator.sessions.expire_all()
        simulator.faults.add("status", status=401, path="sessions", method="POST", count=refusals)
        worked = []
        for _ in range(20):
            worked.append(collector.collect_once())
            assert f"vca_exporter_up {float(worked[-1])}" in _text(collector)
    assert worked == [False] * failed_intervals + [True] * (20 - failed_intervals)


def _values(text: str, metric: str, label: str = "vm") -> dict[str, float]:
    """Return the samples of a metric, keyed by the value of one of its labels."""
    found = re.findall(rf'^{metric}\{{.*?\b{label}="([^"]*)".*\}} (\S+)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_every_vm_has_its_name_power_state_and_size(collector: Collector, simulator: Simulator) -> None:
    on, off, suspended, broken = list(simulator.world.vms.values())[:4]
    off.status, suspended.status = "POWERED_OFF", "SUSPENDED"
    on.cpus, on.memory_mb = 3, 1024
    simulator.faults.add("status", status=500, path=f"vm-{broken.vm_id}/metrics", count=0)
    assert collector.collect_once()
    text = _text(collector)
    assert len(_values(text, "vca_vm_info")) == 20
    for vm, state in ((on, "on"), (off, "off"), (suspended, "suspended"), (broken, "on")):
        lines = [line for line in text.splitlines() if line.startswith("vca_vm_power_state") and vm.vm_id in line]
        assert _values("\n".join(lines), "vca_vm_power_state", "state") == {
            name: float(name == state) for name in ("on", "off", "suspended", "other")
        }
    assert _values(text, "vca_vm_cpus")[on.name] == 3
    assert _values(text, "vca_vm_memory_bytes")[on.name] == 2**30
    measured = _values(text, "vca_vm_measured")
    assert (measured[on.name], measured[broken.name]) == (1, 0)
    assert broken.name not in _values(text, "vca_vm_cpu_usage_average_ratio")


def test_deleted_vm_does_not_prevent_metrics_of_other_vms(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        collector = Collector(client, names=["vm-0001", "vm-0002"], metrics=["cpu.*"])
        assert collector.collect_once()
        simulator.world.vms.pop(next(iter(simulator.world.vms)))
        assert collector.collect_once()
        assert collector.collect_once()
        text = _text(collector)
    assert set(_values(text, "vca_vm_info")) == {"vm-0002"}
    assert "vca_exporter_missing_vms 1.0" in text
    assert caplog.text.count("VMs not found: vm-0001") == 1


def test_clock_skew_is_reported(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        collector = Collector(client, metrics=["cpu.*"], now=lambda: simulator.clock.now() + 3600)
        assert collector.collect_once()
        assert collector.collect_once()
        text = _text(collector)
    stale = float(re.findall(r"^vca_exporter_stale_series (\S+)$", text, re.MULTILINE)[0])
    assert stale >= 20 and "vca_vm_cpu_usage_average_ratio{" not in text
    skew = float(re.findall(r"^vca_exporter_clock_skew_seconds (\S+)$", text, re.MULTILINE)[0])
    assert 3590 < skew < 3700
    assert caplog.text.count("about 60 minutes ahead of the clock of the cloud") == 1


def test_unexpected_error_is_unhealthy_and_does_not_stop_the_exporter(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = threading.Event()

    def fail(*arguments: Any, **more: Any) -> Any:
        failed.set()
        raise TypeError("a bug")

    monkeypatch.setattr("vcloudair_core.monitoring.collector.measure", fail)
    with ExporterServer(collector) as server:
        assert _get(f"{server.url}/healthz") == (200, "ok\n")
        collector.start()
        try:
            assert failed.wait(30)
            _wait(lambda: _get(f"{server.url}/healthz")[0] == 503)
            assert "TypeError: a bug" in _get(f"{server.url}/healthz")[1]
            assert "vca_exporter_up 0.0" in _text(collector)
            monkeypatch.setattr("vcloudair_core.monitoring.collector.measure", measure)
            assert collector.collect_once()
            assert _get(f"{server.url}/healthz") == (200, "ok\n")
        finally:
            collector.stop()
    assert "The collection failed unexpectedly" in caplog.text


def test_ended_thread_is_unhealthy(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_run", lambda: None)
    collector.start()
    _wait(lambda: "has ended" in collector.problem())


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _text(collector: Collector) -> str:
    from prometheus_client import generate_latest

    from vcloudair_core.monitoring.collector import registry_of

    return generate_latest(registry_of(collector)).decode()


# -- authentication and TLS ----------------------------------------------------------------------------------------


def test_scrapes_require_the_password(collector: Collector) -> None:
    with ExporterServer(collector, auth=("prom", Secret("open: sesame"))) as server:
        good, bad = (b64encode(f"prom:{word}".encode()).decode() for word in ("open: sesame", "sesame"))
        assert _get(f"{server.url}/metrics", Authorization=f"Basic {good}")[0] == 200
        for header in (f"Basic {bad}", "Basic ***", "Bearer x", ""):
            assert _get(f"{server.url}/metrics", Authorization=header)[0] == 401
        assert _get(f"{server.url}/healthz") == (200, "ok\n")
        assert _get(f"{server.url}/secret", Authorization=f"Basic {good}")[0] == 404


def test_exporter_serves_over_tls(collector: Collector, tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    pem, ca = tmp_path / "server.pem", tmp_path / "ca.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.create_default_context(cafile=str(ca))
    with ExporterServer(collector, certfile=str(pem)) as server:
        slow = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))  # no TLS handshake
        with urllib.request.urlopen(f"{server.url}/metrics", context=context, timeout=60) as answer:
            assert answer.status == 200
        slow.close()
