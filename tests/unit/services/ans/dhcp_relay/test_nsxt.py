"""Tests of the DHCP forwarder on a simulated NSX-T edge gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.nsxt_nat_harness import NsxtHarness, nsxt_harness
from vcloudair_core.errors import DecodeError, SpecError
from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.dhcp_relay.nsxt import NsxtDhcpForwarderCodec
from vcloudair_core.simulator.nsxt.network_services.dhcp_forwarder import forwarder_state

KIND = "ans.dhcp_relay"
SERVERS = {"ip_addresses": ["10.9.0.2", "10.9.0.3"]}
RELAY = {
    "ip_addresses": ["10.9.0.2"],
    "domain_names": ["dhcp.example.com"],
    "ip_sets": ["ipset-2"],
    "agents": [{"vnic": 1, "gateway_address": "192.168.10.1"}],
}


@pytest.fixture(params=("37.2", "39.1"))
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NsxtHarness]:
    with nsxt_harness(tmp_path, request.param) as made:
        yield made


def calls(cloud: NsxtHarness) -> tuple[int, int]:
    """Return the numbers of reads and writes of the forwarder since the last ensure."""
    return cloud.journal.count("GET", "dhcpForwarder"), cloud.journal.count("PUT", "dhcpForwarder")


def ensure(cloud: NsxtHarness, spec: Any, state: str = "present", *, check: bool = False) -> Any:
    cloud.journal.clear()
    return cloud.client.ensure(KIND, spec, state=state, check=check)


def test_servers_are_set_changed_and_removed(cloud: NsxtHarness) -> None:
    assert ensure(cloud, SERVERS, check=True).changed
    assert calls(cloud)[1] == 0
    outcome = ensure(cloud, SERVERS)
    assert (outcome.plan.summary(), outcome.warnings) == ("1 to update", ())
    assert calls(cloud) == (2, 1)
    assert forwarder_state(cloud.edge) == {"enabled": True, "dhcpServers": ["10.9.0.2", "10.9.0.3"], "version": 1}
    assert not ensure(cloud, {"ip_addresses": ["10.9.0.3", "10.9.0.2"]}).changed
    assert calls(cloud) == (1, 0)
    exported = cloud.client.read(KIND)
    assert exported == {**SERVERS, "domain_names": [], "ip_sets": [], "agents": [], "version": 1}
    assert not ensure(cloud, exported, "exact").changed
    assert ensure(cloud, {"ip_addresses": []}).changed
    assert forwarder_state(cloud.edge) == {"enabled": False, "dhcpServers": [], "version": 2}


def test_a_disabled_forwarder_has_no_servers(cloud: NsxtHarness) -> None:
    forwarder_state(cloud.edge).update(dhcpServers=["10.9.0.2"])
    assert cloud.client.read(KIND)["ip_addresses"] == []
    assert ensure(cloud, {"ip_addresses": ["10.9.0.2"]}).changed
    assert forwarder_state(cloud.edge)["enabled"]


@pytest.mark.parametrize(
    ("spec", "path", "reason"),
    [
        ({"agents": [{"vnic": 0}]}, "agents[0].vnic", "the DHCP forwarder has no agents"),
        ({"domain_names": ["dhcp.example.com"]}, "domain_names", "accepts only addresses of servers"),
        ({"ip_sets": ["ipset-2"]}, "ip_sets", "accepts only addresses of servers"),
    ],
)
def test_unsupported_options_are_refused_before_the_read(
    cloud: NsxtHarness, spec: dict[str, Any], path: str, reason: str
) -> None:
    with pytest.raises(SpecError, match=re.escape(reason)) as caught:
        ensure(cloud, {**SERVERS, **spec})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert caught.value.problems[0].hint
    assert calls(cloud) == (0, 0)


def test_a_single_agent_is_refused(cloud: NsxtHarness) -> None:
    with pytest.raises(SpecError, match="the DHCP forwarder has no agents"):
        cloud.client.ensure("ans.dhcp_relay_agent", {"vnic": 1})


def test_a_staged_change_is_one_write(cloud: NsxtHarness) -> None:
    assert cloud.client.stage(KIND, SERVERS, stage_id="one").changed
    cloud.journal.clear()
    [outcome] = cloud.client.commit_stage("one")
    assert outcome.changed
    assert calls(cloud)[1] == 1
    assert forwarder_state(cloud.edge)["dhcpServers"] == SERVERS["ip_addresses"]


def test_a_relay_is_converted_to_a_forwarder() -> None:
    conversion = convert_edge({"dhcp_relay": RELAY})
    assert conversion.document == {"dhcp_relay": {"ip_addresses": ["10.9.0.2"], "agents": []}}
    assert [(item.path, item.result) for item in conversion.items] == [
        ("dhcp_relay.domain_names", "left out"),
        ("dhcp_relay.ip_sets", "left out"),
        ("dhcp_relay.agents", "omitted"),
    ]


def test_other_documents_are_rejected() -> None:
    codec = NsxtDhcpForwarderCodec()
    with pytest.raises(DecodeError):
        codec.parse(b'{"values": []}')
    with pytest.raises(DecodeError, match="has no agents"):
        codec.new_record(None)


def test_a_response_with_another_document_is_not_an_empty_forwarder(cloud: NsxtHarness) -> None:
    cloud.simulator.faults.add("other_document", path="dhcpForwarder")
    with pytest.raises(DecodeError, match=r"The key 'dhcpServers' was expected, not an object with \[\"weather\"\]"):
        ensure(cloud, SERVERS)
    assert calls(cloud) == (1, 0)
