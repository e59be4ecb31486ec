"""Tests of L2 VPN servers of NSX-V edge gateways against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from vcloudair_core.client import Client
from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge_services.l2vpn import NAME, stored
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import make_simulator

PASSWORD = "c4n4ry-<k&y>\"'-ÄÖ"
BRANCH: dict[str, Any] = {
    "name": "branch",
    "user_id": "branch-user",
    "psk": PASSWORD,
    "networks": [{"network": "lan"}],
}
SERVER: dict[str, Any] = {
    "enabled": True,
    "listener_ip": "203.0.113.10",
    "encryption_algorithms": ["AES128-GCM-SHA256"],
}
CLIENT_DOCUMENT = """<l2Vpn><enabled>true</enabled><l2VpnSites><l2VpnSite><client><configuration>
<serverAddress>vpn.example</serverAddress><serverPort>443</serverPort><vnic>1</vnic>
<egressOptimization><gatewayIpAddress>192.168.1.1</gatewayIpAddress></egressOptimization></configuration>
<l2VpnUser><userId>me</userId><password>c4n4ry</password></l2VpnUser><proxySetting><password>c4n4ry</password>
</proxySetting></client></l2VpnSite></l2VpnSites></l2Vpn>"""


class Cloud:
    """A simulated cloud with an NSX-V edge gateway, and a client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.client = client
        self.edge = next(iter(simulator.world.edges.values()))
        self.simulator = simulator

    def ensure(self, spec: dict[str, Any], state: str = "present", **options: Any) -> Any:
        kind = "ans.l2vpn_tunnel" if "name" in spec else "ans.l2vpn"
        return self.client.ensure(kind, spec, state=state, **options)

    def read(self) -> dict[str, Any]:
        section: dict[str, Any] = self.client.read("ans.l2vpn")
        return section

    def store(self, xml: str, *, shows_passwords: bool = False) -> None:
        """Store a document on the edge gateway, as if another client had written it."""
        self.edge.sections[NAME] = {"xml": xml, "shows_passwords": shows_passwords}

    def show_passwords(self) -> None:
        self.edge.sections[NAME]["shows_passwords"] = True

    def passwords(self) -> list[str]:
        return [str(node.text) for node in stored(self.edge).iter("password")]

    def document(self) -> str:
        return etree.tostring(stored(self.edge), encoding="unicode")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    simulator = make_simulator(profile="vcd", standing_clock=1_700_000_000.0)
    options = {**simulator_settings(simulator), "state_dir": str(tmp_path)}
    with simulated_app(simulator, LinkedClock(simulator)).client(**options) as client:
        yield Cloud(simulator, client)


def test_a_server_is_created_read_and_found_unchanged(cloud: Cloud) -> None:
    spec = {**SERVER, "tunnels": [BRANCH]}
    assert cloud.ensure(spec).changed
    assert cloud.passwords() == [PASSWORD]
    assert not cloud.ensure(spec).changed
    shown = cloud.read()
    assert shown["enabled"] is True and shown["listener_port"] == 443
    [tunnel] = shown["tunnels"]
    assert "psk" not in tunnel and PASSWORD not in str(shown)
    assert tunnel["session_mode"] == "server"
    assert tunnel["networks"] == BRANCH["networks"]
    assert tunnel["user_id"] == "branch-user"
    assert stored(cloud.edge).findtext(".//vnics/index") == "1"
    assert not cloud.ensure(shown).changed


def test_check_mode_writes_nothing(cloud: Cloud) -> None:
    assert cloud.ensure({**SERVER, "tunnels": [BRANCH]}, check=True).changed
    assert cloud.edge.sections.get(NAME) is None


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"enabled": True}, "listener_ip"),
        ({"enabled": True, "listener_ip": "203.0.113.10"}, "encryption_algorithms"),
        ({**SERVER, "tunnels": [{**BRANCH, "psk": None}]}, "tunnels[0].psk"),
        ({**SERVER, "tunnels": [{**BRANCH, "user_id": None}]}, "tunnels[0].user_id"),
        ({**SERVER, "tunnels": [{**BRANCH, "networks": []}]}, "tunnels[0].networks"),
        ({**SERVER, "tunnels": [{**BRANCH, "networks": [{"network": "gone"}]}]}, "tunnels[0].networks[0].network"),
        ({**SERVER, "tunnels": [{**BRANCH, "peer_ip": "198.51.100.7"}]}, "tunnels[0].peer_ip"),
        ({**SERVER, "tunnels": [{**BRANCH, "logging": True}]}, "tunnels[0].logging"),
        ({**SERVER, "listener_ip": "edge.example"}, "listener_ip"),
        ({**SERVER, "listener_port": 0}, "listener_port"),
        ({**SERVER, "encryption_algorithms": ["<x/>"]}, "encryption_algorithms"),
        ({**SERVER, "encryption_algorithms": []}, "encryption_algorithms"),
        ({**SERVER, "tunnels": [{**BRANCH, "user_id": "a b"}]}, "tunnels[0].user_id"),
        ({**SERVER, "tunnels": [{**BRANCH, "egress_gateways": ["gateway"]}]}, "tunnels[0].egress_gateways"),
        ({**BRANCH, "session_mode": "client", "psk": None, "networks": None}, "session_mode"),
        ({**BRANCH, "match_by": "rule_id", "rule_id": "1"}, "rule_id"),
        (BRANCH, "listener_ip"),
    ],
)
def test_an_incomplete_or_invalid_spec_is_refused_before_a_write(
    cloud: Cloud, spec: dict[str, Any], field: str, check: bool
) -> None:
    with pytest.raises(SpecError) as met:
        cloud.ensure(spec, check=check)
    assert field in [problem.path for problem in met.value.problems]
    assert cloud.edge.sections.get(NAME) is None


