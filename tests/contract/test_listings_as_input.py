"""Check that listings are valid input for commands and modules.

Applying an unchanged listing changes nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorServer

DOCUMENT: dict[str, Any] = {
    "firewall": {
        "rules": [
            {"name": "https in", "source": ["external"], "destination": ["203.0.113.10"], "protocol": "tcp"},
            {"name": "no way", "action": "deny", "enabled": False, "logging": True, "source": ["198.51.100.0/24"]},
        ]
    },
    "nat": {
        "enabled": True,
        "rules": [
            {
                "action": "dnat",
                "vnic": 0,
                "protocol": "tcp",
                "original_address": "203.0.113.10",
                "original_port": 443,
                "translated_address": "192.168.10.20",
                "translated_port": 8443,
            }
        ],
    },
    "ipsec": {
        "enabled": True,
        "tunnels": [
            {
                "name": "branch",
                "local_ip": "203.0.113.10",
                "local_subnets": ["192.168.10.0/24"],
                "peer_ip": "198.51.100.7",
                "peer_subnets": ["10.20.0.0/16"],
                "psk": "a key of many random letters",
            }
        ],
    },
}
LISTINGS = {"firewall": ["firewall", "list"], "nat": ["nat", "list"], "ipsec": ["ipsec", "list", "--no-status"]}
MODULES = {"firewall": "ans.firewall", "nat": "ans.nat", "ipsec": "ans.ipsec"}


@pytest.fixture
def edge(vca_simulator_server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> str:
    """Yield an edge gateway with rules and a tunnel."""
    for name, value in vca_simulator_server.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VCA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path / "state"))
    file = tmp_path / "wanted.yml"
    file.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    assert run(["edge", "apply", str(file), "--yes"]) == 0
    return str(vca_simulator_server.env()["VCA_EDGE"])


@pytest.mark.parametrize("section", LISTINGS)
@pytest.mark.parametrize("output", ["json", "yaml"])
def test_listing_as_input_changes_nothing(
    section: str, output: str, edge: str, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    capsys.readouterr()
    assert run([*LISTINGS[section], "-o", output]) == 0
    listed = yaml.safe_load(capsys.readouterr().out)
    assert listed[{"ipsec": "tunnels"}.get(section, "rules")]
    file = tmp_path / "again.yml"
    file.write_text(yaml.safe_dump({"edge": edge, section: listed}), encoding="utf-8")
    assert run(["edge", "plan", str(file)]) == 0
    assert "nothing to change" in capsys.readouterr().out


@pytest.mark.parametrize("section", LISTINGS)
def test_module_accepts_every_key_of_a_listing(section: str, edge: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vcloudair_core import connect

    capsys.readouterr()
    assert run([*LISTINGS[section], "-o", "json"]) == 0
    listed = yaml.safe_load(capsys.readouterr().out)
    with connect() as client:
        outcome = client.ensure(MODULES[section], listed, state="exact", target={"edge": edge}, check=True)
    assert not outcome.changed
