"""Fuzz targets: parsers of server responses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from tests.fuzz.recorded import SECTIONS, documents
from tests.fuzz.target import Target, texts
from vcloudair_core.engine.desired import Exactly
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.dhcp.leases import parse_json_leases, parse_xml_leases
from vcloudair_core.services.ans.dhcp_relay.nsxt import NsxtDhcpForwarderCodec
from vcloudair_core.services.ans.edge import codec as edge_codec
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.services.ans.firewall.hits import parse_json_counters, parse_xml_counters
from vcloudair_core.services.ans.ipsec import status
from vcloudair_core.services.ans.ipsec.nsxt.codec import NsxtIpsecCodec
from vcloudair_core.services.ans.load_balancer.status import parse_json_status, parse_xml_status
from vcloudair_core.services.ans.section.backends import codec_of
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.sections import load_section
from vcloudair_core.services.dr import vm_codec
from vcloudair_core.services.dr.model import Reference
from vcloudair_core.services.dr.vr import codec as dr_codec
from vcloudair_core.services.metrics import codec_json, codec_xml
from vcloudair_core.services.metrics.export import as_text
from vcloudair_core.services.metrics.model import series_of
from vcloudair_core.services.query import codec as query_codec
from vcloudair_core.services.query.record import Record
from vcloudair_core.services.query.record_types import built_in_types
from vcloudair_core.session.api_errors import error_from_response
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.task_codec import decode_task
from vcloudair_core.session.versions import choose_version
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util import xml

_MOMENT = datetime(2026, 1, 2, tzinfo=timezone.utc)
_WHAT = "the document"


def _versions(body: bytes) -> object:
    return choose_version(session_codec.decode_versions(body), where="https://vcd.example.test")


def _error(body: bytes) -> object:
    request = Request("GET", "https://vcd.example.test/api/x")
    error = error_from_response(Response(400 + len(body) % 200, Headers(), body), request, secrets=["hunter2"])
    assert error is not None
    assert len(str(error)) < 2_000
    return error.as_dict()


def _task(body: bytes) -> object:
    task = decode_task(body)
    return task and (task.as_dict(), task.is_finished, task.error)


def _session(body: bytes) -> object:
    return session_codec.decode_session(body)


def _portal(body: bytes) -> object:
    root = xml.local(xml.parse(body, what=_WHAT))
    service = session_codec.PortalService("a-b", "dedicated:vchs", "us", "https://x.test")
    readers: dict[str, Callable[[bytes], object]] = {
        "Session": session_codec.decode_portal_session,
        "Services": session_codec.decode_services,
        "Compute": lambda found: session_codec.decode_compute(found, service),
        "VCloudSession": session_codec.decode_vdc_credentials,
        "Vdc": session_codec.decode_vdc,
        "Org": session_codec.decode_org,
    }
    return readers.get(root, session_codec.decode_org)(body)


def _json_sessions(body: bytes) -> None:
    for read in (
        session_codec.decode_cloudapi_session,
        session_codec.decode_access_token,
        session_codec.decode_instances,
        session_codec.decode_plans,
    ):
        try:
            read(body)
        except DecodeError:
            continue


def _edges(body: bytes) -> object:
    return edge_codec.parse_edges(body), edge_codec.parse_vdc_names(body)


def _section(kind: Any, codec: Any) -> Callable[[bytes], object]:
    """Return a function that parses, projects, plans and encodes a section."""

    def read(body: bytes) -> object:
        document = codec.parse(body)
        projection = kind.project(document)
        plan = kind.plan(document, Exactly((kind.parse({}),)))
        return projection, plan.as_dict(), codec.encode(document), codec.encode(kind.merge(document, plan))

    return read


def _query(body: bytes) -> object:
    page = query_codec.parse_page(body, _WHAT)
    records = [Record(raw, built_in_types()["vm"], metadata).as_dict() for raw, metadata in page.rows]
    return records, page.next_href


def _vapp(body: bytes) -> object:
    return query_codec.parse_nics(body), query_codec.parse_name(body)


def _metrics_json(body: bytes) -> object:
    page = codec_json.parse_page(body, _WHAT)
    return _exported(series_of(codec_json.blocks_of(page.rows, _WHAT), "vca", ())[0])


def _metrics_xml(body: bytes) -> object:
    if xml.local(xml.parse(body, what=_WHAT)) == "CurrentUsage":
        runs = codec_xml.parse_current(body, "vm-1", _MOMENT, _WHAT)
    else:
        runs = codec_xml.parse_historic(body, "vm-1", _WHAT)
    return _exported(series_of(runs, "vcd-historic", ())[0])


def _exported(series: Any) -> list[str]:
    return [line for form in ("csv", "jsonl", "openmetrics") for line in as_text(form, series, {})]


def _recovery(body: bytes) -> object:
    reference = Reference("https://vcd.example.test/api/vr/replications/a-b", "web")
    readers: dict[str, Callable[[bytes], object]] = {
        "References": dr_codec.parse_page,
        "ReplicationGroup": lambda found: dr_codec.parse_group(found, reference),
        "VrRecoveryDetails": dr_codec.parse_recovery_details,
        "QueryResultRecords": vm_codec.parse_vms,
        "TasksList": dr_codec.parse_tasks,
    }
    return readers.get(xml.local(xml.parse(body, what=_WHAT)), dr_codec.parse_tasks)(body)


def _recovery_seeds() -> list[bytes]:
    task = documents("vcd auto", "/api/task/")[0]
    bare = task[task.index(b"<", 1) :] if task.startswith(b"<?xml") else task
    listed = b'<TasksList xmlns="http://www.vmware.com/vcloud/v1.5">' + bare + b"</TasksList>"
    seeds = documents("vcd auto", "eplication") + documents("recoveryDetails") + documents("vcd auto", "/api/query")[:3]
    return [*seeds, listed]


_FORMS = {"hybridity": "vchs auto", "network_xml": "vcd auto", "network_json": "vcd network_json"}
_ERRORS = (
    '<Error xmlns="http://www.vmware.com/vcloud/v1.5" majorErrorCode="400" minorErrorCode="BAD" message="[ a1b2c3d4-e5 ] No."/>',
    "<errors><error><errorCode>14507</errorCode><details>No such rule</details></error></errors>",
    '{"message": "no", "minorErrorCode": "BAD", "errorCode": 101}',
    "<html><head><title>502 Bad Gateway</title></head></html>",
    "x-vcloud-authorization: hunter2 was refused",
)
_JSON_SESSIONS = (
    '{"org": {"name": "acme", "id": "urn:vcloud:org:1"}, "user": {"name": "ops"}, "roles": ["Admin"]}',
    '{"access_token": "eyJ", "expires_in": 2592000, "refresh_token": null}',
    '{"plans": [{"id": "p1", "name": "x", "region": "us"}]}',
)

_NSXT_PROFILE = (
    '"_connectionProperties": {"securityType": "CUSTOM", "ikeConfiguration": {"ikeVersion": "IKE_V2", '
    '"encryptionAlgorithms": ["AES_256"], "digestAlgorithms": ["SHA2_256"], "dhGroups": ["GROUP14"], "saLifeTime": 28800}, '
    '"tunnelConfiguration": {"perfectForwardSecrecyEnabled": true, "dfPolicy": "COPY", "encryptionAlgorithms": '
    '["AES_GCM_128"], "digestAlgorithms": null, "dhGroups": ["GROUP14"], "saLifeTime": 3600}, '
    '"dpdConfiguration": {"probeInterval": 60}}'
)
_NSXT_TUNNELS = (
    '{"ipsec": {"tunnels": []}}',
    '{"ipsec": {"tunnels": [{"id": "1a", "name": "to-hq", "enabled": true, "authenticationMode": "PSK", "localEndpoint": '
    '{"localId": "203.0.113.10", "localAddress": "203.0.113.10", "localNetworks": ["10.0.1.0/24"]}, "remoteEndpoint": '
    '{"remoteId": "hq", "remoteAddress": "198.51.100.7", "remoteNetworks": ["192.168.0.0/24"]}, "certificateRef": '
    '{"id": "urn:vcloud:certificateLibraryItem:1", "name": "vpn"}, "connectorInitiationMode": "ON_DEMAND", '
    f'"securityType": "CUSTOM", "logging": false, "version": {{"version": 1}}, {_NSXT_PROFILE}}}]}}}}',
)

_DHCP_JSON = (
    '{"featureType": "dhcp_4.0", "version": 3, "enabled": true, "ipPools": {"ipPools": [{"poolId": "pool-1", "ipRange": '
    '"192.168.10.100-192.168.10.199", "leaseTime": "86400", "autoConfigureDNS": true}]}, "staticBindings": '
    '{"staticBindings": [{"bindingId": "binding-1", "macAddress": "00:50:56:01:02:03", "hostname": "web1", "ipAddress": '
    '"192.168.10.20", "primaryNameServer": "10.0.0.53", "autoConfigureDNS": false}]}, "logging": {"enable": false}}'
)
_DHCP_XML = (
    "<dhcp><version>3</version><enabled>true</enabled><staticBindings><staticBinding><macAddress>00:50:56:01:02:03"
    "</macAddress><hostname>web1</hostname><ipAddress>192.168.10.20</ipAddress></staticBinding></staticBindings><ipPools>"
    "<ipPool><ipRange>192.168.10.100-192.168.10.199</ipRange><leaseTime>infinite</leaseTime></ipPool></ipPools></dhcp>"
)
_DHCP_LEASES = (
    '{"hostLeaseInfosDto": {"hostLeaseInfoDtos": [{"ipAddress": "192.168.10.100", "macAddress": "00:50:56:00:00:01"}]}}',
    "<dhcpLeases><dhcpLeaseInfo><leaseInfo><ipAddress>192.168.10.100</ipAddress></leaseInfo></dhcpLeaseInfo></dhcpLeases>",
)
_HITS = (
    '{"timestamp": 1448532000, "connectionCount": 5, "byteCount": 7000, "packetCount": 60}',
    "<firewallRuleStats><timestamp>1448532000</timestamp><connectionCount>5</connectionCount></firewallRuleStats>",
)
_LOAD_BALANCER_JSON = (
    '{"featureType": "loadbalancer_4.0", "version": 3, "enabled": true, "logging": {"enable": false}, "monitor": '
    '[{"monitorId": "monitor-1", "name": "health", "type": "http"}], "pool": [{"poolId": "pool-1", "name": "web", '
    '"monitorId": ["monitor-1"], "member": [{"memberId": "member-1", "name": "web1", "ipAddress": "10.0.0.5", "port": '
    '80}]}], "applicationProfile": [{"name": "http", "template": "HTTP", "persistence": {"method": "cookie"}}], '
    '"virtualServer": [{"name": "site", "ipAddress": "203.0.113.10", "port": 80, "defaultPoolId": "pool-1"}]}'
)
_LOAD_BALANCER_XML = (
    "<loadBalancer><version>3</version><enabled>true</enabled><virtualServer><name>site</name><port>80</port>"
    "<defaultPoolId>pool-1</defaultPoolId></virtualServer><pool><poolId>pool-1</poolId><name>web</name><monitorId>"
    "monitor-1</monitorId><member><name>web1</name><ipAddress>10.0.0.5</ipAddress></member></pool><monitor><monitorId>"
    "monitor-1</monitorId><name>health</name></monitor></loadBalancer>"
)
_LOAD_BALANCER_STATUS = (
    '{"pool": [{"name": "web", "status": "UP", "member": [{"name": "web1", "status": "DOWN"}]}], "virtualServer": []}',
    "<loadBalancerStatusAndStats><pool><name>web</name><status>UP</status><member><name>web1</name></member></pool>"
    "</loadBalancerStatusAndStats>",
)

API_TARGETS = (
    Target("versions", _versions, lambda: documents("/api/versions")),
    Target("session", _session, lambda: documents("/api/sessions")),
    Target("portal", _portal, lambda: [*documents("vchs auto", "/api/vchs"), *documents("vchs auto", "/api/vdc"), *documents("/api/org/", "vchs")]),
    Target("json_sessions", _json_sessions, lambda: [*documents("/api/sc/instances"), *texts(*_JSON_SESSIONS)()]),
    Target("error", _error, texts(*_ERRORS)),
    Target("task", _task, lambda: documents("/api/task/")),
    Target("edges", _edges, lambda: documents("vcd auto", "/api/query")),
    Target("edge_job", edge_codec.parse_job, texts("<edgeJob><jobId>jobdata-1</jobId><status>COMPLETED</status><message>x</message></edgeJob>", '{"status": "FAILED", "message": "no"}')),
    *(
        Target(f"{section}_{edge_api}", _section(SectionKind(load_section(section)), codec_of(load_section(section), *EDGE_APIS[edge_api])), lambda way=way, section=section: documents(way, "GET", f"/{section}/config"))  # type: ignore[misc]
        for section in SECTIONS
        for edge_api, way in _FORMS.items()
        if EDGE_APIS[edge_api] in load_section(section).codecs
    ),
    *(
        Target(f"{section}_{edge_api}", _section(SectionKind(load_section(section)), codec_of(load_section(section), *EDGE_APIS[edge_api])), lambda way=way, path=path: documents(way, "GET", path))  # type: ignore[misc]
        for section, path in (("static_routes", "/routing/config/static"), ("dns", "/dns/config"))
        for edge_api, way in _FORMS.items()
        if EDGE_APIS[edge_api] in load_section(section).codecs
    ),
    *(
        Target(f"dhcp_{edge_api}", _section(SectionKind(load_section("dhcp")), codec_of(load_section("dhcp"), *EDGE_APIS[edge_api])), texts(_DHCP_XML if edge_api == "network_xml" else _DHCP_JSON))
        for edge_api in _FORMS
    ),
    *(
        Target(f"load_balancer_{edge_api}", _section(SectionKind(load_section("load_balancer")), codec_of(load_section("load_balancer"), *EDGE_APIS[edge_api])), texts(_LOAD_BALANCER_XML if edge_api == "network_xml" else _LOAD_BALANCER_JSON))
        for edge_api in _FORMS
    ),
    Target("load_balancer_status_json", parse_json_status, texts(_LOAD_BALANCER_STATUS[0])),
    Target("load_balancer_status_xml", parse_xml_status, texts(_LOAD_BALANCER_STATUS[1])),
    Target("dhcp_forwarder", _section(SectionKind(load_section("dhcp_relay")), NsxtDhcpForwarderCodec()), texts('{"enabled": true, "dhcpServers": ["10.9.0.2"], "version": {"version": 0}}')),
    Target("dhcp_leases_json", parse_json_leases, texts(_DHCP_LEASES[0])),
    Target("dhcp_leases_xml", parse_xml_leases, texts(_DHCP_LEASES[1])),
    Target("firewall_hits_json", parse_json_counters, texts(_HITS[0])),
    Target("firewall_hits_xml", parse_xml_counters, texts(_HITS[1])),
    Target("ipsec_nsxt", _section(SectionKind(load_section("ipsec")), NsxtIpsecCodec()), texts(*_NSXT_TUNNELS)),
    Target("ipsec_status", status.parse_status, lambda: documents("/ipsec/statistics")),
    Target("query", _query, lambda: documents("vcd auto", "/api/query")),
    Target("vapp", _vapp, lambda: documents("vcd auto", "/api/vApp/vapp-")),
    Target("metrics_json", _metrics_json, lambda: documents("/hybridity/api/metrics/")),
    Target("metrics_xml", _metrics_xml, lambda: documents("/metrics/", "vcd auto")),
    Target("recovery", _recovery, _recovery_seeds),
)  # fmt: skip