def test_a_tunnel_is_added_changed_and_deleted(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    cloud.show_passwords()
    other = {**BRANCH, "name": "other", "user_id": "other-user", "psk": "another", "egress_gateways": ["192.168.1.1"]}
    assert cloud.ensure(other).changed
    assert cloud.passwords() == [PASSWORD, "another"]
    assert cloud.ensure({"name": "other", "enabled": False, "egress_gateways": []}).changed
    assert [tunnel["enabled"] for tunnel in cloud.read()["tunnels"]] == [True, False]
    assert "egressOptimization" not in cloud.document()
    assert cloud.ensure({"name": "branch"}, "absent").changed
    assert cloud.passwords() == ["another"]
    assert not cloud.ensure({"name": "branch"}, "absent").changed


def test_a_new_password_is_detected(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    assert cloud.ensure({**BRANCH, "psk": "new password"}).changed
    assert cloud.passwords() == ["new password"]
    assert not cloud.ensure({**BRANCH, "psk": "new password"}).changed
    cloud.show_passwords()
    assert not cloud.ensure({**BRANCH, "psk": "new password"}).changed
    assert cloud.ensure(BRANCH).changed


@pytest.mark.parametrize("spec", [{"listener_port": 8443}, {"name": "other", "enabled": False}])
def test_a_write_never_replaces_a_password_with_its_mask(cloud: Cloud, spec: dict[str, Any]) -> None:
    other = {**BRANCH, "name": "other", "user_id": "other-user"}
    cloud.ensure({**SERVER, "tunnels": [BRANCH, other]})
    with pytest.raises(SpecError, match="the server does not return the passwords of 'branch', 'other'") as met:
        cloud.ensure(spec)
    assert met.value.hint == "Set psk of all tunnels, with update_psk: always (vca_l2vpn)."
    assert cloud.passwords() == [PASSWORD, PASSWORD]
    always = [{**tunnel, "update_psk": "always"} for tunnel in (BRANCH, other)]
    assert cloud.ensure({"listener_port": 8443, "tunnels": always}).changed
    assert cloud.passwords() == [PASSWORD, PASSWORD]


def test_a_write_sends_the_known_passwords_of_unchanged_tunnels(cloud: Cloud) -> None:
    other = {**BRANCH, "name": "other", "user_id": "other-user"}
    cloud.ensure({**SERVER, "tunnels": [BRANCH, other]})
    outcome = cloud.ensure({"tunnels": [BRANCH, {**other, "enabled": False}]})
    assert [change.identity for change in outcome.plan.changes] == ["other"]
    assert cloud.passwords() == [PASSWORD, PASSWORD]


def test_what_is_not_managed_is_kept(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    kept = ("<later><deep>1</deep></later>", "<clientId>7</clientId>")
    xml = cloud.document().replace("</configuration>", f"{kept[0]}</configuration>")
    cloud.store(xml.replace("</peerSite>", f"{kept[1]}</peerSite>"), shows_passwords=True)
    cloud.ensure({"log_level": "debug", "server_certificate": "certificate-4"})
    cloud.ensure({"name": "branch", "description": "Branch <1>"})
    assert all(text in cloud.document() for text in kept)
    order = [child.tag for child in stored(cloud.edge).find(".//configuration")]
    assert order[-1] == "peerSites" and "serverCertificate" in order
    assert cloud.read()["tunnels"][0]["description"] == "Branch <1>"


def test_a_client_is_shown_and_never_changed(cloud: Cloud) -> None:
    cloud.store(CLIENT_DOCUMENT, shows_passwords=True)
    shown = cloud.read()
    [tunnel] = shown["tunnels"]
    assert (tunnel["name"], tunnel["session_mode"], tunnel["peer_ip"]) == ("client", "client", "vpn.example")
    assert tunnel["networks"] == BRANCH["networks"] and tunnel["user_id"] == "me"
    assert "c4n4ry" not in str(shown)
    for spec, state in ((BRANCH, "present"), ({"name": "client"}, "absent"), ({"enabled": False}, "present")):
        with pytest.raises(ConfigurationError, match="The edge gateway is an L2 VPN client") as met:
            cloud.ensure(spec, state)
        assert "in the portal of the cloud" in met.value.hint
    assert cloud.edge.sections[NAME]["xml"] == CLIENT_DOCUMENT


def test_a_password_that_the_server_returns_is_redacted(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    cloud.show_passwords()
    cloud.read()
    assert PASSWORD in [secret.reveal() for secret in cloud.client.session.secrets()]


def test_an_edge_document_does_not_contain_the_section(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    assert "l2vpn" not in cloud.client.read("ans.edge")
    with pytest.raises(SpecError, match="cannot be in a document for NSX-V edge gateways") as met:
        cloud.client.ensure("ans.edge", {"l2vpn": SERVER}, check=True)
    assert met.value.hint == "Use vca_l2vpn instead."


def test_the_status_is_unknown_and_there_are_no_peer_codes(cloud: Cloud) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    [row] = cloud.client.edges.l2vpn_status()["tunnels"]
    assert (row["name"], row["status"], row["last_error"]) == ("branch", "unknown", "")
    with pytest.raises(ConfigurationError, match="NSX-V edge gateways have no peer codes"):
        cloud.client.edges.l2vpn_peer_code("branch")


@pytest.mark.parametrize("check", [False, True])
def test_the_last_network_of_a_tunnel_cannot_be_removed(cloud: Cloud, check: bool) -> None:
    cloud.ensure({**SERVER, "tunnels": [BRANCH]})
    before = cloud.document()
    with pytest.raises(SpecError, match="each tunnel needs an interface"):
        cloud.ensure({**BRANCH, "networks": []}, check=check)
    assert cloud.document() == before
