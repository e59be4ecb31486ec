"""Tests of sites and replications in inventory files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.vcda import RECOVERY, vcda
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig

INVENTORY = """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: prod
        site: SITE
        vms: [{name: web1, vapp: shop}, {name: web1, vapp: blog}]
      - name: dr
        vcda_replications: [REPLICATION]
"""


def write(folder: Path, replication: str, site: str = "site1") -> str:
    file = folder / "inventory.yml"
    file.write_text(INVENTORY.replace("REPLICATION", replication).replace("SITE", site), encoding="utf-8")
    return str(file)


def test_vapp_selects_one_of_several_vms(tmp_path: Path) -> None:
    caller = vcda(inventory_file=write(tmp_path, "{name: web1, vapp: blog, source_vdc: prod}")).sign_in()
    assert caller.vm()["source"]["vappName"] == "blog"
    assert caller.vm()["destination"]["vdcName"] == "dr"


@pytest.mark.parametrize(
    ("replication", "site", "reason"),
    [
        ("{name: web2, source_vdc: prod}", "site1", "VM 'web2' is not in VDC 'prod' of another site"),
        ("{name: web1, vapp: wiki, source_vdc: prod}", "site1", "VM 'web1' is not in VDC 'prod' of another site"),
        ("{name: web1, source_vdc: prod}", "site2", "VM 'web1' is not in VDC 'prod' of another site"),
        ("{name: web1, source_vdc: prod}", "site9", "site 'site9' is unknown"),
        ("{name: web1}", "site1", "'source_vdc' is missing"),
    ],
)
def test_invalid_replications_are_refused(replication: str, site: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=reason):
        vcda(inventory_file=write(tmp_path, replication, site))


def test_site_alone_creates_an_endpoint(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text("orgs: [{name: org1, users: [], vdcs: [{name: prod, site: site1}]}]", encoding="utf-8")
    simulator = Simulator(SimulatorConfig(profile="all", inventory_file=str(file)))
    assert list(simulator.vcda) == ["site2", "site1"]


@pytest.mark.parametrize("profile", ["vchs", "vca"])
def test_vcloud_air_has_no_endpoint(profile: str, tmp_path: Path) -> None:
    file = write(tmp_path, "{name: web1, vapp: shop, source_vdc: prod}")
    assert Simulator(SimulatorConfig(profile=profile, inventory_file=file)).vcda == {}
    assert Simulator(SimulatorConfig(profile=profile, vcda_replications=3)).vcda == {}


def test_default_replications_have_two_vms_in_each_vapp() -> None:
    caller = vcda(vcda_replications=5).sign_in()
    sizes = [len(vapp["vmReplications"]) for vapp in caller.read("/vapp-replications")["items"]]
    assert sizes == [2, 2, 1]
    addresses = [vm.ip_address for vm in caller.simulator.world.vms.values()]
    assert len(set(addresses)) == len(addresses)


def test_vms_return_from_nsxv_and_nsxt_vdcs(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text(
        """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: prod
        site: site1
        edges: [{name: prod-edge}]
        vms: [{name: web1, vapp: shop, ip_address: 192.168.10.50}, {name: db1, vapp: data, network: dmz}]
      - {name: classic, edges: [{name: edge}], vcda_replications: [{name: web1, source_vdc: prod}]}
      - {name: modern, edges: [{name: edge, backend: nsxt}], vcda_replications: [{name: db1, source_vdc: prod}]}
""",
        encoding="utf-8",
    )
    caller = vcda(inventory_file=str(file)).sign_in().extend()
    world = caller.simulator.world
    before = [(vm.name, vm.vdc_id, vm.network, vm.ip_address) for vm in world.vms.values()]
    for number, name in enumerate(("classic", "modern")):
        path = caller.path(number)
        for site in ("", "?site=site1"):
            caller.succeed("POST", f"{path}/migrate{site}", RECOVERY)
            (vm,) = [vm for vm in world.vms.values() if vm.vm_id == world.vm_replications[path[17:]].recovered_vm_id]
            assert world.vdcs[vm.vdc_id].name == ("prod" if site else name)
            caller.succeed("POST", f"{path}/reverse{site}")
    assert sorted((vm.name, vm.vdc_id, vm.network, vm.ip_address) for vm in world.vms.values()) == sorted(before)
