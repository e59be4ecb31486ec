"""Tests of the bodies of operations. Source: protocol/vcda.md §4.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vcda import RECOVERY, vcda


@pytest.mark.parametrize(
    ("action", "change", "code"),
    [
        ("failover", {"type": None}, "BadUserInput"),
        ("failover", {"type": "vcenter"}, "BadUserInput"),
        ("failover", {"type": "cloud"}, "BadUserInput"),
        ("failover", {"powerOn": "yes"}, "BadUserInput"),
        ("failover", {"consolidate": 1}, "BadUserInput"),
        ("failover", {"instanceId": "replica-x"}, "BadUserInput"),
        ("failover", {"instanceId": 7}, "BadUserInput"),
        ("failover-test", {"sync": "no"}, "BadUserInput"),
        ("failover-test", {"placementPolicy": "gold"}, "BadUserInput"),
    ],
)
def test_invalid_bodies_are_refused(action: str, change: dict[str, Any], code: str) -> None:
    caller = vcda().sign_in()
    assert caller.code("POST", f"{caller.path()}/{action}", {**RECOVERY, **change}) == (400, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_body_must_be_a_json_object(body: bytes) -> None:
    caller = vcda().sign_in()
    assert caller.code("POST", f"{caller.path()}/failover", body) == (400, "BadRequest")


def test_body_must_have_a_json_content_type() -> None:
    caller = vcda().sign_in()
    expected = (400, "BadRequest")
    assert caller.code("POST", f"{caller.path()}/failover", RECOVERY, Content_Type="text/plain") == expected


def test_sync_excludes_an_instance() -> None:
    caller = vcda().sign_in().extend()
    key = caller.read(f"{caller.path()}/instances")[1]["key"]
    body = {**RECOVERY, "sync": True, "instanceId": key}
    assert caller.code("POST", f"{caller.path()}/failover-test", body) == (400, "BadUserInput")
    caller.succeed("POST", f"{caller.path()}/failover-test", {**body, "sync": False})
    replication = next(iter(caller.simulator.world.vm_replications.values()))
    assert replication.recovered_instance == key


def test_vapp_instances_belong_to_its_vms() -> None:
    caller = vcda().sign_in()
    vapp, other = (vapp["id"] for vapp in caller.read("/vapp-replications")["items"])
    path, vm = f"/vapp-replications/{vapp}/failover", caller.vm(2)
    key = vm["destinationState"]["latestInstance"]["key"]
    assert caller.code("POST", path, {**RECOVERY, "instanceMap": {vm["id"]: key}}) == (400, "BadUserInput")
    assert caller.code("POST", path, {**RECOVERY, "snapshotOptions": "KEEP"}) == (400, "BadUserInput")
    body = {**RECOVERY, "instanceMap": {vm["id"]: key}, "snapshotOptions": "CONSOLIDATE"}
    caller.succeed("POST", f"/vapp-replications/{other}/failover", body)


@pytest.mark.parametrize(("effect", "status"), [("ignore", 202), ("refuse", 400)])
def test_unknown_fields_are_an_option(effect: str, status: int) -> None:
    caller = vcda(vcda_unknown_fields=effect).sign_in()
    body = {**RECOVERY, "exposePITsAsSnapshots": True}
    assert caller.send("POST", f"{caller.path()}/failover", body).status == status


def test_migration_has_no_instance() -> None:
    caller = vcda(vcda_unknown_fields="refuse").sign_in().extend()
    body = {**RECOVERY, "instanceId": "replica-x"}
    assert caller.code("POST", f"{caller.path()}/migrate", body) == (400, "BadUserInput")


@pytest.mark.parametrize(
    "change",
    [
        {"rpo": 4},
        {"rpo": 1441},
        {"rpo": True},
        {"dataConnectionType": "PLAIN"},
        {"quiesced": "yes"},
        {"retentionPolicy": {"rules": [{"numberOfInstances": 25, "distance": 60}]}},
        {"retentionPolicy": {"rules": [{"numberOfInstances": 4}]}},
        {"retentionPolicy": {"rules": [{"numberOfInstances": 20, "distance": 60}] * 2}},
    ],
)
def test_invalid_settings_are_refused(change: dict[str, Any]) -> None:
    caller = vcda().sign_in().extend()
    before = caller.vm()["settings"]
    assert caller.code("PATCH", caller.path(), change) == (400, "BadUserInput")
    assert caller.vm()["settings"] == before
