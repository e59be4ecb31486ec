"""Tests of the load balancer: convergence, references and invalid input."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from lxml import etree

from tests.unit.services.ans.fakes import EDGE_ID, SectionSession
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import ConflictError, DecodeError, SpecError
from vcloudair_core.services.ans.load_balancer.section import POOLS, PROFILES, RULES, SECTION, VIRTUAL_SERVERS
from vcloudair_core.services.ans.load_balancer.status import parse_json_status, parse_xml_status
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.transport.messages import Headers, Response

PATH = "/loadbalancer/config"
CERTIFICATES = f"GET /network/services/truststore/certificate/scope/{EDGE_ID}"
MONITOR = {"monitorId": "monitor-2", "type": "http", "interval": 5, "timeout": 15, "maxRetries": 3, "name": "health",
           "method": "GET", "url": "/", "newer": "kept"}  # fmt: skip
MEMBER = {"memberId": "member-1", "name": "web1", "ipAddress": "192.168.10.21", "port": 8080, "weight": 1,
          "condition": "enabled", "newer": "kept"}  # fmt: skip
POOL = {"poolId": "pool-3", "name": "web", "algorithm": "round-robin", "transparent": False,
        "monitorId": ["monitor-2"], "member": [MEMBER], "newer": "kept"}  # fmt: skip
PROFILE = {"applicationProfileId": "applicationProfile-1", "name": "https", "template": "HTTPS",
           "insertXForwardedFor": True, "sslPassthrough": False, "serverSslEnabled": False, "newer": "kept",
           "persistence": {"method": "cookie", "cookieName": "JSESSIONID", "cookieMode": "insert"}}  # fmt: skip
SERVER = {"virtualServerId": "virtualServer-1", "name": "site", "enabled": True, "ipAddress": "203.0.113.10",
          "protocol": "https", "port": 443, "applicationProfileId": "applicationProfile-1",
          "defaultPoolId": "pool-3", "applicationRuleId": ["applicationRule-1"], "newer": "kept"}  # fmt: skip
TREE: dict[str, Any] = {
    "featureType": "loadbalancer_4.0",
    "version": 3,
    "enabled": True,
    "accelerationEnabled": False,
    "logging": {"enable": False, "logLevel": "info"},
    "virtualServer": [SERVER],
    "pool": [POOL],
    "monitor": [MONITOR],
    "applicationProfile": [PROFILE],
    "applicationRule": [{"applicationRuleId": "applicationRule-1", "name": "rule", "script": "acl x"}],
    "newer": "kept",
}
NEW = {
    "monitors": [{"name": "ping", "type": "icmp"}],
    "application_profiles": [{"name": "tcp", "type": "tcp"}],
    "pools": [{"name": "db", "monitor": "ping", "members": [{"name": "db1", "ip_address": "10.0.0.5", "port": 5432}]}],
    "virtual_servers": [{"name": "db", "ip_address": "203.0.113.11", "protocol": "tcp", "port": 5432, "pool": "db",
                         "application_profile": "tcp"}],
}  # fmt: skip


def fill(element: Any, values: dict[str, Any]) -> None:
    """Add the values of a JSON object to an XML element."""
    for key, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            child = etree.SubElement(element, key)
            if isinstance(item, dict):
                fill(child, item)
            else:
                child.text = str(item).lower() if isinstance(item, bool) else str(item)


def as_xml(tree: dict[str, Any]) -> bytes:
    """Return a section in XML."""
    root = etree.Element("loadBalancer")
    fill(root, {key: value for key, value in tree.items() if key != "featureType"})
    return etree.tostring(root)


class Harness:
    """An edge with a load balancer, and the resource kinds of the section."""

    def __init__(self, edge_api: str, tree: dict[str, Any] | None = None) -> None:
        tree = copy.deepcopy(TREE if tree is None else tree)
        self.is_xml = edge_api == "network_xml"
        self.session = SectionSession(
            PATH, as_xml(tree) if self.is_xml else json.dumps(tree).encode(), edge_api=edge_api
        )

    def ensure(
        self, spec: Any, state: type[Present] | type[Absent] | type[Exactly] = Present, one_list: Any = None
    ) -> Outcome:
        """Converge the section if ``spec`` is a mapping, or the objects in a list.

        ``one_list`` is the list of the section that contains the objects.
        """
        kind: Any = SectionKind(SECTION) if isinstance(spec, dict) else RuleKind(SECTION, one_list)
        specs = [spec] if isinstance(spec, dict) else spec
        desired: Desired = state(tuple(kind.parse(item) for item in specs))
        kind.validate(desired)
        return ensure(kind, kind.open(self.session, {}), desired)

    def read(self) -> Any:
        kind: Any = SectionKind(SECTION)
        return kind.project(kind.open(self.session, {}).read())

    def records(self, name: str) -> list[dict[str, Any]]:
        """Return the raw records of a list. In XML, values are strings."""
        if not self.is_xml:
            records: list[dict[str, Any]] = json.loads(self.session.body)[name]
            return records
        return [
            {leaf.tag: leaf.text for leaf in record} for record in etree.fromstring(self.session.body).findall(name)
        ]

    def reference(self, name: str, field: str, at: int = -1) -> Any:
        """Return a field of the object at position ``at``.

        If the field is a list with one item, return the item.
        """
        value = self.records(name)[at].get(field)
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    def answer_certificates(self, *names: str) -> None:
        items = [
            f"<certificate><objectId>{EDGE_ID}:certificate-{number}</objectId><name>CN</name>"
            f"<description>{name}</description><pemEncoding>x</pemEncoding></certificate>"
            for number, name in enumerate(names, 1)
        ]
        body = f"<certificates>{''.join(items)}</certificates>".encode()
        self.session.answers[CERTIFICATES] = [Response(200, Headers({}), body) for _ in range(9)]

    def calls(self, method: str) -> int:
        return sum(call[0] == method for call in self.session.calls)


@pytest.fixture(params=["network_xml", "network_json", "hybridity"])
def harness(request: pytest.FixtureRequest) -> Harness:
    return Harness(request.param)


@pytest.fixture(params=["network_xml", "network_json"])
def nsxv(request: pytest.FixtureRequest) -> Harness:
    """An NSX-V edge. The certificate API of vCloud Air is unknown."""
    return Harness(request.param)


def test_objects_are_read_with_names_in_place_of_ids(harness: Harness) -> None:
    shown = harness.read()
    assert (shown["enabled"], shown["acceleration"], shown["log_level"], shown["version"]) == (True, False, "info", 3)
    [monitor], [pool], [profile], [server] = (
        shown[name] for name in ("monitors", "pools", "application_profiles", "virtual_servers")
    )
    assert (monitor["name"], monitor["type"], monitor["max_retries"]) == ("health", "http", 3)
    assert (pool["monitor"], pool["members"][0]["port"]) == ("health", 8080)
    assert (profile["type"], profile["persistence"], profile["cookie_name"]) == ("https", "cookie", "JSESSIONID")
    assert (server["pool"], server["application_profile"], server["port"]) == ("web", "https", 443)
    assert harness.calls("GET") == 1


def test_one_write_creates_objects_that_refer_to_each_other(harness: Harness) -> None:
    outcome = harness.ensure(NEW)
    assert outcome.plan.summary() == "4 to create"
    assert (harness.calls("GET"), harness.calls("PUT")) == (2, 1)
    assert harness.reference("monitor", "monitorId") == "monitor-3"
    assert harness.reference("pool", "monitorId") == "monitor-3"
    assert harness.reference("pool", "poolId") == "pool-4"
    assert harness.reference("virtualServer", "defaultPoolId") == "pool-4"
    assert harness.reference("virtualServer", "applicationProfileId") == "applicationProfile-2"
    assert "virtualServerId" not in harness.records("virtualServer")[-1]
    assert not harness.ensure(NEW).changed


def test_everything_that_is_not_listed_is_kept(harness: Harness) -> None:
    members = [{"name": "web1", "ip_address": "192.168.10.21", "port": 8081}]
    assert harness.ensure({"pools": [{"name": "web", "members": members}], "log_level": "debug"}).changed
    body = harness.session.body
    assert body.count(b"kept") == 6
    assert b"member-1" in body
    assert b"8081" in body
    assert b"applicationRule-1" in body
    assert harness.reference("pool", "monitorId") == "monitor-2"
    assert harness.read()["log_level"] == "debug"


def test_references_are_changed_and_cleared_by_name(harness: Harness) -> None:
    harness.ensure(NEW)
    assert harness.ensure([{"name": "site", "pool": "db"}], one_list=VIRTUAL_SERVERS).changed
    assert harness.reference("virtualServer", "defaultPoolId", 0) == "pool-4"
    assert harness.ensure([{"name": "web", "clear": ["monitor"]}], one_list=POOLS).changed
    assert not harness.reference("pool", "monitorId", 0)
    assert not harness.ensure([{"name": "web", "clear": ["monitor"]}], one_list=POOLS).changed


def test_objects_in_use_are_not_deleted(harness: Harness) -> None:
    with pytest.raises(ConflictError, match=r"Deleting monitor 'health' failed\. It is in use by pool 'web'"):
        harness.ensure([{"name": "health"}], Absent)
    with pytest.raises(ConflictError, match="in use by virtual server 'site'") as caught:
        harness.ensure([{"name": "web"}], Absent, POOLS)
    assert caught.value.written is False
    assert harness.calls("PUT") == 0


def test_objects_are_deleted_together_with_their_users(harness: Harness) -> None:
    empty: dict[str, Any] = {name: [] for name in ("monitors", "pools", "application_profiles", "virtual_servers")}
    assert harness.ensure({**empty, "allow_empty": True}, Exactly).plan.summary() == "1 to update, 4 to delete"
    shown = harness.read()
    assert all(shown[name] == [] for name in empty)


def test_unknown_names_are_rejected_before_the_write(harness: Harness) -> None:
    with pytest.raises(SpecError, match="no monitor named 'helth'; did you mean 'health'") as caught:
        harness.ensure([{"name": "new", "monitor": "helth"}], one_list=POOLS)
    assert [problem.path for problem in caught.value.problems] == ["monitor"]
    with pytest.raises(SpecError) as caught:
        harness.ensure({"virtual_servers": [{"name": "site", "pool": "nowhere"}]})
    assert [problem.path for problem in caught.value.problems] == ["virtual_servers[0].pool"]
    assert harness.calls("PUT") == 0


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"monitors": [{"name": "new"}]}, "monitors[0].type"),
        ({"monitors": [{"name": "new", "type": "tcp", "url_path": "/"}]}, "monitors[0].url_path"),
        ({"monitors": [{"name": "new", "type": "icmp", "send": "x"}]}, "monitors[0].send"),
        ({"pools": [{"name": "new", "members": [{"name": "a", "port": 80}]}]}, "pools[0].members[0].ip_address"),
        (
            {"pools": [{"name": "new", "members": [{"name": "a", "port": 80, "ip_address": "10.0.0"}]}]},
            "pools[0].members[0].ip_address",
        ),
        (
            {"pools": [{"name": "p", "members": [{"name": "a", "port": 1, "ip_address": "10.0.0.1"}] * 2}]},
            "pools[0].members",
        ),
        ({"pools": [{"name": "a"}, {"name": "a"}]}, "pools[1].name"),
        ({"application_profiles": [{"name": "new"}]}, "application_profiles[0].type"),
        (
            {"application_profiles": [{"name": "new", "persistence": "sourceip", "cookie_name": "x"}]},
            "application_profiles[0].cookie_name",
        ),
        ({"application_profiles": [{"name": "n", "persistence": "x"}]}, "application_profiles[0].persistence"),
        ({"virtual_servers": [{"name": "new", "protocol": "tcp", "port": 80}]}, "virtual_servers[0].ip_address"),
        ({"virtual_servers": [{"name": "site", "port": 70000}]}, "virtual_servers[0].port"),
    ],
)
def test_invalid_input_is_rejected_before_the_write(harness: Harness, spec: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecError) as caught:
        harness.ensure(spec)
    assert path in [problem.path for problem in caught.value.problems]
    assert harness.calls("PUT") == 0


def test_an_exact_section_has_only_the_listed_objects(harness: Harness) -> None:
    harness.ensure(NEW)
    exported = harness.read()
    assert not harness.ensure(exported, Exactly).changed
    assert harness.ensure(TREE_AS_INPUT, Exactly).changed
    assert [server["name"] for server in harness.read()["virtual_servers"]] == ["site"]


TREE_AS_INPUT = {
    "enabled": True,
    "monitors": [{"name": "health", "type": "http"}],
    "pools": [{"name": "web", "members": [{"name": "web1", "ip_address": "192.168.10.21", "port": 8080}]}],
    "application_profiles": [{"name": "https", "type": "https"}],
    "virtual_servers": [{"name": "site", "ip_address": "203.0.113.10", "protocol": "https", "port": 443}],
}


def test_nested_settings_of_a_profile_are_removed(harness: Harness) -> None:
    assert harness.ensure([{"name": "https", "clear": ["persistence"]}], one_list=PROFILES).changed
    assert b"persistence" not in harness.session.body
    assert not harness.ensure([{"name": "https", "clear": ["persistence"]}], one_list=PROFILES).changed


def test_certificates_are_named(nsxv: Harness) -> None:
    nsxv.answer_certificates("www", "ca", "twin", "twin")
    spec = [{"name": "https", "certificate": "www", "ca_certificates": ["ca"]}]
    assert nsxv.ensure(spec, one_list=PROFILES).changed
    assert b"certificate-1" in nsxv.session.body
    assert nsxv.read()["application_profiles"][0]["certificate"] == "www"
    assert not nsxv.ensure([{"name": "https", "certificate": "certificate-1"}], one_list=PROFILES).changed
    assert not nsxv.ensure(nsxv.read(), Exactly).changed
    assert nsxv.ensure([{"name": "https", "certificate": "certificate-3"}], one_list=PROFILES).changed
    assert nsxv.read()["application_profiles"][0]["certificate"] == "certificate-3"
    assert nsxv.ensure([{"name": "https", "clear": ["certificate"]}], one_list=PROFILES).changed
    assert "certificate" not in nsxv.read()["application_profiles"][0]


def test_unknown_certificates_are_rejected(nsxv: Harness) -> None:
    nsxv.answer_certificates("www", "twin", "twin")
    with pytest.raises(SpecError, match="no certificate named 'ww'; did you mean 'www'"):
        nsxv.ensure([{"name": "https", "certificate": "ww"}], one_list=PROFILES)
    with pytest.raises(SpecError, match="2 certificates are named 'twin'; use an ID instead: certificate-2") as caught:
        nsxv.ensure({"application_profiles": [{"name": "https", "ca_certificates": ["twin"]}]})
    assert caught.value.problems[0].path == "application_profiles[0].ca_certificates[0]"
    assert nsxv.calls("PUT") == 0


def test_ids_are_shown_if_certificates_cannot_be_read(nsxv: Harness) -> None:
    nsxv.answer_certificates("www")
    nsxv.ensure([{"name": "https", "certificate": "www"}], one_list=PROFILES)
    nsxv.session.answers.clear()
    assert nsxv.read()["application_profiles"][0]["certificate"] == "certificate-1"


def test_application_rules_are_named_in_order(nsxv: Harness) -> None:
    assert nsxv.read()["virtual_servers"][0]["application_rules"] == ["rule"]
    script = "acl old path_beg /old\nredirect location https://www.example.com/ if old"
    spec = {
        "application_rules": [{"name": "new", "script": script}],
        "virtual_servers": [{"name": "site", "application_rules": ["new", "rule"]}],
    }
    assert nsxv.ensure(spec).changed
    assert nsxv.read()["virtual_servers"][0]["application_rules"] == ["new", "rule"]
    assert nsxv.read()["application_rules"][1] == {"name": "new", "script": script}
    assert not nsxv.ensure(spec).changed
    spaced = [{"name": "new", "script": script.replace("\n", " \r\n") + "\n"}]
    assert not nsxv.ensure(spaced, one_list=RULES).changed
    assert nsxv.ensure([{"name": "site", "application_rules": ["rule", "new"]}], one_list=VIRTUAL_SERVERS).changed
    assert nsxv.read()["virtual_servers"][0]["application_rules"] == ["rule", "new"]
    assert nsxv.ensure([{"name": "site", "application_rules": []}], one_list=VIRTUAL_SERVERS).changed
    assert not nsxv.read()["virtual_servers"][0].get("application_rules")


def test_application_rules_in_use_are_not_deleted(nsxv: Harness) -> None:
    with pytest.raises(ConflictError, match="Deleting application rule 'rule' failed. It is in use by virtual server"):
        nsxv.ensure([{"name": "rule"}], Absent, one_list=RULES)
    with pytest.raises(SpecError, match="no application rule named 'rul'; did you mean 'rule'"):
        nsxv.ensure([{"name": "site", "application_rules": ["rul"]}], one_list=VIRTUAL_SERVERS)
    with pytest.raises(SpecError, match="script: is required, because 'new' does not exist yet"):
        nsxv.ensure([{"name": "new"}], one_list=RULES)
    assert nsxv.calls("PUT") == 0


def test_new_objects_of_a_disabled_load_balancer_cause_a_warning() -> None:
    harness = Harness("network_json", {**TREE, "enabled": False})
    assert any("The load balancer is disabled" in text for text in harness.ensure(NEW["monitors"]).warnings)
    harness = Harness("network_json", {**TREE, "enabled": False})
    assert not any("is disabled" in text for text in harness.ensure({**NEW, "enabled": True}).warnings)


@pytest.mark.parametrize("body", [b"{}", b'{"featureType": "dhcp_4.0", "pool": []}', b'{"virtualServer": 3}', b"[]"])
def test_other_sections_are_rejected(body: bytes) -> None:
    harness = Harness("network_json")
    harness.session.body = body
    with pytest.raises(DecodeError):
        harness.read()


def test_status_is_parsed_by_name() -> None:
    tree = {
        "virtualServer": [{"virtualServerId": "virtualServer-1", "name": "site", "status": "OPEN"}],
        "pool": [{"poolId": "pool-1", "name": "web", "status": "UP", "member": [{"name": "web1", "status": "DOWN"}]}],
    }
    root = etree.Element("loadBalancerStatusAndStats")
    fill(root, tree)
    statuses = {("virtualServer", "site"): "open", ("pool", "web"): "up", ("pool", "web", "web1"): "down"}
    assert parse_json_status(json.dumps(tree).encode()) == statuses
    assert parse_xml_status(etree.tostring(root)) == statuses
    for parse, body in ((parse_json_status, b"[]"), (parse_xml_status, b"<dhcp/>")):
        with pytest.raises(DecodeError):
            parse(body)
