"""Tests of the output of `vca sim serve` when the simulator is ready."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.server.serving import startup_text, write_env_file

VARIABLES = Simulator(SimulatorConfig(profile="vca")).env("https://localhost:8443", "/tmp/it's/ca.pem")


def _loaded(command: str) -> list[str]:
    shell = f"{command}\nenv"
    lines = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True, env={}).stdout.splitlines()
    return sorted(line for line in lines if line.startswith("VCA_"))


EXPECTED = sorted(f"{name}={value}" for name, value in VARIABLES.items())


def test_startup_text_has_address_and_credentials() -> None:
    lines = [line.strip() for line in startup_text("vca", VARIABLES, None).splitlines()]
    assert lines[0] == "Serving vca on https://localhost:8443"
    expected = {
        "Address": "https://localhost:8443",
        "User": "demo",
        "Password": "demo-password",
        "Organization": "org1",
        "Edge gateway": "org1-vdc1-edge1",
    }
    shown = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("export "))
    assert expected.items() <= {label: value.strip() for label, value in shown.items()}.items()
    assert lines[-1] == "Press Ctrl-C to stop."


def test_exports_can_be_pasted() -> None:
    lines = startup_text("vca", VARIABLES, None).splitlines()
    assert _loaded("\n".join(line for line in lines if line.startswith("export "))) == EXPECTED


@pytest.mark.parametrize("name", ["sim.env", "my cloud's.env"])
def test_startup_text_with_env_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_env_file(Path(name), VARIABLES)
    (line,) = [line for line in startup_text("vca", VARIABLES, Path(name)).splitlines() if line.startswith(". ")]
    assert shlex.split(line) == [".", str(tmp_path / name)]
    monkeypatch.chdir("/")
    assert _loaded(line) == EXPECTED


def test_startup_text_has_the_addresses_of_vcda() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", vcda_replications=1))
    variables = simulator.env(vcda_url="https://localhost:8444", vcda_ca_path="/tmp/vcda.pem")
    lines = [line.strip() for line in startup_text("vcd", variables, None, "", "https://localhost:8445").splitlines()]
    for line in ("VCDA address: https://localhost:8444", "VCDA CA file: /tmp/vcda.pem"):
        assert line in lines
    assert "VCDA peer:    https://localhost:8445" in lines
    assert "export VCA_VCDA_URL=https://localhost:8444" in lines
