"""Tests of catalog items, media and their metadata.

Source: protocol/recorded-responses.md §4, protocol/query.md §2.1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.support.inventory_world import same_cloud, world_caller
from tests.support.schema import load_validator
from tests.support.simulated import Caller
from tests.support.vm_writes import VCLOUD
from tests.unit.simulator.writes.test_metadata_routes import shown, value


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return world_caller(tmp_path, version="9.0")


def record(caller: Caller, kind: str, name: str) -> dict[str, str]:
    root = caller.xml(f"/api/query?type={kind}&filter=name=={name}")
    [row] = [node for node in root if not str(node.tag).endswith("}Link")]
    return dict(row.attrib)


def test_a_catalog_item_refers_to_a_template_or_to_media(caller: Caller) -> None:
    for name, root_name in (("base", "VAppTemplate"), ("setup.iso", "Media")):
        item = caller.xml(record(caller, "catalogItem", name)["href"])
        entity = item.find(f"{VCLOUD}Entity")
        target = caller.xml(entity.get("href"))
        assert (etree.QName(target).localname, target.get("name")) == (root_name, name)
        assert item.findtext(f"{VCLOUD}Description") == target.findtext(f"{VCLOUD}Description")


def test_media_agree_in_all_views(caller: Caller) -> None:
    """Source of the attributes: protocol/query.md §2.1."""
    row = record(caller, "media", "setup.iso")
    assert set(row) == {
        "ownerName", "catalogName", "isPublished", "name", "vdc", "vdcName", "org", "creationDate", "isBusy",
        "storageB", "owner", "catalog", "catalogItem", "status", "storageProfileName", "href",
    }  # fmt: skip
    assert (row["catalogName"], row["storageB"], row["ownerName"]) == ("images", "12345", "ops")
    media = caller.xml(row["href"])
    assert load_validator().errors(media) == []
    assert (media.get("imageType"), media.get("size")) == ("iso", row["storageB"])
    vdc = caller.xml(row["vdc"])
    assert row["href"] in [
        node.get("href") for node in vdc.iterfind(f"{VCLOUD}ResourceEntities/{VCLOUD}ResourceEntity")
    ]
    catalog = caller.xml(row["catalog"])
    names = [node.get("name") for node in catalog.iterfind(f"{VCLOUD}CatalogItems/{VCLOUD}CatalogItem")]
    assert names == ["base", "setup.iso"]
    assert record(caller, "catalog", "images")["numberOfMedia"] == "1"
    assert record(caller, "orgVdc", "gold")["numberOfMedia"] == "2"
    assert caller.xml(f"{row['href']}/owner").find(f"{VCLOUD}User").get("name") == "ops"
    assert record(caller, "media", "boot.flp")["catalogName"] == "media"


def test_media_of_another_org_are_forbidden(caller: Caller) -> None:
    address = record(caller, "media", "setup.iso")["href"]
    other = same_cloud(caller, "eve@umbrella", "9.0")
    assert {other.get(address + path).status for path in ("", "/owner", "/metadata")} == {403}


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("catalogItem", "base", "checked"),
        ("vAppTemplate", "base", "os"),
        ("vm", "base-vm", "role"),
        ("media", "setup.iso", "lang"),
    ],
)
def test_metadata_of_catalog_objects_are_read_and_written(caller: Caller, kind: str, name: str, key: str) -> None:
    """Source: protocol/vm-writes.md §3."""
    address = record(caller, kind, name)["href"]
    assert set(shown(caller, address)) == {key}
    assert load_validator().errors(caller.xml(f"{address}/metadata")) == []
    started = caller.send("PUT", f"{address}/metadata/tier", value("MetadataStringValue", "gold"))
    assert started.status == 202, started.text
    caller.simulator.clock.advance(2)
    assert set(shown(caller, address)) == {key, "tier"}
    found = caller.xml(f"/api/query?type={kind}&filter=metadata:tier==STRING:gold")
    assert [node.get("name") for node in found if not str(node.tag).endswith("}Link")] == [name]


def test_a_catalog_has_the_description_and_metadata_of_the_file(caller: Caller) -> None:
    row = record(caller, "catalog", "tools")
    assert row["description"] == "Tools of the team"
    assert set(shown(caller, row["href"])) == {"team"}
