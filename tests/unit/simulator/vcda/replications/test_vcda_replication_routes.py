"""Tests of routes that read replications. Source: protocol/vcda.md §3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda import CREDENTIALS, EXTENSION, RECOVERY, VcdaCaller, vcda

INVENTORY = """
orgs:
  - name: acme
    users: [{name: ops, password: secret}]
    vdcs:
      - name: prod
        site: site1
        vms: [{name: web1, vapp: shop}, {name: db1, vapp: shop}, {name: lone, vapp: extra}]
  - name: acme-dr
    users: [{name: ops, password: other}]
    vdcs:
      - name: dr
        vcda_replications:
          - {name: web1, vapp: shop, source_vdc: prod, rpo: 60, lag_minutes: 90}
          - {name: db1, source_vdc: prod, paused: true}
          - {name: lone, source_vdc: prod, standalone: true, is_migration: true, description: legacy}
  - name: theirs
    users: [{name: ops, password: secret}]
"""


def from_file(folder: Path, org: str = "acme-dr", password: str = "other") -> VcdaCaller:
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    body = {"type": "vcdCredentials", "vcdUser": f"ops@{org}", "vcdPassword": password}
    return vcda(inventory_file=str(file)).sign_in(body)


def names(document: Any) -> list[str]:
    return [replication["source"]["vmName"] for replication in document["items"]]


def test_vm_replication_has_the_documented_fields() -> None:
    caller = vcda().sign_in()
    replication = caller.vm()
    assert set(replication) == {
        "id", "vappReplicationId", "isMigration", "isPaused", "isReversed", "overallHealth", "dataConnectionState",
        "lastUpdated", "owner", "computerName", "metadata", "source", "destination", "destinationState", "settings",
    }  # fmt: skip
    assert replication["id"].startswith("C4-")
    assert replication["vappReplicationId"].startswith("C4VAPP-")
    source, destination = replication["source"], replication["destination"]
    assert (source["site"], source["org"], source["vdcName"]) == ("site1", "org1", "org1-site1")
    assert (source["vmName"], source["vappName"]) == ("protected-0001", "protected-vapp1")
    assert (destination["site"], destination["vdcName"]) == ("site2", "org1-vdc1")
    assert source["vmId"] == caller.vms("protected-0001")[0].vm_id
    state = replication["destinationState"]
    assert state["recoveryInfo"] == {"recoveryState": "NOT_STARTED", "vAppId": None, "vcdVmId": None}
    assert state["latestInstance"]["timestamp"] == (1_700_000_000 - 3600) * 1000
    assert caller.read(f"/vm-replications/{replication['id']}") == replication


def test_vapp_replication_contains_its_vms() -> None:
    caller = vcda().sign_in()
    first, second = caller.read("/vapp-replications")["items"]
    assert [len(vapp["vmReplications"]) for vapp in (first, second)] == [2, 1]
    assert first["descriptor"]["name"] == "protected-vapp1"
    assert first["descriptor"]["networks"] == ["lan"]
    assert "vappId" in first["source"]
    assert not {"source", "destination"} & set(first["vmReplications"][0])
    assert caller.read(f"/vapp-replications/{first['id']}") == first


def test_lists_have_pages() -> None:
    caller = vcda(vcda_replications=5).sign_in()
    pages = [caller.read(f"/vm-replications?limit=2&offset={offset}") for offset in (0, 2, 4, 6)]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert [(page["offset"], page["limit"], page["total"]) for page in pages][1] == (2, 2, 5)
    caller.simulator.configure(vcda_list_echo=False)
    assert set(caller.read("/vm-replications")) == {"items", "total"}
    for query in ("offset=x", "limit=-1", "offset=1.5"):
        assert caller.code("GET", f"/vm-replications?{query}") == (400, "BadUserInput")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vmName=web", ["web1"]),
        ("vmName=w%251", ["web1"]),
        ("vmName=[", []),
        ("sourceSite=site1", ["web1", "db1", "lone"]),
        ("sourceSiteType=vcenter", []),
        ("sourceOrg=acme&destinationOrg=acme-dr", ["web1", "db1", "lone"]),
        ("destinationOrg=acme", []),
        ("sourceVdcName=prod&destinationVdcName=dr&vmName=db", ["db1"]),
        ("owner=acme@site1", ["web1", "db1", "lone"]),
        ("isMigration=true", ["lone"]),
        ("overallHealth=YELLOW", ["web1", "db1"]),
        ("ids=", ["web1", "db1", "lone"]),
    ],
)
def test_list_parameters(query: str, expected: list[str], tmp_path: Path) -> None:
    assert names(from_file(tmp_path).read(f"/vm-replications?{query}")) == expected


def test_lists_select_ids(tmp_path: Path) -> None:
    caller = from_file(tmp_path)
    web, db, lone = caller.read("/vm-replications")["items"]
    assert names(caller.read(f"/vm-replications?ids={web['id']},{lone['id']}")) == ["web1", "lone"]
    assert names(caller.read(f"/vm-replications?vmId={db['source']['vmId']}")) == ["db1"]
    shop, extra = caller.read("/vapp-replications")["items"]
    for query in (f"ids={extra['id']}", f"vappId={extra['source']['vappId']}", "vappName=lon"):
        assert [vapp["id"] for vapp in caller.read(f"/vapp-replications?{query}")["items"]] == [extra["id"]]
    caller.succeed("POST", f"/vapp-replications/{shop['id']}/failover", RECOVERY)
    recovered = caller.read(f"/vapp-replications/{shop['id']}")["destination"]["recoveredVappId"]
    assert [vapp["id"] for vapp in caller.read(f"/vapp-replications?recoveredVappId={recovered}")["items"]] == [
        shop["id"]
    ]


def test_standalone_vm_has_no_vapp_name(tmp_path: Path) -> None:
    caller = from_file(tmp_path)
    lone = caller.vm(2)
    assert (lone["source"]["vappName"], lone["settings"]["description"]) == ("", "legacy")
    assert caller.read(f"/vapp-replications/{lone['vappReplicationId']}")["descriptor"]["name"] == "lone"


def test_tenants_see_only_their_replications(tmp_path: Path) -> None:
    caller = from_file(tmp_path)
    identifier = caller.vm()["id"]
    theirs = from_file(tmp_path, "theirs", "secret")
    assert theirs.read("/vm-replications")["total"] == 0
    for path in (f"/vm-replications/{identifier}", f"/vm-replications/{identifier}/instances", "/vapp-replications/x"):
        assert theirs.code("GET", path) == (404, "ReplicationNotFound")


def test_source_org_sees_its_replications_after_extending(tmp_path: Path) -> None:
    caller = from_file(tmp_path, "theirs", "secret")
    body = {**EXTENSION, "vcdUsername": "ops@acme", "vcdPassword": "secret"}
    assert caller.send("POST", "/sessions/extend", body).status == 200
    assert names(caller.read("/vm-replications")) == ["web1", "db1", "lone"]


def test_lag_causes_a_violation(tmp_path: Path) -> None:
    replication = from_file(tmp_path).vm()
    assert replication["destinationState"]["currentRpoViolation"] == 30
    assert replication["overallHealth"] == "YELLOW"


def test_empty_values_can_be_text() -> None:
    caller = vcda(vcda_null_as_text=True).sign_in()
    assert caller.vm()["destinationState"]["recoveryInfo"]["vcdVmId"] == "null"


def test_fields_can_be_absent() -> None:
    caller = vcda(vcda_absent_fields=("overallHealth", "vcdVmId")).sign_in()
    replication = caller.vm()
    assert "overallHealth" not in replication
    assert set(replication["destinationState"]["recoveryInfo"]) == {"recoveryState", "vAppId"}


def test_instances_are_listed_newest_first() -> None:
    caller = vcda().sign_in()
    instances = caller.read(f"{caller.path()}/instances")
    assert [instance["sequenceNumber"] for instance in instances] == [4, 3, 2, 1]
    assert instances[0] == caller.vm()["destinationState"]["latestInstance"]
    single = caller.read(f"{caller.path()}/instances/{instances[1]['key']}")
    assert single.pop("disksInfo")
    assert single == instances[1]
    assert caller.code("GET", f"{caller.path()}/instances/replica-x") == (404, "InstanceNotFound")


def test_provider_sees_all_replications(tmp_path: Path) -> None:
    caller = from_file(tmp_path)
    caller.sign_in({**CREDENTIALS, "vcdUser": "administrator@System"})
    assert caller.read("/vm-replications")["total"] == 3


def test_orgs_exist_only_at_the_sites_of_their_vdcs(tmp_path: Path) -> None:
    caller = from_file(tmp_path)
    login = {"type": "vcdCredentials", "vcdUser": "ops@acme", "vcdPassword": "secret"}
    assert caller.code("POST", "/sessions", login) == (401, "NotAuthenticated")
    extension = {**EXTENSION, "vcdUsername": "ops@acme-dr", "vcdPassword": "other"}
    assert caller.code("POST", "/sessions/extend", extension) == (401, "RemoteAuthenticationFailure")
    for org in ("acme-dr", "unknown"):
        body = {"type": "multisite", "site": "site1", "org": org}
        assert caller.code("POST", "/sessions/extend", body) == (401, "RemoteAuthenticationFailure")
    response = caller.send(
        "POST", "/sessions/extend", {**extension, "vcdUsername": "ops@acme", "vcdPassword": "secret"}
    )
    assert response.status == 200
    assert names(caller.read("/vm-replications")) == ["web1", "db1", "lone"]
