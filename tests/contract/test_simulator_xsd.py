"""Every vCloud document of the simulator against VMware's own schemas, found by following what it links to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, signed_in
from vcloudair_core.http import Response
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.query_types import TYPES

SCHEMAS = Path(__file__).resolve().parents[2].parent / "shared" / "schemas" / "vcloud"
START = SCHEMAS / "1.5" / "schemas" / "vcloud" / "vcloud.xsd"
VERSIONS = SCHEMAS / "schemas" / "versioning" / "versions.xsd"
VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
XS = "{http://www.w3.org/2001/XMLSchema}"

# The newest schema wants AuthorizedLocations, which servers of the time did not send. Source: api/sessions.md §4.3.
EXEMPT = {f"{VCLOUD}Session"}
# Attributes that recorded answers have and the schema has not. Source: api/real-world-notes.md §3.
RECORDED = {
    "VMRecord": {"isVdcEnabled", "pvdcHighestSupportedHardwareVersion", "vmToolsVersion"},
    "EdgeGatewayRecord": {"isSyslogServerSettingInSync"},
}

# Types that a tenant may ask for and of which the simulator has nothing.
EMPTY = set(TYPES) - {
    "vm", "vApp", "vAppTemplate", "edgeGateway", "orgVdc", "organization", "orgVdcNetwork", "orgVdcStorageProfile",
    "catalog", "catalogItem", "user", "role", "task",
}  # fmt: skip
FORMATS_OF = {
    name: ["records", "idrecords"] + (["references"] if kind.references else []) for name, kind in TYPES.items()
}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

pytestmark = pytest.mark.skipif(not START.is_file(), reason=f"there are no schemas at {SCHEMAS}")


class _Local(etree.Resolver):
    """The schemas name six others by URL; all of them are files here."""

    FILES = {
        "xml.xsd": "xml.xsd",
        "dsp8023_1.1.0.xsd": "ovf1.1/dsp8023_1.1.0.xsd",
        "dsp8027_1.1.0.xsd": "ovf1.1/dsp8027_1.1.0.xsd",
        "common.xsd": "ovf1.1/common.xsd",
        "CIM_VirtualSystemSettingData.xsd": "ovf1.1/CIM_VirtualSystemSettingData.xsd",
        "CIM_ResourceAllocationSettingData.xsd": "ovf1.1/CIM_ResourceAllocationSettingData.xsd",
        "ovf.xsd": "ovf1.1/ovf-vmware.xsd",
    }

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        if not system_url.startswith(("http://", "https://")):
            return None
        name = self.FILES[system_url.rsplit("/", 1)[-1]]
        lxml_part: Any = self  # the stubs of lxml do not know this method
        return lxml_part.resolve_filename(str(SCHEMAS / "schemas" / "external" / name), context)


def load(file: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(str(file), parser))


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return load(START)


@pytest.fixture(params=["vchs", "vca", "vcd", "all"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    simulator = Simulator(SimulatorConfig(profile=request.param, vms=30, edges=2, replications=3, templates=3))
    machines = list(simulator.world.vms.values())
    machines[0].metadata = {"tier": "gold", "seats": 3, "is prod": True}
    yield signed_in(simulator, version="9.0")


def must_be_valid(schema: etree.XMLSchema, response: Response, what: str) -> str:
    """The name of the document's root. Raises AssertionError with what the schema says."""
    root = etree.fromstring(response.body)
    name = str(root.tag)
    if not name.startswith(VCLOUD) or name in EXEMPT:
        return name
    assert schema.validate(root), f"{what}: {schema.error_log}\n{response.text[:2000]}"
    return name


def hrefs(response: Response) -> list[str]:
    root = etree.fromstring(response.body)
    return [str(node.get("href")) for node in root.iter("*") if node.get("href")]


def test_every_link_leads_to_a_valid_document(caller: Caller, schema: etree.XMLSchema) -> None:
    """From the session over everything that is named anywhere; nothing is unknown, nothing invalid."""
    waiting, seen, roots = [f"{caller.root}/api/session", f"{caller.root}/api/query"], set(), set()
    while waiting:
        address = waiting.pop()
        # A place to ask for one thing, and things that are done, not read.
        if address in seen or address.endswith("/api/entity/") or "/action/" in address:
            continue
        seen.add(address)
        response = caller.get(address)
        assert response.status in (200, 403), f"{address}: {response.status} {response.text[:300]}"
        roots.add(must_be_valid(schema, response, address).rpartition("}")[2])
        waiting += hrefs(response)
    assert len(seen) > 60
    expected = {"Org", "OrgList", "Vdc", "EdgeGateway", "VApp", "Vm", "Task", "TasksList", "QueryList", "Error"}
    expected |= {"QueryResultRecords", "References", "ReplicationGroup", "VrRecoveryDetails"}
    assert expected <= roots
    assert {query_type.references for query_type in TYPES.values() if query_type.references} <= roots


