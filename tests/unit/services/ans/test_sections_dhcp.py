"""Tests of DHCP pools and static bindings: convergence and invalid input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.unit.services.ans.fakes import SectionSession
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import DecodeError, SpecError
from vcloudair_core.services.ans.dhcp.leases import parse_json_leases, parse_xml_leases
from vcloudair_core.services.ans.dhcp.section import BINDINGS, SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

PATH = "/dhcp/config"
POOL = {"poolId": "pool-1", "ipRange": "192.168.10.100-192.168.10.199", "defaultGateway": "192.168.10.1",
        "subnetMask": "255.255.255.0", "leaseTime": "86400", "autoConfigureDNS": True, "newer": "kept"}  # fmt: skip
BINDING = {"bindingId": "binding-1", "macAddress": "00:50:56:01:02:03", "hostname": "web1",
           "ipAddress": "192.168.10.20", "leaseTime": "infinite", "autoConfigureDNS": False,
           "primaryNameServer": "10.0.0.53", "newer": "kept"}  # fmt: skip
OF_VM = {"bindingId": "binding-2", "vmId": "vm-7", "vnicId": "0", "hostname": "db1", "ipAddress": "192.168.10.21"}
TREE: dict[str, Any] = {
    "featureType": "dhcp_4.0",
    "version": 3,
    "enabled": True,
    "staticBindings": {"staticBindings": [OF_VM, BINDING]},
    "ipPools": {"ipPools": [POOL]},
    "logging": {"enable": False, "logLevel": "info"},
    "newer": "kept",
}
SHOWN_POOL = {"ip_range": "192.168.10.100-192.168.10.199", "default_gateway": "192.168.10.1",
              "subnet_mask": "255.255.255.0", "auto_configure_dns": True, "dns_servers": [],
              "lease_time": "86400"}  # fmt: skip
SHOWN_BINDING = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20",
                 "auto_configure_dns": False, "dns_servers": ["10.0.0.53"], "lease_time": "infinite"}  # fmt: skip
SECOND_POOL = {"ip_range": "192.168.10.30-192.168.10.40"}
SECOND_BINDING = {"mac_address": "00-50-56-01-02-04", "host_name": "web2", "ip_address": "192.168.10.22"}


def as_xml(tree: dict[str, Any]) -> bytes:
    """Return a section in XML."""
    root = etree.Element("dhcp")
    for name in ("version", "enabled", "newer"):
        etree.SubElement(root, name).text = str(tree[name]).lower()
    for name, outer in (("staticBinding", "staticBindings"), ("ipPool", "ipPools")):
        holder = etree.SubElement(root, outer)
        for record in tree[outer][outer]:
            element = etree.SubElement(holder, name)
            for key, value in record.items():
                etree.SubElement(element, key).text = str(value).lower() if isinstance(value, bool) else str(value)
    logging = etree.SubElement(root, "logging")
    etree.SubElement(logging, "enable").text = "false"
    etree.SubElement(logging, "logLevel").text = "info"
    return etree.tostring(root)


class Harness:
    """An edge with a DHCP section, and the three resource kinds of the section."""

    def __init__(self, edge_api: str, tree: dict[str, Any] | None = None) -> None:
        tree = TREE if tree is None else tree
        self.is_xml = edge_api == "network_xml"
        self.session = SectionSession(
            PATH, as_xml(tree) if self.is_xml else json.dumps(tree).encode(), edge_api=edge_api
        )

    def ensure(self, spec: Any, state: type[Present] | type[Absent] | type[Exactly] = Present) -> Outcome:
        """Converge the whole section for a mapping, and single records for a list."""
        kind: Any = SectionKind(SECTION)
        if isinstance(spec, list):
            kind = RuleKind(SECTION, BINDINGS if "mac_address" in spec[0] else None)
        specs = [spec] if isinstance(spec, dict) else spec
        desired: Desired = state(tuple(kind.parse(item) for item in specs))
        kind.validate(desired)
        return ensure(kind, kind.open(self.session, {}), desired)

    def read(self) -> Any:
        kind: Any = SectionKind(SECTION)
        return kind.project(kind.open(self.session, {}).read())

    def records(self, name: str) -> list[dict[str, Any]]:
        """Return the raw records of a list: ``ipPools`` or ``staticBindings``."""
        if not self.is_xml:
            records: list[dict[str, Any]] = json.loads(self.session.body)[name][name]
            return records
        holder: Any = etree.fromstring(self.session.body).find(name)
        return [{leaf.tag: leaf.text for leaf in record} for record in holder]

    def writes(self) -> int:
        return sum(call[0] == "PUT" for call in self.session.calls)


@pytest.fixture(params=["network_xml", "network_json", "hybridity"])
def harness(request: pytest.FixtureRequest) -> Harness:
    return Harness(request.param)


def test_both_lists_are_read(harness: Harness) -> None:
    shown = harness.read()
    assert shown.pop("version") == 3
    assert shown == {
        "enabled": True,
        "logging": False,
        "log_level": "info",
        "pools": [SHOWN_POOL],
        "bindings": [SHOWN_BINDING],
    }


def test_one_write_changes_settings_and_both_lists(harness: Harness) -> None:
    spec = {"log_level": "debug", "pools": [SECOND_POOL], "bindings": [SECOND_BINDING]}
    outcome = harness.ensure(spec)
    assert outcome.plan.summary() == "2 to create, 1 to update"
    assert harness.writes() == 1
    assert not harness.ensure(spec).changed
    shown = harness.read()
    assert [pool["ip_range"] for pool in shown["pools"]] == [SHOWN_POOL["ip_range"], SECOND_POOL["ip_range"]]
    assert [binding["host_name"] for binding in shown["bindings"]] == ["web1", "web2"]
    assert (shown["log_level"], shown["logging"], shown["enabled"]) == ("debug", False, True)


def test_everything_that_is_not_listed_is_kept(harness: Harness) -> None:
    harness.ensure({"pools": [SHOWN_POOL | {"lease_time": "3600"}], "bindings": [SECOND_BINDING]})
    pool, bindings = harness.records("ipPools")[0], harness.records("staticBindings")
    assert (pool["poolId"], pool["newer"], pool["leaseTime"]) == ("pool-1", "kept", "3600")
    assert bindings[0]["vmId"] == "vm-7"
    assert bindings[1]["newer"] == "kept"
    assert b"kept" in harness.session.body


def test_single_pools_and_bindings_are_created_changed_and_deleted(harness: Harness) -> None:
    assert harness.ensure([SECOND_POOL]).changed
    assert harness.ensure([{"mac_address": "00-50-56-01-02-03", "host_name": "WEB1", "lease_time": "60"}]).changed
    assert not harness.ensure(
        [{"mac_address": "005056-01-02-03".replace("0050", "00-50-"), "host_name": "web1"}]
    ).changed
    assert harness.ensure([SHOWN_POOL], Absent).changed
    assert harness.ensure([SHOWN_BINDING], Absent).changed
    assert not harness.ensure([SHOWN_BINDING], Absent).changed
    shown = harness.read()
    assert [pool["ip_range"] for pool in shown["pools"]] == [SECOND_POOL["ip_range"]]
    assert shown["bindings"] == []
    assert [record["vmId"] for record in harness.records("staticBindings")] == ["vm-7"]


def test_an_exact_section_deletes_other_records_and_resets_fields(harness: Harness) -> None:
    spec = {"enabled": True, "pools": [{"ip_range": SHOWN_POOL["ip_range"]}], "bindings": [SECOND_BINDING]}
    assert harness.ensure(spec, Exactly).changed
    assert not harness.ensure(spec, Exactly).changed
    shown = harness.read()
    assert shown["pools"][0]["default_gateway"] == "192.168.10.1"
    assert [binding["host_name"] for binding in shown["bindings"]] == ["web2"]


def test_an_empty_exact_list_needs_allow_empty(harness: Harness) -> None:
    with pytest.raises(SpecError, match="would delete the only static binding") as caught:
        harness.ensure({"bindings": []}, Exactly)
    assert caught.value.problems[0].path == "bindings"
    assert harness.ensure({"bindings": [], "allow_empty": True, "enabled": True}, Exactly).changed
    assert len(harness.read()["pools"]) == 1


def test_dns_servers_and_automatic_configuration_replace_each_other(harness: Harness) -> None:
    harness.ensure([{"ip_range": SHOWN_POOL["ip_range"], "dns_servers": ["10.0.0.53", "10.0.0.54"]}])
    pool = harness.records("ipPools")[0]
    assert (pool["primaryNameServer"], pool["secondaryNameServer"]) == ("10.0.0.53", "10.0.0.54")
    assert pool["autoConfigureDNS"] in (False, "false")
    harness.ensure([{"ip_range": SHOWN_POOL["ip_range"], "auto_configure_dns": True}])
    pool = harness.records("ipPools")[0]
    assert "primaryNameServer" not in pool
    assert harness.read()["pools"] == [SHOWN_POOL]


@pytest.mark.parametrize("spec", [[SECOND_POOL], [SECOND_BINDING], {"pools": [SECOND_POOL]}])
def test_a_disabled_service_gets_a_warning(spec: Any) -> None:
    harness = Harness("network_json", {**TREE, "enabled": False})
    assert any("DHCP service is disabled" in text for text in harness.ensure(spec).warnings)
    warnings = harness.ensure({"enabled": True, "pools": [SHOWN_POOL]}).warnings
    assert not any("disabled" in text for text in warnings)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"pools": [{"ip_range": "192.168.10.150-192.168.10.160"}]}, "the pools .* overlap"),
        ([{"ip_range": "192.168.10.90-192.168.10.100"}], "the pools .* overlap"),
        ([{**SECOND_BINDING, "host_name": "WEB1"}], "'WEB1' would be the host_name of two static bindings"),
        ({"bindings": [{**SECOND_BINDING, "ip_address": "192.168.10.20"}]}, "would be the ip_address of two"),
        ([{**SECOND_BINDING, "host_name": "db1"}], "'db1' would be the host_name of two static bindings"),
        ([{"mac_address": "00:50:56:01:02:09"}], "host_name: is required, because the static binding"),
    ],
)
def test_a_result_that_the_server_would_refuse_is_not_sent(harness: Harness, spec: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        harness.ensure(spec)
    assert harness.writes() == 0


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"pools": [{"ip_range": "192.168.10.9"}]}, "pools[0].ip_range", "is not a range of IPv4 addresses"),
        ({"pools": [{}]}, "pools[0].ip_range", "is required"),
        ({"pools": [{**SECOND_POOL, "subnet_mask": "x"}]}, "pools[0].subnet_mask", "'x' is not an IPv4 address"),
        ({"pools": [{**SECOND_POOL, "lease_time": "1h"}]}, "pools[0].lease_time", "is not a number of seconds"),
        ({"pools": [SECOND_POOL, SECOND_POOL]}, "pools[1].ip_range", "is already listed at pools[0]"),
        (
            {"pools": [{**SECOND_POOL, "dns_servers": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]}]},
            "pools[0].dns_servers",
            "at most 2 are allowed",
        ),
        (
            {"pools": [{**SECOND_POOL, "dns_servers": ["10.0.0.1"], "auto_configure_dns": True}]},
            "pools[0].dns_servers",
            "cannot be given together with auto_configure_dns",
        ),
        ({"bindings": [{"mac_address": "0050"}]}, "bindings[0].mac_address", "is not a MAC address"),
        ({"bindings": [{**SECOND_BINDING, "host_name": "a b"}]}, "bindings[0].host_name", "is not a host name"),
        ({"bindings": [{**SECOND_BINDING, "ip_address": "fe80::1"}]}, "bindings[0].ip_address", "not an IPv4 address"),
        (
            {"bindings": [SECOND_BINDING, {**SECOND_BINDING, "mac_address": "00:50:56:01:02:04"}]},
            "bindings[1].mac_address",
            "is already listed at bindings[0]",
        ),
        ({"log_level": "loud"}, "log_level", "'loud'"),
        ({"rules": []}, "rules", "unknown field"),
    ],
)
def test_invalid_input(spec: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        SectionKind(SECTION).parse(spec)
    problem = caught.value.problems[0]
    assert problem.path == field
    assert reason in problem.reason


LEASE = {"ipAddress": "192.168.10.100", "macAddress": "00:50:56:00:00:01", "bindingState": "active", "uid": "01"}
SHOWN_LEASE = {
    "ip_address": "192.168.10.100",
    "mac_address": "00:50:56:00:00:01",
    "host_name": None,
    "state": "active",
    "starts": None,
    "ends": None,
}


def test_leases_are_parsed_from_json_and_xml() -> None:
    tree = {"timeStamp": 1, "hostLeaseInfosDto": {"hostLeaseInfoDtos": [LEASE]}}
    assert parse_json_leases(json.dumps(tree).encode()) == [SHOWN_LEASE]
    assert parse_json_leases(b"{}") == []
    fields = "".join(f"<{key}>{text}</{key}>" for key, text in LEASE.items())
    body = f"<dhcpLeases><dhcpLeaseInfo><leaseInfo>{fields}</leaseInfo></dhcpLeaseInfo></dhcpLeases>"
    assert parse_xml_leases(body.encode()) == [SHOWN_LEASE]
    assert parse_xml_leases(b"<dhcpLeases/>") == []
    with pytest.raises(DecodeError, match="<dhcpLeases> was expected, not <dhcp>"):
        parse_xml_leases(b"<dhcp/>")
    with pytest.raises(DecodeError, match="A JSON object was expected"):
        parse_json_leases(b"[]")


def test_other_documents_are_rejected() -> None:
    harness = Harness("network_xml")
    harness.session.body = b"<nat/>"
    with pytest.raises(DecodeError, match="<dhcp> was expected, not <nat>"):
        harness.read()
    harness = Harness("network_json")
    harness.session.body = b'{"featureType": "nat"}'
    with pytest.raises(DecodeError, match="'ipPools' was expected"):
        harness.read()
