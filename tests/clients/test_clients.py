"""Tests of clients from package registries, which run against the simulator.

``nox -s clients`` builds the clients. If a client cannot be built, its test is skipped with the reason.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ansible import ROOT
from tests.unit.simulator.nsxt.harness import INVENTORY
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.state.entities import Vm

BUILT = ROOT / ".nox" / "clients"
UNKNOWN = {404, 405, 406, 501}
# Until JDK 17, reflection needs no permission.
OPENED = "--add-opens=java.base/java.lang=ALL-UNNAMED"

pytestmark = pytest.mark.slow


def need(client: str) -> Path:
    """Return the folder of a client, or skip the test if the client is missing."""
    if not (BUILT / f"{client}.done").exists():
        reason = BUILT / f"{client}.reason"
        text = reason.read_text(encoding="utf-8").strip() if reason.exists() else "run nox -s clients"
        pytest.skip(f"the client is not built: {text}")
    return BUILT / client


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatorServer]:
    options = dict(request.param)
    if "inventory" in options:
        file = tmp_path / "inventory.yml"
        file.write_text(options.pop("inventory"), encoding="utf-8")
        options["inventory_file"] = str(file)
    with SimulatorServer(SimulatorConfig(profile="vcd", **options)) as running:
        yield running


def variables_of(server: SimulatorServer) -> dict[str, str]:
    """Return the VCA_* variables, always with the first VDC."""
    first = next(iter(server.simulator.world.vdcs.values()))
    return {"VCA_VDC": first.name, **server.env()}


def run(server: SimulatorServer, folder: Path, *command: str | Path, **more: str) -> str:
    """Run a program and return its output.

    ``more`` are additional environment variables. Assert that the program succeeds, and that the simulator knows all
    requests of the program.
    """
    variables = variables_of(server)
    trusted = {"REQUESTS_CA_BUNDLE": variables["VCA_CA_PATH"], "SSL_CERT_FILE": variables["VCA_CA_PATH"]}
    env = {**os.environ, **variables, **trusted, "HOME": str(folder), "LC_ALL": "C.UTF-8", **more}
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = server.simulator.request_log.entries()
    unknown = [f"{entry.method} {entry.path}: {entry.status}" for entry in entries if entry.status in UNKNOWN]
    assert entries and not unknown, unknown
    return done.stdout


@pytest.mark.parametrize("server", [{"release": name} for name in ("10.4", "10.5", "10.6")], indirect=True)
def test_go_vcloud_director_reads_all_objects_and_changes_a_vm(server: SimulatorServer, tmp_path: Path) -> None:
    output = run(server, tmp_path, need("go") / "tour")
    steps = dict(re.findall(r"^ok ([^:]+): (.*)$", output, re.M))
    expected = {"is NSX-V": "true", "query VMs": "3", "query networks": "2", "query edges": "1", "firewall rules": "2"}
    expected |= {"power off": "POWERED_OFF", "power on": "POWERED_ON", "read metadata": "gold", "delete metadata": ""}
    assert expected.items() <= steps.items(), output
    assert {"sign in", "VM metadata", "edge", "role rights", "compute policies", "tokens", "sign out"} <= set(steps)


@pytest.mark.parametrize(
    "server", [{"release": name, "nsxt_task_s": 0.1} for name in ("10.4", "10.5", "10.6")], indirect=True
)
def test_go_vcloud_director_changes_services_of_an_nsxt_edge(server: SimulatorServer, tmp_path: Path) -> None:
    output = run(server, tmp_path, need("go") / "nsxt-tour")
    steps = dict(re.findall(r"^ok ([^:]+): (.*)$", output, re.M))
    expected = {f"create {kind}": f"{kind}/{kind}" for kind in ("DNAT", "SNAT", "NO_DNAT", "NO_SNAT")}
    expected |= {"create REFLEXIVE": "/REFLEXIVE", "remaining NAT rules": "0"}
    expected |= {"key by ID": "PSK-Sec", "key in list": "", "twin is refused": "true", "profile is echoed": "true"}
    expected |= {"tunnel status": "UP", "security type": "CUSTOM", "reset profile": "DEFAULT AES_GCM_128"}
    expected |= {"DNS zone has an ID": "true", "DHCP servers": "[10.9.0.2]", "static route": "to-other"}
    assert expected.items() <= steps.items(), output


@pytest.mark.parametrize(
    "server",
    [{"release": name, "nsxt_task_s": 0.05, "inventory": INVENTORY} for name in ("10.4", "10.6")],
    indirect=True,
)
def test_go_vcloud_director_changes_firewalls_of_nsxt(server: SimulatorServer, tmp_path: Path) -> None:
    output = run(server, tmp_path, need("go") / "firewall-tour")
    steps = dict(re.findall(r"^ok ([^:]+): (.*)$", output, re.M))
    expected = {"VDC of the edge": "true", "free address": "1", "system profile": "[443]", "change profile": "[8081]"}
    expected |= {"change IP set": "4", "IP sets of the edge": "1", "refuse to delete IP set": "true"}
    expected |= {"replace rules": "3", "first rule": "third clients", "rules": "0", "default rules": "1"}
    expected |= {"VDC group": "true", "edge of the group": "true", "enable distributed firewall": "true"}
    expected |= {"distributed rules": "Default VdcGroup_pair,above,last,", "disable distributed firewall": "false"}
    assert expected.items() <= steps.items(), output


@pytest.mark.parametrize("server", [{"release": "5.x", "without_version": "oldest"}], indirect=True)
def test_jclouds_reads_orgs_vms_and_networks(server: SimulatorServer, tmp_path: Path) -> None:
    folder = need("java")
    output = run(server, tmp_path, "java", OPENED, "-cp", f"{folder / 'out'}:{folder / 'lib'}/*", "Tour")
    steps = re.findall(r"^ok ([^:]+): (.*)$", output, re.M)
    assert [value for name, value in steps if name == "network"] == ["lan", "dmz"]
    assert len([value for name, value in steps if name == "VM"]) == 3
    assert ("query VMs", "3") in steps


@pytest.mark.parametrize("server", [{"release": "10.4"}, {"release": "10.5"}], indirect=True)
def test_vcd_cli_changes_a_vm(server: SimulatorServer, tmp_path: Path) -> None:
    vcd, env = need("python") / "bin" / "vcd", variables_of(server)
    host, vapp = env["VCA_URL"].removeprefix("https://"), f"{env['VCA_VDC']}-vapp1"
    run(server, tmp_path, vcd, "login", host, env["VCA_ORG"], env["VCA_USERNAME"], "-p", env["VCA_PASSWORD"])

    def vm() -> Vm:
        return next(vm for vm in server.simulator.world.vms.values() if vm.name == "vm-0001")

    run(server, tmp_path, vcd, "vm", "create-snapshot", vapp, "vm-0001")
    assert vm().snapshot is not None
    run(server, tmp_path, vcd, "vm", "power-off", vapp, "vm-0001")
    assert vm().status == "POWERED_OFF"
    run(server, tmp_path, vcd, "vm", "power-on", vapp, "vm-0001")
    assert vm().status == "POWERED_ON"
    run(server, tmp_path, vcd, "vm", "remove-snapshot", vapp, "vm-0001")
    assert vm().snapshot is None
    run(server, tmp_path, vcd, "logout")


@pytest.mark.parametrize("server", [{"release": "10.4"}, {"release": "10.5"}], indirect=True)
def test_vcd_cli_reads_orgs_vms_networks_and_edges(server: SimulatorServer, tmp_path: Path) -> None:
    vcd, env = need("python") / "bin" / "vcd", variables_of(server)
    edge, vdc = env["VCA_EDGE"], env["VCA_VDC"]
    host = env["VCA_URL"].removeprefix("https://")
    run(server, tmp_path, vcd, "login", host, env["VCA_ORG"], env["VCA_USERNAME"], "-p", env["VCA_PASSWORD"])
    for command, text in (
        (("org", "list"), "org1"),
        (("vdc", "list"), vdc),
        (("vdc", "info", vdc), "vapp1"),
        (("vapp", "list"), "vapp1"),
        (("vm", "info", f"{vdc}-vapp1", "vm-0001"), "Ubuntu"),
        (("network", "routed", "list"), "dmz"),
        (("gateway", "list"), edge),
        (("gateway", "info", edge), "external-net"),
        (("role", "list"), "Organization Administrator"),
        (("user", "list"), "demo"),
        (("search", "vm"), "vm-0003"),
        (("logout",), "logged out"),
    ):
        assert text in run(server, tmp_path, vcd, *command), command
