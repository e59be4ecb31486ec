"""Check that all vCloud documents of the simulator are valid for VMware's schemas.

The tests use tables derived from the schemas. If the schemas are present, they are used too. See
tests/support/schema.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.crawl import crawl
from tests.support.inventory_world import world_caller
from tests.support.schema import Validator, attributes_of, load_validator
from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.query.query_types import TYPES
from vcloudair_core.transport.messages import Response

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"

# The newest schema requires AuthorizedLocations, which older servers did not send.
# Source: protocol/sessions.md §4.3.
EXEMPT = {f"{VCLOUD}Session"}
# Attributes of recorded responses that are missing in the schema. Source: protocol/recorded-responses.md §3.
RECORDED = {
    "VMRecord": {"isVdcEnabled", "pvdcHighestSupportedHardwareVersion", "vmToolsVersion"},
    "EdgeGatewayRecord": {"isSyslogServerSettingInSync"},
    "VAppRecord": {"task", "taskStatus", "taskStatusName", "taskDetails"},
}

# Types that a tenant can query and that the simulator has no records of.
EMPTY = set(TYPES) - {
    "vm", "vApp", "vAppTemplate", "edgeGateway", "orgVdc", "organization", "orgVdcNetwork", "orgVdcStorageProfile",
    "catalog", "catalogItem", "user", "role", "right", "task",
}  # fmt: skip
FORMATS_OF = {
    name: ["records", "idrecords"] + (["references"] if kind.references else []) for name, kind in TYPES.items()
}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@pytest.fixture(scope="module")
def schema() -> Validator:
    return load_validator()


@pytest.fixture(scope="module", params=["vchs", "vca", "vcd", "all"])
def caller(request: pytest.FixtureRequest) -> Caller:
    simulator = Simulator(SimulatorConfig(profile=request.param, vms=30, edges=2, replications=3, templates=3))
    vms = list(simulator.world.vms.values())
    vms[0].metadata = {"tier": "gold", "seats": 3, "is prod": True}
    return signed_in(simulator, version="9.0")


def must_be_valid(schema: Validator, response: Response, description: str) -> str:
    """Validate a document, and return the name of its root element.

    Raises AssertionError with the schema errors.
    """
    root = etree.fromstring(response.body)
    name = str(root.tag)
    if not name.startswith(VCLOUD) or name in EXEMPT:
        return name
    errors = schema.errors(root)
    assert not errors, f"{description}: {errors}\n{response.text[:2000]}"
    return name


def test_every_link_leads_to_a_valid_document(caller: Caller, schema: Validator) -> None:
    visited, roots = set(), set()
    for address, response in crawl(caller):
        visited.add(address)
        assert response.status in (200, 403), f"{address}: {response.status} {response.text[:300]}"
        roots.add(must_be_valid(schema, response, address).rpartition("}")[2])
    assert len(visited) > 60
    expected = {"Org", "OrgList", "Vdc", "EdgeGateway", "VApp", "Vm", "Task", "TasksList", "QueryList", "Error"}
    expected |= {"QueryResultRecords", "References", "ReplicationGroup", "VrRecoveryDetails"}
    assert expected <= roots
    assert {query_type.references for query_type in TYPES.values() if query_type.references} <= roots


@pytest.mark.parametrize(("user", "version"), [("ops@acme", "9.0"), ("dev@acme", "9.0"), ("ops@acme", "30.0")])
def test_every_link_of_an_inventory_file_leads_to_a_valid_document(
    tmp_path: Path, schema: Validator, user: str, version: str
) -> None:
    roots = set()
    versions = ("9.0", "30.0")
    for address, response in crawl(world_caller(tmp_path, user, version, api_versions=versions)):
        assert response.status in (200, 403), f"{address}: {response.status} {response.text[:300]}"
        roots.add(must_be_valid(schema, response, address).rpartition("}")[2])
    assert {"Media", "CatalogItem", "VAppTemplate", "Metadata", "ControlAccessParams", "SnapshotSection"} <= roots


def test_metadata_is_valid(caller: Caller, schema: Validator) -> None:
    response = caller.get(
        f"{caller.root}/api/query?type=vm&fields=name,metadata:tier,metadata:seats,metadata:is%20prod"
    )
    must_be_valid(schema, response, "vm with metadata")
    values = [
        (node.get(XSI_TYPE), node[0].text) for node in etree.fromstring(response.body).iter(f"{VCLOUD}TypedValue")
    ]
    assert sorted(values) == [
        ("MetadataBooleanValue", "true"), ("MetadataNumberValue", "3"), ("MetadataStringValue", "gold"),
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind in sorted(TYPES) for form in FORMATS_OF[kind]])
def test_every_query_is_valid_and_has_schema_attributes_only(
    caller: Caller, schema: Validator, kind: str, form: str
) -> None:
    response = caller.get(f"{caller.root}/api/query?type={kind}&format={form}&pageSize=2")
    must_be_valid(schema, response, f"{kind} as {form}")
    root = etree.fromstring(response.body)
    rows = [node for node in root if not str(node.tag).endswith("}Link")]
    assert bool(rows) == (kind not in EMPTY)
    if form == "references":
        assert all(set(map(str, row.attrib)) == {"type", "name", "id", "href"} for row in rows)
        return
    allowed = set(attributes_of(TYPES[kind].record)) | RECORDED.get(TYPES[kind].record, set())
    for row in rows:
        assert set(map(str, row.attrib)) <= allowed


@pytest.mark.parametrize("version", ["5.1", "5.6", "9.0", "29.0", "36.3"])
def test_attributes_appear_with_the_version_that_added_them(version: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version=version)
    for kind, query_type in TYPES.items():
        newer = {
            name for name, since in attributes_of(query_type.record).items()
            if since and version_number(since) > version_number(version)
        }  # fmt: skip
        for row in etree.fromstring(caller.get(f"/api/query?type={kind}").body).iterchildren(f"{VCLOUD}*"):
            assert not newer & set(map(str, row.attrib)), kind
    edge = etree.fromstring(caller.get("/api/query?type=edgeGateway").body)[-1]
    for name in ("advancedNetworkingEnabled", "orgVdcName"):
        since = attributes_of("EdgeGatewayRecord")[name]
        assert (name in edge.attrib) == (version_number(version) >= version_number(since))


def version_number(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split("."))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/org/00000000-0000-4000-8000-000000000000", 403),
        ("GET", "/api/vdc/not-an-id", 400),
        ("GET", "/api/query?type=nothing", 400),
        ("GET", "/api/query?type=adminVM", 403),
        ("GET", "/api/query?type=vm&page=x", 400),
        ("PUT", "/api/query", 405),
        ("POST", "/api/task/00000000-0000-4000-8000-000000000000/action/cancel", 403),
    ],
)
def test_errors_are_valid(schema: Validator, method: str, path: str, status: int) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    response = caller.send(method, path)
    assert response.status == status
    assert must_be_valid(schema, response, path) == f"{VCLOUD}Error"
    assert etree.fromstring(response.body).get("majorErrorCode") == str(status)
    assert re.fullmatch(r"application/vnd\.vmware\.vcloud\.error\+xml;version=[\d.]+", response.headers["Content-Type"])


@pytest.mark.parametrize("kind", ["status", "busy"])
@pytest.mark.parametrize("form", ["entity", "network", "task"])
def test_injected_errors_are_valid(schema: Validator, kind: str, form: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    caller = signed_in(simulator)
    simulator.faults.add(kind, form=form)
    must_be_valid(schema, caller.get("/api/org/"), f"{kind}, {form}")


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_task_is_valid_in_every_state(schema: Validator, looks: int) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    caller = signed_in(simulator)
    first = simulator.tasks.of("org1")[0]
    task = simulator.tasks.start("org1", first.owner, "Testing", "testing", polls=2)
    for _ in range(looks):
        caller.get(f"/api/task/{task.task_id}")
    response = caller.get(f"/api/task/{task.task_id}")
    must_be_valid(schema, response, f"task after {looks} looks")
    assert etree.fromstring(response.body).get("status") == ("queued", "running", "success")[looks]


FORMS: dict[str, dict[str, Any]] = {
    "as by default": {},
    "bare": {"progress_mode": "absent", "start_missing": True, "end_missing": True, "no_details": True},
    "full": {"queued_owner": "present", "queued_progress": "0", "cancel_link": "always", "task_links": "both"},
    "elsewhere": {"task_links": "location", "task_port_443": "both", "href_port_443": True},
    "other words": {"waiting_status": "preRunning", "running_status": "postRunning", "id_form": "bare-uuid"},
    "no names": {"list_reference_name": "absent", "error_code_in": "minorErrorCode", "group_tasks": True},
    "http errors": {"state_error_via": "http-409", "unknown_replication": 404, "task_gone_status": 404},
}


@pytest.mark.parametrize("trouble", ["", "error", "abort", "hang"])
@pytest.mark.parametrize("form", FORMS)
def test_a_recovery_is_valid_in_every_form(schema: Validator, form: str, trouble: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", replications=2, placeholders="visible", **FORMS[form]))
    caller = signed_in(simulator, version="9.0")
    group, roots = next(iter(simulator.world.replications.values())), set()
    group.trouble = trouble
    path, org = f"/api/vr/replications/{group.replication_id}", simulator.world.orgs["org1"].org_id
    body = '<FailoverParams xmlns="http://www.vmware.com/vr/v6.0"/>'
    media = "application/vnd.vmware.hcs.failoverParams+xml"
    for _ in range(2):  # the server rejects the second request
        started = caller.send("POST", f"{path}/action/failover", body, Content_Type=media)
        roots.add(must_be_valid(schema, started, "the response to an action"))
        task = f"/api/task/{simulator.tasks.of('org1')[-1].task_id}"
        for address in (
            task,
            task,
            path,
            f"/api/org/{org}/replications",
            f"/api/tasksList/{org}",
            "/api/task/" + "0" * 9,
        ):
            simulator.clock.advance(0.3)
            roots.add(must_be_valid(schema, caller.get(address), address))
        group_document = etree.fromstring(caller.get(path).body)
        for child in group_document.iterchildren(f"{VCLOUD}Link", f"{VCLOUD}Tasks"):
            # The schemas do not define the types of a group's vCloud elements separately, only their tasks.
            for element in child.iter(f"{VCLOUD}Task"):
                assert not schema.errors(etree.fromstring(etree.tostring(element)))
    removed = caller.send("DELETE", path)
    roots.add(must_be_valid(schema, removed, "the response to a removal"))
    assert {f"{VCLOUD}Task", f"{VCLOUD}References", f"{VCLOUD}TasksList", f"{VCLOUD}Error"} <= roots


def test_versions_are_valid() -> None:
    # The schema is older than ProviderLoginUrl, which came with 36.0.
    simulator = Simulator(SimulatorConfig(profile="vcd", api_versions=("5.6", "29.0", "33.0")))
    response = Caller(simulator).get("/api/versions")
    root = etree.fromstring(response.body)
    assert load_validator("versions").errors(root) == []


def test_detects_an_element_that_no_schema_has(schema: Validator) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    root = caller.xml("/api/org/" + next(iter(caller.simulator.world.orgs.values())).org_id)
    assert schema.errors(root) == []
    root.append(etree.Element(f"{VCLOUD}Invented"))
    assert "Invented" in schema.errors(root)[0]
