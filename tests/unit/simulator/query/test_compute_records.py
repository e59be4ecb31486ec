"""Tests of query records of VMs, vApps and VDCs: networks and tasks.

Source: protocol/query.md §2.1, §7.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.inventory_world import world_caller
from tests.support.simulated import Caller
from tests.support.vm_writes import VCLOUD
from tests.unit.simulator.writes.test_metadata_routes import value


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return world_caller(tmp_path, version="9.0", standing_clock=1.7e9)


def row(caller: Caller, kind: str, name: str, **headers: str) -> Any:
    root = caller.xml(f"/api/query?type={kind}&filter=name=={name}", **headers)
    [record] = [node for node in root if not str(node.tag).endswith("}Link")]
    return record


def test_a_vapp_shows_its_latest_task(caller: Caller) -> None:
    """The recorded VAppRecord has these attributes. Source: protocol/query.md §2.1."""
    shop = row(caller, "vApp", "shop")
    assert (shop.get("taskStatusName"), shop.get("taskStatus"), shop.get("taskDetails")) == (
        "vappDeploy",
        "success",
        " ",
    )
    assert caller.xml(shop.get("task")).get("operationName") == "vappDeploy"
    assert caller.send("POST", f"{shop.get('href')}/power/action/powerOff").status == 202
    assert row(caller, "vApp", "shop").get("isBusy") == "true"
    caller.simulator.clock.advance(0.5)
    assert row(caller, "vApp", "shop").get("taskStatus") in ("queued", "running")
    caller.simulator.clock.advance(2)
    shop = row(caller, "vApp", "shop")
    assert (shop.get("isBusy"), shop.get("taskStatus"), shop.get("status")) == ("false", "success", "POWERED_OFF")
    assert shop.get("taskStatusName") == "vappPowerOff"


def test_a_vdc_shows_a_task_once_it_has_one(caller: Caller) -> None:
    gold = row(caller, "orgVdc", "gold")
    assert (gold.get("taskStatus"), gold.get("isBusy")) == (None, "false")
    address = gold.get("href").replace("/api/vdc/", "/api/admin/vdc/")
    assert caller.send("PUT", f"{address}/metadata/a", value("MetadataStringValue", "b")).status == 202
    assert row(caller, "orgVdc", "gold").get("isBusy") == "true"
    caller.simulator.clock.advance(2)
    gold = row(caller, "orgVdc", "gold")
    assert (gold.get("taskStatusName"), gold.get("taskStatus"), gold.get("isBusy")) == (
        "metadataSet",
        "success",
        "false",
    )


def test_a_vm_has_the_name_and_the_link_of_its_network(caller: Caller) -> None:
    """Source: networkName and network in the schema ``queryRecordView.xsd``."""
    for name, network in (("web1", "gold-net"), ("dev1", "shared-net"), ("web2", "shared-net")):
        record = row(caller, "vm", name)
        assert record.get("networkName") == network
        assert caller.xml(record.get("network")).get("name") == network
        section = caller.xml(f"{record.get('href')}/networkConnectionSection/")
        assert section.find(f"{VCLOUD}NetworkConnection").get("network") == network
    assert row(caller, "vm", "base-vm").get("network") is None
    assert row(caller, "vm", "web1", Accept="application/*+xml;version=5.6").get("network") is None
    root = caller.xml("/api/query?type=vm&filter=name==web1&format=idrecords")
    assert root[-1].get("network").startswith("urn:vcloud:network:")
