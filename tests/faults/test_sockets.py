"""Run operations on real sockets against a server that breaks connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.operations_edges import RULE
from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TlsError, VcloudAirError
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.util.clock import FakeClock

TIMEOUT_S = 0.5
PATIENCE_S = 60.0
"""Limit in seconds that only a hang exceeds."""
BROKEN = ("reset", "reset_after", "half_body", "wrong_length", "hang", "hang_after", "drip")


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd")) as started:
        yield started


@contextmanager
def client_of(server: SimulatorServer, **settings: Any) -> Iterator[Client]:
    """Yield a client with short timeouts and with retries that take no time."""
    app = App(environ={"VCA_CONFIG_FILE": "", **server.env()}, clock=FakeClock())
    short = {"timeout": TIMEOUT_S, "connect_timeout": TIMEOUT_S, "session_cache": False, "firewall_lint": "off"}
    began = time.monotonic()
    with app.client(**{**short, **settings}) as client:
        yield client
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("kind", BROKEN)
def test_interrupted_read_is_retried(server: SimulatorServer, kind: str) -> None:
    server.simulator.reset()
    server.simulator.faults.add(kind, method="GET", path="/firewall/config", seconds=0.1)
    with client_of(server) as client:
        assert client.read("ans.firewall")["enabled"] is True


@pytest.mark.parametrize("kind", BROKEN)
def test_interrupted_write_is_executed_once(server: SimulatorServer, kind: str) -> None:
    server.simulator.reset()
    server.simulator.faults.add(kind, method="PUT", path="/firewall/config", seconds=0.1)
    edge = next(iter(server.simulator.world.edges.values()))
    before = edge.firewall["version"]
    with client_of(server) as client:
        assert client.ensure("ans.firewall_rule", RULE).changed
    assert edge.firewall["version"] == before + 1
    assert [rule["name"] for rule in edge.firewall["user"]].count("new") == 1


@pytest.mark.parametrize("kind", BROKEN)
def test_permanent_fault_is_reported(server: SimulatorServer, kind: str) -> None:
    server.simulator.reset()
    server.simulator.faults.add(kind, count=0, seconds=0.1)
    with client_of(server, retries=1) as client, pytest.raises((ConnectionFailedError, TimeoutExpiredError)) as caught:
        client.session.login()
    assert caught.value.hint
    assert "demo-password" not in f"{caught.value}{caught.value.as_dict()}"


def _refused(server: SimulatorServer, **settings: Any) -> VcloudAirError:
    with client_of(server, **settings) as client, pytest.raises(VcloudAirError) as caught:
        client.session.login()
    assert caught.value.hint
    return caught.value


def test_stopped_server_refuses_connections() -> None:
    with SimulatorServer(SimulatorConfig(profile="vcd"), tls=False) as stopped:
        pass
    error = _refused(stopped)
    assert isinstance(error, ConnectionFailedError)
    assert error.may_have_executed is False
    assert "refused the connection" in str(error)


@pytest.mark.parametrize(
    ("certificate", "said"),
    [("expired", "has expired"), ("early", "not valid yet"), ("other-name", "another host name")],
)
def test_invalid_certificates_have_different_errors_and_no_request_is_sent(certificate: str, said: str) -> None:
    with SimulatorServer(SimulatorConfig(profile="vcd", certificate=certificate)) as wrong:
        error = _refused(wrong)
        assert isinstance(error, TlsError)
        assert said in str(error)
        assert wrong.simulator.request_log.entries() == []


def test_unknown_authority_is_reported_and_no_request_is_sent(server: SimulatorServer) -> None:
    server.simulator.reset()
    with SimulatorServer(SimulatorConfig(profile="vcd")) as other:
        error = _refused(server, ca_path=other.ca_path)
    assert isinstance(error, TlsError)
    assert server.simulator.request_log.entries() == []


def test_unknown_certificate_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected one of valid"):
        SimulatorServer(SimulatorConfig(certificate="odd")).start()
