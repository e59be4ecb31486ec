"""Run a plan of 50 VMs between two sites of VCDA, and change edge gateways.

One edge gateway has NSX-V, and the other has NSX-T.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.browser import needs_chromium, visiting
from tests.support.vcda_cloud import VcdaCloud, vcda_cloud
from vcloudair_core.recovery.plan.plan_file import load_plan
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.runner import RunOptions, start

pytestmark = pytest.mark.exhaustive

GROUPS = {"database": 10, "application": 15, "web": 15, "batch": 10}
VMS = sum(GROUPS.values())
AT_PEER = "the VM is at site site1, so it was not checked"
RULE = {"name": "https", "source": "any", "destination": "any", "protocol": "tcp", "dest_port": "443"}
EDGES = {"gold-edge": "nsxv", "cobalt-edge": "nsxt"}
NAMES = {group: [f"{group}{number:02}" for number in range(1, count + 1)] for group, count in GROUPS.items()}


def inventory() -> dict[str, Any]:
    """Return a cloud with an NSX-V VDC and an NSX-T VDC at the destination."""
    vms = [{"name": name, "vapp": group} for group, names in NAMES.items() for name in names]
    halves = {"gold": NAMES["database"] + NAMES["application"], "cobalt": NAMES["web"] + NAMES["batch"]}
    destinations = [
        {
            "name": vdc,
            "site": "site2",
            "edges": [{"name": f"{vdc}-edge", "backend": EDGES[f"{vdc}-edge"]}],
            "vcda_replications": [{"name": name, "source_vdc": "silver"} for name in names],
        }
        for vdc, names in halves.items()
    ]
    users = [{"name": "demo", "password": "demo-password"}]
    vdcs = [*destinations, {"name": "silver", "site": "site1", "vms": vms}]
    return {"orgs": [{"name": "org1", "users": users, "vdcs": vdcs}]}


def write_plan(folder: Path) -> Path:
    """Write the plan and the documents of both edge gateways.

    Return the path of the plan.
    """
    for edge in EDGES:
        document = {"edge": edge, "firewall": {"rules": [RULE]}}
        (folder / f"{edge}.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    changes = {"web": "gold-edge", "batch": "cobalt-edge"}
    groups: list[dict[str, Any]] = []
    for group, names in NAMES.items():
        tree: dict[str, Any] = {"name": group, "vms": names}
        if groups:
            tree["depends_on"] = [groups[-1]["name"]]
        if group in changes:
            tree["before"] = [{"name": f"open {changes[group]}", "network": f"{changes[group]}.yml"}]
        groups.append(tree)
    path = folder / "plan.yml"
    plan = {"name": "two sites", "provider": "vcda", "rto_minutes": 60, "max_concurrent": 20, "groups": groups}
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[VcdaCloud]:
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(inventory()), encoding="utf-8")
    with vcda_cloud(tmp_path, 0, inventory_file=str(file), vcda_task_s=60.0) as made:
        yield made


def rules(cloud: VcdaCloud) -> dict[str, list[str]]:
    """Return the names of the firewall rules of each edge gateway."""
    documents = {edge: cloud.client.read("ans.edge", {"edge": edge}) for edge in EDGES}
    return {edge: [rule["name"] for rule in document["firewall"]["rules"]] for edge, document in documents.items()}


def run(cloud: VcdaCloud, plan: Path, action: str) -> RunReport:
    options = RunOptions(verify_timeout=60)
    return start(cloud.client, load_plan(str(plan)), action, options)


def verdicts(report: RunReport) -> Counter[tuple[str, str]]:
    """Return the number of VMs by verdict and reason."""
    tree = report.as_dict()
    return Counter((vm["verdict"], vm["reason"]) for group in tree["groups"] for vm in group["vms"])


def test_fifty_vms_are_tested_migrated_and_failed_back(cloud: VcdaCloud, tmp_path: Path) -> None:
    plan, before = write_plan(tmp_path), rules(cloud)
    opened = {edge: ["https"] for edge in EDGES}
    assert verdicts(run(cloud, plan, "test")) == {("succeeded", ""): VMS}
    assert rules(cloud) == opened
    assert verdicts(run(cloud, plan, "cleanup")) == {("succeeded", ""): VMS}
    assert rules(cloud) == before, "the cleanup restores both edge gateways"
    assert verdicts(run(cloud, plan, "migrate")) == {("succeeded", ""): VMS}
    assert rules(cloud) == opened
    assert {vm.source.site for vm in cloud.simulator.world.vm_replications.values()} == {"site1"}
    assert verdicts(run(cloud, plan, "reverse")) == {("succeeded", ""): VMS}
    assert {vm.source.site for vm in cloud.simulator.world.vm_replications.values()} == {"site2"}
    assert verdicts(run(cloud, plan, "failback")) == {("succeeded", AT_PEER): VMS}
    starts = Counter(cloud.starts())
    # Each group is a vApp.
    paths = ("POST vapp failover-test", "DELETE vapp failover-test", "POST vapp migrate", "POST vapp reverse")
    vapps = len(NAMES)
    assert starts == dict(zip(paths, (vapps, vapps, 2 * vapps, vapps), strict=True))


@needs_chromium
def test_report_of_a_migration_is_complete_in_the_browser(cloud: VcdaCloud, tmp_path: Path) -> None:
    plan = write_plan(tmp_path)
    cloud.simulator.world.vm_replications[next(iter(cloud.simulator.world.vm_replications))].trouble = "off"
    run(cloud, plan, "test")
    run(cloud, plan, "cleanup")
    report = run(cloud, plan, "migrate")
    page = next((tmp_path / "state" / "dr" / "runs").glob(f"{report.run_id}*/report.html"))
    for width in (1280, 390):
        with visiting(viewport={"width": width, "height": 900}) as visit:
            visit.page.goto(page.as_uri())
            text = visit.page.inner_text("body")
            assert all(name in text for names in NAMES.values() for name in names)
            assert all(f"open {edge}" in text for edge in EDGES)
            assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert visit.complaints == []
            if folder := os.environ.get("VCA_TEST_SCREENSHOTS"):
                visit.page.screenshot(path=f"{folder}/migrate-{width}.png", full_page=True)
