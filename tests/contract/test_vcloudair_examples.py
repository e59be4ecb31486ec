"""Run the examples of vcloudair 0.5 with only the import name changed.

The examples cover sessions, firewall, NAT, IPsec, queries, metrics and disaster recovery. Placeholders (user, org,
edge) are replaced with values. The URL of the portal is set with the attribute that the SDK uses.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from vcloudair_core.compat.org_info import OrgInfo
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="all", replications=2, dr_task_s=0.2)) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.simulator.reset()
    monkeypatch.setenv("VCA_CA_PATH", server.ca_path)


@pytest.fixture
def username(server: SimulatorServer) -> str:
    return server.env()["VCA_USERNAME"]


@pytest.fixture
def password(server: SimulatorServer) -> str:
    return server.env()["VCA_PASSWORD"]


ORG_INFO_KEYS = {"vcdurl", "token", "org_uuid", "auth-header", "version"}


def test_logging_into_vcloud_air(server: SimulatorServer, username: str, password: str) -> None:
    from vcloudair_core import VCASession

    sess = VCASession("5.6", username, password)
    sess.login_url = f"{server.url}/api/vchs/sessions"
    sess.login()

    # To show a list of available Orgs you can use the property vdc_names
    names = sess.vdc_names
    assert names

    # Membership testing also works
    assert names[0] in sess.vdc_names
    assert "no such org" not in sess.vdc_names

    # Alternatively, login() can be called with an org name and return the org data
    org_info = sess.login(orgname=names[0])
    assert org_info is not None
    assert set(org_info) == ORG_INFO_KEYS

    # login_to_vdc() makes only a new vCD token
    server.simulator.request_log.clear()
    org_info = sess.login_to_vdc(names[0].upper())
    assert [entry.method for entry in server.simulator.request_log.entries()] == ["POST"]
    assert set(org_info) == ORG_INFO_KEYS
    assert org_info["auth-header"].lower() == "x-vcloud-authorization"
    assert org_info["version"] == "5.6"

    # To retrieve the org data from the session later, use the name of the org
    assert sess[names[0]] == org_info


def test_logging_into_a_vcloud_director_directly(server: SimulatorServer, username: str, password: str) -> None:
    from vcloudair_core import VCASession

    sess = VCASession("5.6")
    org_info = sess.login(username, password, orgname=server.env()["VCA_ORG"], vcd_url=server.url)
    assert org_info is not None
    assert set(org_info) == ORG_INFO_KEYS
    assert org_info["vcdurl"] == server.url
    assert sess[server.env()["VCA_ORG"]] == org_info


def test_logging_into_on_demand(
    server: SimulatorServer, username: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from vcloudair_core import VCAODSession

    sesh = VCAODSession("5.7", username, password)
    sesh.login_url = f"{server.url}/api/iam/login"
    sesh.login()

    # Print out the instance list and their indexes
    sesh.show_instance_list()
    output = capsys.readouterr().out
    assert output.splitlines()[0].split() == ["Index", "Type", "Region"]
    assert len(output.splitlines()) == 1 + len(sesh.instances)
    assert all("sessionUri" in instance["instanceAttributes"] for instance in sesh.instances)

    instance_data = sesh.login_to_instance(0)
    assert set(instance_data) == ORG_INFO_KEYS
    assert instance_data["vcdurl"].endswith("/api/compute/")
    assert instance_data["org_uuid"] == sesh.instances[0]["id"]


def _edge_id(server: SimulatorServer) -> str:
    from vcloudair_core import connect

    env = server.env()
    names = ("url", "username", "password", "org", "edge")
    with connect(session_cache=False, **{name: env[f"VCA_{name.upper()}"] for name in names}) as client:
        edge_id: str = client.edges.find_edge(env["VCA_EDGE"]).edge_id
        return edge_id


def _signed_in(server: SimulatorServer, username: str, password: str, flavor: str) -> OrgInfo:
    from vcloudair_core import VCASession

    sess = VCASession("5.6", username, password)
    org_info: OrgInfo | None
    if flavor == "portal":
        sess.login_url = f"{server.url}/api/vchs/sessions"
        sess.login()
        org_info = sess.login_to_vdc(sess.vdc_names[0])
    else:
        org_info = sess.login(orgname=server.env()["VCA_ORG"], vcd_url=server.url)
    assert org_info is not None
    return org_info


@pytest.mark.parametrize("flavor", ["portal", "direct"])
def test_firewall_examples(server: SimulatorServer, username: str, password: str, flavor: str) -> None:
    from vcloudair_core import ANSFirewall

    org_info = _signed_in(server, username, password, flavor)

    fw = ANSFirewall(_edge_id(server), org_info)

    first = fw[0]  # Retrieve the first rule: the configuration is loaded on first use
    count = len(fw)
    assert first in list(fw)
    assert fw[0:2] == list(fw)[0:2]

    fw.add_rule(
        "Rule Name", source="external", destination="203.0.113.20", action="accept", protocol="tcp",
        source_port="any", dest_port=80,
    )  # fmt: skip
    assert len(fw) == count + 1
    fw.save_config()

    reloaded = ANSFirewall(_edge_id(server), vcdurl=org_info["vcdurl"], token=org_info["token"])
    reloaded.get_config()
    rule = next(rule for rule in reloaded if rule["name"] == "Rule Name")
    assert rule["destination"]["ipAddress"] == ["203.0.113.20"]
    assert rule["source"]["vnicGroupId"] == ["external"]
    assert rule["application"]["service"][0]["port"] == ["80"]
    assert "globalConfig" in reloaded.config_data

    position = next(index for index, rule in enumerate(reloaded) if rule["name"] == "Rule Name")
    del reloaded[position]
    reloaded.save_config()
    fw.get_config()
    assert [rule["name"] for rule in fw if rule["name"] == "Rule Name"] == []


@pytest.mark.parametrize("flavor", ["portal", "direct"])
def test_nat_examples(server: SimulatorServer, username: str, password: str, flavor: str) -> None:
    from vcloudair_core import ANSNat

    org_info = _signed_in(server, username, password, flavor)

    nat = ANSNat(_edge_id(server), org_info)
    nat.get_config()
    count = len(nat)

    # Rules of both directions, ports as numbers or text, with the defaults of vcloudair 0.5
    nat.add_rule("dnat", original_address="203.0.113.20", translated_address="192.168.10.20", original_port=80,
                 translated_port="8080", protocol="tcp", description="web")  # fmt: skip
    nat.add_rule("SNAT", "192.168.10.0/24", "203.0.113.20", protocol="any")
    assert len(nat) == count + 2
    nat.save_config()

    reloaded = ANSNat(_edge_id(server), vcdurl=org_info["vcdurl"], token=org_info["token"])
    web, out = reloaded[-2:]  # loaded on first use
    assert (web["action"], web["originalPort"], web["translatedPort"], web["vnic"]) == ("dnat", "80", "8080", "0")
    assert (out["action"], out["translatedAddress"], out["originalPort"]) == ("snat", "203.0.113.20", "any")
    assert [rule["ruleId"] for rule in reloaded] == [rule["ruleId"] for rule in nat]
    assert reloaded.config_data["enabled"] is True

    assert nat[count] in list(nat)  # Retrieve a rule by its index
    del reloaded[count]  # Delete the rule at an index
    for rule in reloaded:  # Iterate through the rules
        assert rule["originalAddress"] != "203.0.113.20"
    del reloaded[-1:]
    reloaded.save_config()
    nat.get_config()
    assert len(nat) == count


@pytest.mark.parametrize("flavor", ["portal", "direct"])
def test_ipsec_examples(server: SimulatorServer, username: str, password: str, flavor: str) -> None:
    from vcloudair_core import ANSIPSec

    org_info = _signed_in(server, username, password, flavor)

    ipsec = ANSIPSec(_edge_id(server), org_info)
    ipsec.get_config()
    count = len(ipsec)

    # Subnets as a list or as text with commas; with a blank peer_ip the peer initiates
    ipsec.add_psk_tunnel("To the office", local_id="203.0.113.10", local_ip="203.0.113.10", peer_id="198.51.100.7",
                         peer_ip="198.51.100.7", local_subnets=["192.168.10.0/24"],
                         peer_subnets="10.20.0.0/16, 10.30.0.0/16", psk="a shared secret of this library")  # fmt: skip
    ipsec.add_psk_tunnel("Caller", "203.0.113.10", "203.0.113.10", "roadwarrior", "", "192.168.10.0/24",
                         "10.40.0.0/16", "another shared secret", "aes", False, 5,
                         "securelocaltrafficbyip=192.168.10.1")  # fmt: skip
    assert len(ipsec) == count + 2
    ipsec.save_config()

    reloaded = ANSIPSec(_edge_id(server), vcdurl=org_info["vcdurl"], token=org_info["token"])
    office, caller = reloaded[-2:]  # loaded on first use
    assert (office["encryptionAlgorithm"], office["enablePfs"], office["dhGroup"]) == ("aes256", True, "dh2")
    assert office["peerSubnets"]["subnets"] == ["10.20.0.0/16", "10.30.0.0/16"]
    assert (caller["dhGroup"], caller["enablePfs"]) == ("dh5", False)
    assert caller["extension"] == "securelocaltrafficbyip=192.168.10.1"
    assert {tunnel["psk"] for tunnel in reloaded} == {"******"}
    assert "logging" in reloaded.config_data

    del reloaded[count]
    del reloaded[-1:]
    reloaded.save_config()
    ipsec.get_config()
    assert len(ipsec) == count


@pytest.mark.parametrize("flavor", ["portal", "direct"])
def test_query_examples(server: SimulatorServer, username: str, password: str, flavor: str) -> None:
    from vcloudair_core import EdgeGatewayQuery, OrgVdcQuery, QueryBase, VAppQuery, VAppTemplateQuery, VMQuery

    org_info = _signed_in(server, username, password, flavor)

    vms = VMQuery(org_info)
    vms.execute()
    uuid, record = next(iter(vms.results.items()))
    assert record == {"name": record["name"]}

    vms.set_fields("status", "memoryMB")  # the name is always included
    vms.execute()
    assert vms.results[uuid] == {"name": record["name"], "status": "POWERED_ON", "memoryMB": "4096"}
    assert record["name"] is not None
    assert uuid in vms.find_by_name(record["name"].upper())
    assert vms.find_by_name("no such VM") == []

    for query in (EdgeGatewayQuery, VAppQuery, VAppTemplateQuery, OrgVdcQuery):
        records = query(org_info, version="5.6").execute()
        assert all(result["name"] for result in records.values())
    tasks = QueryBase(vcdurl=org_info["vcdurl"], token=org_info["token"], version="5.6")
    tasks.set_query_type("organization")
    assert len(tasks.execute()) == 1


def test_metrics_examples(server: SimulatorServer, username: str, password: str) -> None:
    from datetime import datetime, timedelta, timezone

    from vcloudair_core import Metrics

    org_info = _signed_in(server, username, password, "portal")

    # All VMs of the VDC. Ten minutes have about ten records.
    metrics = Metrics(org_info)
    metrics.set_relative_interval("MINUTE", 10)
    metrics.collect()
    vm, records = next(iter(metrics.metric_data.items()))
    assert 9 <= len(records) <= 11
    every = set(next(iter(records.values())))

    # VMs override the VDC. A metric that the server did not send is missing.
    metrics = Metrics(org_info, vm_uuids=[vm])
    metrics.set_metric_filters("cpu.usage.average")
    metrics.add_metric_filters("mem.usage.average", "no.such.metric")
    end = datetime.now(timezone.utc) - timedelta(hours=1)
    metrics.set_absolute_interval(end - timedelta(hours=1), end)
    metrics.collect()
    assert set(metrics.metric_data) == {vm}
    assert 59 <= len(metrics.metric_data[vm]) <= 61
    assert {"cpu.usage.average", "mem.usage.average"} < every
    assert all(set(row) == {"cpu.usage.average", "mem.usage.average"} for row in metrics.metric_data[vm].values())

    # A second collect() adds to the records
    metrics.set_relative_interval("SECOND", 600, 300)
    metrics.collect()
    assert 63 <= len(metrics.metric_data[vm]) <= 67


def test_disaster_recovery_examples(
    server: SimulatorServer, username: str, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vcloudair_core import DisasterRecovery, VCAODSession

    monkeypatch.chdir(tmp_path)
    sess = VCAODSession("5.7", username, password)
    sess.login_url = f"{server.url}/api/iam/login"
    sess.login()
    org_info = sess.login_to_instance(0)

    dr = DisasterRecovery(org_info)
    dr.retrieve_replications()
    assert len(dr.replications) == 2
    uuid, second_uuid = dr.replications
    assert set(dr.replications[uuid]) == {"name", "href"}
    dr.dump_replication_details(filelocation="replications.csv")
    assert Path("replications.csv").read_text() == "".join(f"{u},{r['name']}\n" for u, r in dr.replications.items())
    dr.dump_replication_details("replications.csv", all_columns=True)
    with Path("replications.csv").open(newline="") as source:
        assert {row["id"]: row["href"] for row in csv.DictReader(source)} == {
            known: entry["href"] for known, entry in dr.replications.items()
        }

    held = dr.action_errors
    dr.do_test_failover(uuid, power_on=False)
    assert dr.action_errors == []
    dr.do_test_cleanup(total=True)
    assert dr.action_errors == []

    # A failed action is reported, and the next action clears it. An unknown id is reported.
    server.simulator.world.replications[dr.replications[second_uuid]["href"].rsplit("/", 1)[-1]].trouble = "error"
    dr.do_failover(uuid, second_uuid, "no-such-id", test=True)
    assert [(error[0], error[1]) for error in dr.action_errors] == [
        ("no-such-id", ""),
        (second_uuid, dr.replications[second_uuid]["name"]),
    ]
    assert "RecoveryFault" in dr.action_errors[1][2]
    dr.do_test_cleanup(uuid, second_uuid)
    assert dr.action_errors == []
    dr.do_failover(total=True)
    assert dr.action_errors == []
    assert dr.action_errors is held  # the same list object, cleared in place
