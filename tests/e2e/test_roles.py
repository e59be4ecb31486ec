"""Tests of commands and modules for users with different roles.

Modules also run in check mode.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.ansible import environment, run_module
from tests.support.roles import PASSWORD, USERS, roles_config
from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorServer

Vca = Callable[..., tuple[int, str, str]]

DOCUMENT = """firewall:
  rules:
    - {name: web, action: allow, destination: 203.0.113.1, services: [{protocol: tcp, port: "443"}]}
"""
FORBIDDEN = 5
REQUEST_ID = re.compile(r"\(request ID [0-9a-f-]{36}\)")
CHANGES_FIREWALL, READS_FIREWALL = {"admin", "network"}, {"admin", "network", "auditor"}
READS_EDGES = {*READS_FIREWALL, "nat"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    with SimulatorServer(roles_config(tmp_path_factory.mktemp("roles"))) as running:
        yield running


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def vca(
    server: SimulatorServer,
    user: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Vca:
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    folders = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "VCA_SESSION_CACHE": "false"}
    account = {"VCA_USERNAME": user, "VCA_PASSWORD": PASSWORD}
    for name, value in {**server.env(), **folders, **account}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    server.simulator.reset()
    (tmp_path / "edge.yml").write_text(DOCUMENT, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


def must_be_refused(result: tuple[int, str, str]) -> None:
    """Check that the error contains a request ID and a hint about rights."""
    code, _, errors = result
    assert code == FORBIDDEN
    assert "with 403" in errors
    assert REQUEST_ID.search(errors), errors
    assert "right" in errors.partition("Hint: ")[2]


def test_the_doctor_names_the_role_and_the_missing_right(vca: Vca, user: str) -> None:
    code, output, _ = vca("doctor")
    assert f"{user} as {USERS[user]}" in output
    if user in READS_FIREWALL:
        assert code == 0
        return
    assert code == FORBIDDEN
    missing = "ORG_VDC_GATEWAY_VIEW_FIREWALL" if user in READS_EDGES else "ORG_VDC_GATEWAY_VIEW"
    assert f"with the right {missing}," in output or "the right 'Organization vDC Gateway: View Firewall'" in output


def test_edges_are_listed_or_rejected_by_role(vca: Vca, user: str) -> None:
    result = vca("edge", "list")
    if user in READS_EDGES:
        assert result[0] == 0
        assert "web" in result[1]
    else:
        must_be_refused(result)
        assert "role with the right ORG_VDC_GATEWAY_VIEW" in result[2]


def test_rules_are_listed_or_rejected_by_role(vca: Vca, user: str) -> None:
    result = vca("firewall", "list")
    if user in READS_FIREWALL:
        assert result[0] == 0
    else:
        must_be_refused(result)


def test_plan_needs_only_read_rights(vca: Vca, user: str) -> None:
    result = vca("edge", "plan", "edge.yml")
    if user in READS_FIREWALL:
        assert "web" in result[1]
        assert result[0] in (0, 2)
    else:
        must_be_refused(result)


def test_an_apply_needs_the_right_to_configure(vca: Vca, user: str, server: SimulatorServer) -> None:
    result = vca("edge", "apply", "edge.yml", "--yes")
    edge = next(iter(server.simulator.world.edges.values()))
    names = [rule["name"] for rule in edge.firewall["user"]]
    if user in CHANGES_FIREWALL:
        assert (result[0], names) == (0, ["web"])
    else:
        must_be_refused(result)
        assert names == []


@pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
@pytest.mark.parametrize("name", ["network", "auditor", "user"])
def test_module_reports_the_missing_right(server: SimulatorServer, tmp_path: Path, name: str, check: bool) -> None:
    server.simulator.reset()
    account = {"VCA_USERNAME": name, "VCA_PASSWORD": PASSWORD}
    env = environment({**server.env(), **account}, tmp_path)
    rules = [{"name": "web", "destination": ["203.0.113.1"], "protocol": "tcp", "dest_port": "443"}]
    result = run_module("vca_firewall", {"rules": rules}, env, *(["--check"] if check else []))
    if name in CHANGES_FIREWALL or (check and name in READS_FIREWALL):
        assert result.status == 0, result.output
        assert '"changed": true' in result.output
        return
    assert result.status == 2
    assert "with 403" in result.output
    assert REQUEST_ID.search(result.output), result.output
    assert "the rights of the user's role" in result.output or "role with the right" in result.output