def test_metadata_is_valid(caller: Caller, schema: etree.XMLSchema) -> None:
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
def test_every_query_is_valid_and_names_no_attribute_of_its_own(
    caller: Caller, schema: etree.XMLSchema, kind: str, form: str
) -> None:
    response = caller.get(f"{caller.root}/api/query?type={kind}&format={form}&pageSize=2")
    must_be_valid(schema, response, f"{kind} as {form}")
    root = etree.fromstring(response.body)
    rows = [node for node in root if not str(node.tag).endswith("}Link")]
    assert bool(rows) == (kind not in EMPTY)
    if form == "references":
        assert all(set(map(str, row.attrib)) == {"type", "name", "id", "href"} for row in rows)
        return
    allowed = record_attributes(TYPES[kind].record) | RECORDED.get(TYPES[kind].record, set())
    for row in rows:
        assert set(map(str, row.attrib)) <= allowed


def record_attributes(element: str) -> set[str]:
    """The attributes of a record element: those of its type and of QueryResultRecordType."""
    schema = etree.parse(str(START.with_name("queryRecordView.xsd")))
    type_name = schema.find(f"{XS}element[@name='{element}']")
    assert type_name is not None
    definition = schema.find(f"{XS}complexType[@name='{type_name.get('type')}']")
    assert definition is not None
    return {str(node.get("name")) for node in definition.iter(f"{XS}attribute")} | {"href", "id", "type"}


@pytest.mark.parametrize("version", ["5.1", "5.6", "9.0", "29.0", "36.3"])
def test_new_attributes_come_with_the_version_that_has_them(version: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version=version)
    row = etree.fromstring(caller.get("/api/query?type=edgeGateway").body)[-1]
    number = tuple(int(part) for part in version.split("."))
    assert ("advancedNetworkingEnabled" in row.attrib) == (number >= (7, 0))
    assert ("orgVdcName" in row.attrib) == (number >= (29, 0))


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
def test_errors_are_valid(schema: etree.XMLSchema, method: str, path: str, status: int) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    response = caller.send(method, path)
    assert response.status == status
    assert must_be_valid(schema, response, path) == f"{VCLOUD}Error"
    assert etree.fromstring(response.body).get("majorErrorCode") == str(status)
    assert re.fullmatch(r"application/vnd\.vmware\.vcloud\.error\+xml;version=[\d.]+", response.headers["Content-Type"])


@pytest.mark.parametrize("kind", ["status", "busy"])
@pytest.mark.parametrize("form", ["entity", "network", "task"])
def test_ordered_errors_are_valid(schema: etree.XMLSchema, kind: str, form: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    caller = signed_in(simulator)
    simulator.faults.add(kind, form=form)
    must_be_valid(schema, caller.get("/api/org/"), f"{kind}, {form}")


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_task_is_valid_in_every_state(schema: etree.XMLSchema, looks: int) -> None:
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
def test_a_recovery_is_valid_in_every_form(schema: etree.XMLSchema, form: str, trouble: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", replications=2, placeholders="visible", **FORMS[form]))
    caller = signed_in(simulator, version="9.0")
    group, roots = next(iter(simulator.world.replications.values())), set()
    group.trouble = trouble
    path, org = f"/api/vr/replications/{group.replication_id}", simulator.world.orgs["org1"].org_id
    body = '<FailoverParams xmlns="http://www.vmware.com/vr/v6.0"/>'
    media = "application/vnd.vmware.hcs.failoverParams+xml"
    for _ in range(2):  # the second is refused
        started = caller.send("POST", f"{path}/action/failover", body, Content_Type=media)
        roots.add(must_be_valid(schema, started, "the answer to an action"))
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
            # Parts of a group that are vCloud's own: their types stand for themselves in no schema, their tasks do.
            for shown in child.iter(f"{VCLOUD}Task"):
                assert schema.validate(etree.fromstring(etree.tostring(shown))), schema.error_log
    removed = caller.send("DELETE", path)
    roots.add(must_be_valid(schema, removed, "the answer to a removal"))
    assert {f"{VCLOUD}Task", f"{VCLOUD}References", f"{VCLOUD}TasksList", f"{VCLOUD}Error"} <= roots


def test_versions_are_valid() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    response = Caller(simulator).get("/api/versions")
    root = etree.fromstring(response.body)
    schema = load(VERSIONS)
    assert schema.validate(root), schema.error_log


def test_the_schemas_notice_what_is_wrong(schema: etree.XMLSchema) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    root = caller.xml("/api/org/" + next(iter(caller.simulator.world.orgs.values())).org_id)
    assert schema.validate(root)
    root.append(etree.Element(f"{VCLOUD}Invented"))
    assert not schema.validate(root)
