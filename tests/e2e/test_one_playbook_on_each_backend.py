"""Run one playbook on an edge gateway of each backend and API version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.support.ansible import environment, run_playbook
from vcloudair_core import connect
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

KEY = "A-long-enough-key-4711"
INVENTORY = {
    "orgs": [
        {
            "name": "org1",
            "users": [{"name": "demo", "password": "demo-password"}],
            "vdcs": [
                {"name": "old", "edges": [{"name": "nsxv-edge"}]},
                {"name": "new", "edges": [{"name": "nsxt-edge", "backend": "nsxt"}]},
            ],
        }
    ]
}


class Target(NamedTuple):
    """An edge gateway, and the API version of the client."""

    edge: str
    api_version: str
    address: str


TARGETS = (
    Target("nsxv-edge", "37.2", "203.0.113.1"),
    Target("nsxt-edge", "37.2", "203.0.113.100"),
    Target("nsxt-edge", "39.1", "203.0.113.100"),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatorServer]:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump(INVENTORY))
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(inventory), nsxt_task_s=0.02)) as running:
        yield running


def firewall_rules() -> list[dict[str, Any]]:
    """Return 30 rules with addresses, ranges, ports, ICMP and each action."""
    services: list[list[dict[str, Any]]] = [
        [{"protocol": "tcp", "port": [443]}],
        [{"protocol": "tcp", "port": [8080, "9000-9010"]}, {"protocol": "udp", "port": [53]}],
        [{"protocol": "icmp"}],
        [{"protocol": "any"}],
    ]
    return [
        {
            "name": f"rule {number:02}",
            "action": ("accept", "deny", "reject")[number % 3],
            "description": f"ticket {number}",
            "enabled": number % 7 != 0,
            "source": [f"10.{number}.0.0/24", "192.0.2.1-192.0.2.9"] if number % 5 else ["any"],
            "destination": [f"198.51.100.{number}", "198.51.100.64/26"] if number % 2 else [f"198.51.100.{number}"],
            "services": services[number % 4],
        }
        for number in range(1, 31)
    ]


def nat_rules(address: str) -> list[dict[str, Any]]:
    published = [
        {
            "description": f"publish {number}",
            "action": "dnat",
            "protocol": "tcp" if number % 2 else "udp",
            "original_address": address,
            "original_port": 8000 + number,
            "translated_address": f"192.168.10.{number}",
            "translated_port": 8000 + number,
        }
        for number in range(1, 6)
    ]
    outgoing = [
        {
            "description": f"outgoing {number}",
            "action": "snat",
            "original_address": f"192.168.{number}.0/24",
            "translated_address": address,
        }
        for number in range(10, 13)
    ]
    return [*published, *outgoing]


def tunnels(address: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "local_ip": address,
            "local_subnets": ["192.168.10.0/24"],
            "peer_ip": peer,
            "peer_subnets": [network],
            "psk": KEY,
            "encryption": "aes256",
            "dh_group": "dh14",
            "pfs": True,
        }
        for name, peer, network in (("hq", "198.51.100.7", "10.20.0.0/16"), ("branch", "198.51.100.8", "10.30.0.0/16"))
    ]


def play(address: str, *, is_removed: bool = False) -> list[dict[str, Any]]:
    """Return a playbook that writes each section, or empties it if ``is_removed``."""
    lists: dict[str, tuple[str, list[dict[str, Any]]]] = {
        "vca_firewall": ("rules", firewall_rules()),
        "vca_nat": ("rules", nat_rules(address)),
        "vca_ipsec": ("tunnels", tunnels(address)),
    }
    tasks = [
        {
            "name": f"Manage {module}",
            f"vcloudair.cloud.{module}": {
                key: [] if is_removed else rules,
                "purge": True,
                **({"allow_empty": True} if is_removed else {}),
            },
        }
        for module, (key, rules) in (reversed(lists.items()) if is_removed else lists.items())
    ]
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return [{"name": "Edge", "hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}]


def diffs(output: str, address: str) -> list[str]:
    """Return the changed lines of all diffs, with a placeholder for ``address``."""
    lines = [line.strip() for line in output.splitlines() if re.match(r"^[+-] ", line)]
    # Only NSX-V has positions of NAT rules.
    return [line.replace(address, "ADDRESS") for line in lines if "position:" not in line]


class Runner:
    """A runner for playbooks on one target."""

    def __init__(self, target: Target, variables: Mapping[str, str], folder: Path) -> None:
        self.target = target
        self.folder = folder / f"{target.edge}-{target.api_version}"
        self.folder.mkdir()
        kept = {name: value for name, value in variables.items() if name != "VCA_VDC"}
        self.env = {**kept, "VCA_EDGE": target.edge, "VCA_API_VERSION": target.api_version}
        self.env |= {"VCA_STATE_DIR": str(self.folder / "state"), "HOME": str(self.folder)}

    def run(self, content: list[dict[str, Any]], *arguments: str) -> tuple[int, str]:
        """Return the number of changed tasks, and the output."""
        playbook = self.folder / "edge.yml"
        playbook.write_text(yaml.safe_dump(content), encoding="utf-8")
        run = run_playbook(str(playbook), self.env, *arguments)
        assert run.status == 0, run.output
        assert KEY not in run.output
        return run.counts["changed"], run.output


def helper_objects(env: Mapping[str, str]) -> list[str]:
    names = {name.removeprefix("VCA_").lower(): value for name, value in env.items()}
    options = {key: names[key] for key in ("url", "org", "username", "password", "ca_path", "api_version")}
    with connect(service_type="vcd", session_cache=False, **options) as client:
        api = CloudApi(client.session)
        objects = [*api.pages("/1.0.0/firewallGroups/summaries"), *api.pages("/1.0.0/applicationPortProfiles")]
    return [str(item["name"]) for item in objects if str(item["name"]).startswith("vca-")]


@pytest.mark.exhaustive
@pytest.mark.slow
def test_one_playbook_converges_on_each_backend(server: SimulatorServer, tmp_path: Path) -> None:
    variables = environment(server.env(), tmp_path)
    shown: list[list[str]] = []
    for target in TARGETS:
        runner = Runner(target, variables, tmp_path)
        wanted = play(target.address)
        checked, preview = runner.run(wanted, "--check", "--diff")
        changed, output = runner.run(wanted, "--diff")
        assert (checked, changed) == (3, 3), target
        assert diffs(preview, target.address) == diffs(output, target.address), target
        shown.append(diffs(output, target.address))
        assert runner.run(wanted)[0] == 0, target
        # Another client changes a rule of each list.
        with connect_as(runner) as client:
            client.ensure("ans.firewall_rule", {"name": "rule 03", "destination": ["any"]})
            client.ensure("ans.nat_rule", {"match_by": "description", "description": "publish 2"}, state="absent")
        assert runner.run(wanted)[0] == 2, target
        assert runner.run(wanted)[0] == 0, target
        assert runner.run(play(target.address, is_removed=True))[0] == 3, target
        if target.edge == "nsxt-edge":
            assert helper_objects(runner.env) == []
    assert shown[1] == shown[2]
    assert shown[0] == shown[1]


def connect_as(runner: Runner) -> Any:
    names = {name.removeprefix("VCA_").lower(): value for name, value in runner.env.items()}
    options = {key: names[key] for key in ("url", "org", "username", "password", "ca_path", "api_version", "edge")}
    return connect(service_type="vcd", session_cache=False, state_dir=str(runner.folder / "other"), **options)
