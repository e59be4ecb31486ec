"""Tests of the simulator on real sockets: TLS, broken connections, shutdown."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import read_exports, served
from tests.support.simulated import basic
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.responses import empty

VERSIONS = "/api/versions"


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd")) as server:
        yield server


@pytest.fixture
def server(running: SimulatorServer) -> SimulatorServer:
    running.simulator.reset()
    return running


def connect(server: SimulatorServer, timeout_s: float = 10) -> http.client.HTTPSConnection:
    trusted = ssl.create_default_context(cafile=server.ca_path)
    return http.client.HTTPSConnection("localhost", server.port, timeout=timeout_s, context=trusted)


def ask(server: SimulatorServer, path: str = VERSIONS, method: str = "GET") -> tuple[int, bytes]:
    connection = connect(server)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_certificate_is_trusted_by_its_own_ca_only(server: SimulatorServer) -> None:
    assert server.url == f"https://localhost:{server.port}"
    assert ask(server)[0] == 200
    stranger = http.client.HTTPSConnection("localhost", server.port, timeout=60, context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", VERSIONS)
    stranger.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "vcd.example.test", "vchs.example.test"])
def test_certificate_has_every_host_name_of_the_cloud(server: SimulatorServer, name: str) -> None:
    trusted = ssl.create_default_context(cafile=server.ca_path)
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=300)
    with plain, trusted.wrap_socket(plain, server_hostname=name) as secure:
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_private_key_is_readable_by_its_owner_only(server: SimulatorServer) -> None:
    for file in Path(server.ca_path).parent.iterdir():
        if b"PRIVATE KEY" in file.read_bytes():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_serves_plain_http_without_tls() -> None:
    with SimulatorServer(SimulatorConfig(profile="vcd"), tls=False) as server:
        assert server.ca_path == ""
        assert "VCA_CA_PATH" not in server.env()
        with urllib.request.urlopen(server.url + VERSIONS, timeout=60) as answer:
            assert f"<LoginUrl>{server.url}/api/sessions</LoginUrl>" in answer.read().decode()


def test_hrefs_have_the_requested_host_name(server: SimulatorServer) -> None:
    connection = connect(server)
    connection.request("GET", VERSIONS, headers={"Host": "vcd.example.test"})
    assert b"<LoginUrl>https://vcd.example.test/api/sessions</LoginUrl>" in connection.getresponse().read()
    connection.close()


# -- requests and responses --------------------------------------------------------------------------------------------


def test_one_connection_serves_many_requests(server: SimulatorServer) -> None:
    connection = connect(server)
    for _ in range(3):
        connection.request("GET", VERSIONS)
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        assert answer.getheader("Content-Length")
    connection.close()


def test_empty_response_has_no_body(server: SimulatorServer) -> None:
    connection = connect(server)
    accept = {"Accept": "application/*+xml;version=5.6"}
    connection.request("POST", "/api/sessions", headers={**accept, **basic("demo@org1", "wrong")})
    refused = connection.getresponse()
    assert (refused.status, refused.getheader("Content-Length"), refused.read()) == (401, "0", b"")
    connection.request("POST", "/api/sessions", headers={**accept, **basic("demo@org1", "demo-password")})
    opened = connection.getresponse()
    opened.read()
    token = {"x-vcloud-authorization": str(opened.getheader("x-vcloud-authorization"))}
    connection.request("DELETE", "/api/session", headers={**accept, **token})
    closed = connection.getresponse()
    assert (closed.status, closed.read()) == (204, b"")
    connection.close()


def test_encoded_paths_and_queries_arrive_unchanged(server: SimulatorServer) -> None:
    ask(server, "/api/a%2Fb?filter=(name==x%252Cy)&z=%26")
    entry = server.simulator.request_log.entries()[-1]
    assert (entry.path, entry.query) == ("/api/a%2Fb", "filter=(name==x%252Cy)&z=%26")


def test_serves_the_control_plane(server: SimulatorServer) -> None:
    assert ask(server, "/_sim/state")[0] == 200
    assert ask(server, "/_sim/reset", "POST")[0] == 204


# -- broken connections ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_breaks_the_connection(server: SimulatorServer, kind: str) -> None:
    server.simulator.faults.add(kind)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected, ssl.SSLError)):
        ask(server)
    assert server.simulator.request_log.entries()[-1].note == kind
    assert ask(server)[0] == 200


@pytest.mark.parametrize("kind", ["half_body", "wrong_length"])
def test_truncates_the_body(server: SimulatorServer, kind: str) -> None:
    full_body = ask(server)[1]
    server.simulator.faults.add(kind)
    connection = connect(server)
    connection.request("GET", VERSIONS)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (200, "text/xml")
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    answer.close()
    connection.close()
    assert caught.value.partial == (full_body[: len(full_body) // 2] if kind == "half_body" else full_body)
    assert ask(server)[0] == 200


def test_sends_no_response(server: SimulatorServer) -> None:
    server.simulator.faults.add("hang")
    connection = connect(server, timeout_s=0.3)
    connection.request("GET", VERSIONS)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert ask(server)[0] == 200


def test_responds_to_others_while_a_request_waits(server: SimulatorServer) -> None:
    server.simulator.faults.add("hang", path=VERSIONS)
    waiting = connect(server)
    waiting.request("GET", VERSIONS)
    assert ask(server, "/_sim/state")[0] == 200
    waiting.close()


# -- shutdown ----------------------------------------------------------------------------------------------------------


def test_shutdown_leaves_no_threads_or_files() -> None:
    before = set(threading.enumerate())
    server = SimulatorServer(SimulatorConfig(profile="vcd"))
    server.start()
    folder = Path(server.ca_path).parent
    server.simulator.faults.add("hang")
    hanging, idle = connect(server), connect(server)
    hanging.request("GET", VERSIONS)
    idle.request("GET", "/_sim/state")
    idle.getresponse().read()
    server.stop()
    assert not folder.exists()
    remaining_threads = set(threading.enumerate()) - before
    assert not [thread for thread in remaining_threads if thread.name == "vca-simulator"]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    server.stop()
    hanging.close()
    idle.close()


def test_reports_a_port_in_use_immediately(server: SimulatorServer) -> None:
    with pytest.raises(OSError):
        SimulatorServer(SimulatorConfig(), port=server.port)


def test_serves_routes_of_plugins() -> None:
    group = SimulatorRoutes("more", "", (SimulatorRoute("GET", "/more", lambda context: empty(204), auth=False),))
    with SimulatorServer(SimulatorConfig(profile="vcd"), routes=[group]) as server:
        assert ask(server, "/more")[0] == 204


# -- as a program ------------------------------------------------------------------------------------------------------


def test_environment_file_is_private_and_deleted_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "sim.env"
    with served(tmp_path, os.environ, "--api", "vcd") as variables:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert variables["VCA_SERVICE_TYPE"] == "vcd"
        trusted = ssl.create_default_context(cafile=variables["VCA_CA_PATH"])
        with urllib.request.urlopen(variables["VCA_URL"] + VERSIONS, timeout=60, context=trusted) as answer:
            assert answer.status == 200
    assert not file.exists()
    assert not Path(variables["VCA_CA_PATH"]).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulator_module_runs_as_a_program(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "it's.env"
    arguments = ["--api", "vca", "--no-tls", "--edges", "2", "--replications", "1", "--env-file", str(file)]
    command = [sys.executable, "-m", "vcloudair_core.simulator", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        # After this line the simulator responds and the file exists.
        assert process.stderr.readline().startswith("Serving vca on http://localhost:")
        variables = read_exports(file)
        with urllib.request.urlopen(variables["VCA_URL"] + "/_sim/state", timeout=60) as answer:
            assert b'"replications": 1' in answer.read()
    finally:
        process.send_signal(number)
        process.wait(timeout=300)
        process.stderr.close()
    assert process.returncode == 0
    assert not file.exists()


def test_reports_an_invalid_inventory_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text("- nothing")
    command = [sys.executable, "-m", "vcloudair_core.simulator", "--inventory", str(file)]
    completed = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert completed.returncode == 1
    assert completed.stderr == f"Starting the simulator failed: {file}:1: a mapping was expected, not a list\n"


# -- VMware Cloud Director Availability --------------------------------------------------------------------------------


def test_vcda_has_its_own_ports_and_certificates(tmp_path: Path) -> None:
    arguments = ("--api", "vcd", "--set", "vcda_replications=1")
    with served(tmp_path, os.environ, *arguments) as variables:
        text = (tmp_path / "sim.log").read_text(encoding="utf-8")
        assert f"VCDA address: {variables['VCA_VCDA_URL']}" in text
        assert f"VCDA CA file: {variables['VCA_VCDA_CA_PATH']}" in text
        peer = text.partition("VCDA peer:")[2].split()[0]
        assert len({variables["VCA_URL"], variables["VCA_VCDA_URL"], peer}) == 3
        assert _sites(variables["VCA_VCDA_URL"], variables["VCA_VCDA_CA_PATH"]) == 401
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            _sites(variables["VCA_VCDA_URL"], variables["VCA_CA_PATH"])


def test_vcda_certificates_have_their_own_host_name() -> None:
    with SimulatorServer(SimulatorConfig(profile="vcd", vcda_replications=1)) as running:
        variables = running.env()
        trusted = ssl.create_default_context(cafile=variables["VCA_VCDA_CA_PATH"])
        port = int(variables["VCA_VCDA_URL"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as plain:
            trusted.wrap_socket(plain, server_hostname="vcda.example.test").close()
        mismatch = pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch")
        with socket.create_connection(("127.0.0.1", port)) as plain, mismatch:
            trusted.wrap_socket(plain, server_hostname="vcd.example.test")


def test_vcda_endpoints_outlive_a_reset() -> None:
    config = SimulatorConfig(profile="vcd", vcda_replications=1)
    with SimulatorServer(config, tls=False) as running:
        running.simulator.reset()
        for site, url in running.vcda_urls.items():
            assert _sites(url) == 401
            running.simulator.configure(vcda_site_down=site)
            with pytest.raises((urllib.error.URLError, ConnectionError, http.client.RemoteDisconnected)):
                _sites(url)


def test_vcda_port_in_use_is_reported(server: SimulatorServer) -> None:
    config = SimulatorConfig(profile="vcd", vcda_replications=1)
    with pytest.raises(OSError, match="in use"):
        SimulatorServer(config, vcda_port=server.port)


def _sites(url: str, ca_path: str = "") -> int:
    """Request the list of sites without a session, and return the HTTP status."""
    trusted = ssl.create_default_context(cafile=ca_path) if ca_path else None
    try:
        with urllib.request.urlopen(f"{url}/sites", context=trusted, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code
