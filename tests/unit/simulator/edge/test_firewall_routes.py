"""Tests of firewall routes in the three wire formats.

Source: protocol/ans.md §2, §6, §7, §8.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Response

RULE: dict[str, Any] = {
    "name": "web in",
    "action": "accept",
    "source": {"vnicGroupId": ["external"]},
    "destination": {"ipAddress": ["203.0.113.10"]},
    "application": {"service": [{"protocol": "tcp", "port": ["443"]}]},
}
XML_RULE = (
    "<firewallRule><name>web in</name><action>accept</action>"
    "<source><vnicGroupId>external</vnicGroupId></source>"
    "<destination><ipAddress>203.0.113.10</ipAddress></destination>"
    "<application><service><protocol>tcp</protocol><port>443</port></service></application></firewallRule>"
)


class Firewall:
    """The firewall of the first edge in one wire format.

    The arguments of its methods are in JSON format.
    """

    def __init__(self, form: str, **options: Any) -> None:
        self.form = form
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile="vchs", **options)))
        edge = first_edge(self.caller.simulator)
        place = "/hybridity/api/gateways" if form == "hybridity" else "/network/edges"
        self.path = f"{place}/{edge.edge_id}/firewall/config"
        self.type = "application/xml" if form == "xml" else "application/json"
        self.accept = "application/*+xml;version=9.0" if form == "xml" else "application/json"

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = first_edge(self.caller.simulator).firewall
        return state

    def get(self) -> Response:
        return self.caller.get(self.path, Accept=self.accept)

    def put(self, rules: list[dict[str, Any]], **more: Any) -> Response:
        body: str | bytes
        if self.form == "xml":
            body = "<firewall>" + "".join(_xml(name, value) for name, value in more.items())
            body += "<firewallRules>" + "".join(_xml("firewallRule", _with_id(rule)) for rule in rules)
            body += "</firewallRules></firewall>"
        else:
            whole = {"featureType": "firewall_4.0", **more, "firewallRules": {"firewallRules": rules}}
            body = json.dumps(whole)
        return self.caller.send("PUT", self.path, body, Content_Type=self.type, Accept=self.accept)

    def send(self, method: str, tail: str, body: str = "", content_type: str = "") -> Response:
        headers = {"Content_Type": content_type or self.type} if body else {}
        return self.caller.send(method, self.path + tail, body, Accept=self.accept, **headers)

    def error(self, response: Response) -> tuple[int, int, str]:
        """Return the HTTP status, the NSX error code and the error text."""
        if self.form == "xml":
            root = etree.fromstring(response.body)
            assert root.tag == "error"
            return response.status, int(root.findtext("errorCode") or 0), root.findtext("details") or ""
        body = json.loads(response.body)
        assert set(body) == {"details", "errorCode", "moduleName", "rootCauseString", "errorData"}
        return response.status, body["errorCode"], body["details"]


def _with_id(rule: dict[str, Any]) -> dict[str, Any]:
    return {"id" if key == "ruleId" else key: value for key, value in rule.items()}


def _xml(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_xml(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_xml(key, item) for key, item in value.items())}</{name}>"
    return f"<{name}>{str(value).lower() if isinstance(value, bool) else value}</{name}>"


@pytest.fixture(params=["hybridity", "xml", "json"])
def firewall(request: pytest.FixtureRequest) -> Firewall:
    return Firewall(request.param)


@pytest.fixture(params=["xml", "json"])
def network(request: pytest.FixtureRequest) -> Firewall:
    return Firewall(request.param)


def test_new_edge_denies_and_has_internal_rules(firewall: Firewall) -> None:
    answer = firewall.get()
    assert answer.status == 200
    if firewall.form == "xml":
        root = etree.fromstring(answer.body)
        assert [child.tag for child in root] == ["version", "enabled", "globalConfig", "defaultPolicy", "firewallRules"]
        assert [rule.findtext("ruleType") for rule in root[-1]] == ["internal_high", "default_policy"]
        assert root[-1][0].find("id") is not None
        assert root[-1][0].find("matchTranslated") is None
    else:
        body = json.loads(answer.body)
        assert body["featureType"] == "firewall_4.0"
        assert [rule["ruleType"] for rule in body["firewallRules"]["firewallRules"]] == [
            "internal_high",
            "default_policy",
        ]
        assert body["defaultPolicy"] == {"action": "deny", "loggingEnabled": False}


def test_put_returns_204_and_increments_the_version(firewall: Firewall) -> None:
    before = firewall.state["version"]
    answer = firewall.put([RULE])
    assert (answer.status, answer.body) == (204, b"")
    assert firewall.state["version"] == before + 1
    rule = firewall.state["user"][0]
    assert rule["ruleId"] == rule["ruleTag"] >= 131073
    assert rule["application"]["service"] == [{"protocol": "tcp", "port": ["443"], "sourcePort": ["any"]}]
    assert rule["source"]["ipAddress"] == []


def test_user_rules_keep_their_order_before_the_default_rule(firewall: Firewall) -> None:
    firewall.put([{**RULE, "name": name} for name in "abc"])
    first = [rule["name"] for rule in firewall.state["user"]]
    rules = copy.deepcopy(firewall.state["user"])[::-1]
    assert firewall.put(rules).status == 204
    assert [rule["name"] for rule in firewall.state["user"]] == first[::-1] == list("cba")


def test_known_rules_keep_their_ids_and_unknown_ids_are_rejected(firewall: Firewall) -> None:
    firewall.put([RULE, {**RULE, "name": "second"}])
    ids = [rule["ruleId"] for rule in firewall.state["user"]]
    assert firewall.put(copy.deepcopy(firewall.state["user"])).status == 204
    assert [rule["ruleId"] for rule in firewall.state["user"]] == ids
    status, code, details = firewall.error(firewall.put([{**RULE, "ruleId": 999999}]))
    assert (status, code) == (400, 12004)
    assert "999999" in details


def test_rule_with_unknown_keys_is_returned_byte_for_byte() -> None:
    firewall = Firewall("json")
    firewall.put([RULE])
    number = firewall.state["user"][0]["ruleId"]
    # The rule has every key in an unusual order, and two unknown keys.
    odd = (
        '{"zeta": {"deep": [1, {"b": null, "a": "x"}]}, "action": "accept", "ruleType": "user", "name": "odd", '
        f'"ruleTag": {number}, "enabled": true, "description": "", "ruleId": {number}, "matchTranslated": false, '
        '"source": {"vnicGroupId": [], "groupingObjectId": [], "exclude": false, "future": "kept", '
        '"ipAddress": ["2.2.2.2/24"]}, "loggingEnabled": false, "alpha": 1.5}'
    )
    whole = f'{{"featureType": "firewall_4.0", "firewallRules": {{"firewallRules": [{odd}]}}}}'
    assert firewall.send("PUT", "", whole).status == 204
    assert odd in firewall.get().text
    assert firewall.send("GET", f"/rules/{number}").text == odd


def test_unknown_keys_of_the_section_are_kept() -> None:
    firewall = Firewall("json")
    firewall.put([], enabled=False, globalConfig={"udpTimeout": 90, "newer": 7}, template={"a": [1]})
    body = json.loads(firewall.get().body)
    assert (body["enabled"], body["template"]) == (False, {"a": [1]})
    assert (body["globalConfig"]["udpTimeout"], body["globalConfig"]["newer"]) == (90, 7)


def test_missing_fields_are_reset(firewall: Firewall) -> None:
    firewall.put([RULE], defaultPolicy={"action": "accept", "loggingEnabled": True}, globalConfig={"udpTimeout": 90})
    assert firewall.state["defaultPolicy"]["action"] == "accept"
    firewall.put([])
    assert firewall.state["defaultPolicy"] == {"action": "deny", "loggingEnabled": False}
    assert firewall.state["globalConfig"]["udpTimeout"] == 60
    assert firewall.state["globalConfig"]["tcpTimeoutEstablished"] == (3600 if firewall.form == "hybridity" else 21600)


def test_stale_version_is_a_conflict(firewall: Firewall) -> None:
    present = firewall.state["version"]
    assert firewall.put([RULE], version=present).status == 204
    before = copy.deepcopy(firewall.state)
    status, _, details = firewall.error(firewall.put([], version=present))
    assert status == 409
    assert "older version" in details
    assert firewall.state == before
    assert firewall.put([]).status == 204


@pytest.mark.parametrize(("switch", "status"), [("reject-any", 400), ("ignore", 204)])
def test_option_selects_the_version_check(switch: str, status: int) -> None:
    firewall = Firewall("json", strict_version=switch)
    assert firewall.put([], version=firewall.state["version"] + 7).status == status


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"action": "allow"}, 12003, "Invalid action allow"),
        ({"action": None}, 12003, "Invalid action"),
        ({"application": {"service": [{"protocol": "sctp"}]}}, 12001, "Invalid protocol sctp"),
        ({"application": {"service": [{"protocol": "tcp", "port": ["70000"]}]}}, 12007, "Invalid port 70000"),
        ({"application": {"service": [{"protocol": "tcp", "port": ["9-3"]}]}}, 12007, "Invalid port 9-3"),
        ({"application": {"service": [{"protocol": "icmp", "icmpType": "ping"}]}}, 12008, "ping"),
        ({"source": {"ipAddress": ["10.0.0.256"]}}, 15012, "firewallRules[0].source.ipAddress"),
        ({"destination": {"ipAddress": ["10.0.0.9-10.0.0.1"]}}, 15012, "firewallRules[0].destination.ipAddress"),
        ({"source": {"vnicGroupId": ["203.0.113.9"]}}, 12006, "Invalid vnic group id"),
        ({"source": {"groupingObjectId": ["nothing"]}}, 202, "could not be found"),
        ({"ruleTag": 70000}, 12009, "1-65536"),
    ],
)
def test_invalid_rules_return_nsx_errors_and_change_nothing(
    firewall: Firewall, change: dict[str, Any], code: int, message: str
) -> None:
    firewall.put([RULE])
    before = copy.deepcopy(firewall.state["user"])
    version = firewall.state["version"]
    status, got, details = firewall.error(firewall.put([{**RULE, **change}]))
    assert (status, got) == (400, code)
    assert message in details
    assert (firewall.state["user"], firewall.state["version"]) == (before, version)


def test_invalid_default_policy_changes_nothing(firewall: Firewall) -> None:
    status, code, _ = firewall.error(firewall.put([RULE], defaultPolicy={"action": "reject"}))
    assert (status, code) == (400, 12003)
    assert firewall.state["user"] == []


def test_duplicate_tags_are_rejected(firewall: Firewall) -> None:
    status, code, _ = firewall.error(firewall.put([{**RULE, "ruleTag": 5}, {**RULE, "ruleTag": 5}]))
    assert (status, code) == (400, 12010)


@pytest.mark.parametrize("word", ["any", "10.0.0.1", "2.2.2.2/24", "10.0.0.1-10.0.0.9", "2001:db8::1", "2001:db8::/64"])
def test_addresses_keep_their_spelling(firewall: Firewall, word: str) -> None:
    assert firewall.put([{**RULE, "source": {"ipAddress": [word]}}]).status == 204
    assert firewall.state["user"][0]["source"]["ipAddress"] == [word]


def test_icmp_has_a_type_and_no_ports(firewall: Firewall) -> None:
    service = {"protocol": "icmp", "port": ["any"], "sourcePort": ["any"]}
    firewall.put([{**RULE, "application": {"service": [service]}}])
    assert firewall.state["user"][0]["application"]["service"] == [{"protocol": "icmp", "icmpType": "any"}]


def test_vnic_spelling_depends_on_the_api(firewall: Firewall) -> None:
    firewall.put([{**RULE, "source": {"vnicGroupId": ["vnic-3"]}}])
    assert ("vnic-index-3" in firewall.get().text) == (firewall.form == "hybridity")


def test_option_selects_new_ids_of_internal_rules() -> None:
    for regenerate in (True, False):
        firewall = Firewall("json", regenerate_internal_ids=regenerate)
        before = firewall.state["internal"][0]["ruleId"]
        firewall.put([])
        assert (firewall.state["internal"][0]["ruleId"] != before) == regenerate


@pytest.mark.parametrize("body", ["", "<firewall>", "{", "[]", '"x"', "<x/>", "<x><firewallRules/></x>"])
def test_unreadable_body_returns_400_in_the_same_format(firewall: Firewall, body: str) -> None:
    firewall.put([RULE])
    answer = firewall.caller.send("PUT", firewall.path, body, Content_Type=firewall.type, Accept=firewall.accept)
    assert firewall.error(answer)[0] == 400
    assert [rule["name"] for rule in firewall.state["user"]] == ["web in"]


def test_json_needs_a_feature_type() -> None:
    firewall = Firewall("hybridity")
    answer = firewall.send("PUT", "", json.dumps({"firewallRules": {"firewallRules": []}}))
    assert firewall.error(answer)[:2] == (400, 10001)


def test_body_needs_a_supported_content_type(firewall: Firewall) -> None:
    for content_type in ("", "text/plain"):
        answer = firewall.caller.send("PUT", firewall.path, "x", Content_Type=content_type, Accept=firewall.accept)
        assert answer.status == 415
    if firewall.form == "hybridity":
        answer = firewall.send("PUT", "", "<firewall/>", "application/xml")
        assert answer.status == 415


# -- single rules ------------------------------------------------------------------------------------------------------


def as_sent(network: Firewall) -> str:
    return XML_RULE if network.form == "xml" else json.dumps(RULE)


def wrapped(network: Firewall) -> str:
    inside = as_sent(network)
    return f"<firewallRules>{inside}</firewallRules>" if network.form == "xml" else f'{{"firewallRules": [{inside}]}}'


@pytest.mark.parametrize("form", [as_sent, wrapped])
def test_rule_is_appended_in_either_shape(network: Firewall, form: Any) -> None:
    answer = network.send("POST", "/rules", form(network))
    number = network.state["user"][0]["ruleId"]
    assert (answer.status, answer.body) == (201, b"")
    # The path has the NSX name of the edge. Clients can use only its last segment.
    assert answer.headers["Location"] == f"/network/edges/edge-1/firewall/config/rules/{number}"


def test_rule_is_inserted_above_another(network: Firewall) -> None:
    network.put([{**RULE, "name": "first"}, {**RULE, "name": "last"}])
    last = network.state["user"][1]["ruleId"]
    assert network.send("POST", f"/rules?aboveRuleId={last}", as_sent(network)).status == 201
    assert [rule["name"] for rule in network.state["user"]] == ["first", "web in", "last"]
    assert network.send("POST", "/rules?aboveRuleId=5", as_sent(network)).status == 404
    assert network.error(network.send("POST", "/rules?aboveRuleId=x", as_sent(network)))[0] == 400


def test_rule_is_read_replaced_and_deleted(network: Firewall) -> None:
    network.put([{**RULE, "source": {"exclude": True, "ipAddress": ["10.0.0.1"]}}])
    number, version = network.state["user"][0]["ruleId"], network.state["version"]
    read = network.send("GET", f"/rules/{number}")
    assert (f"<id>{number}</id>" if network.form == "xml" else f'"ruleId": {number}') in read.text
    assert network.send("PUT", f"/rules/{number}", as_sent(network)).status == 204
    rule = network.state["user"][0]
    assert (rule["ruleId"], rule["source"]["exclude"]) == (number, False)
    assert network.send("DELETE", f"/rules/{number}").status == 204
    assert network.state["version"] == version + 2
    assert network.send("DELETE", f"/rules/{number}").status == 404
    assert network.send("PUT", f"/rules/{number}", as_sent(network)).status == 404


def test_internal_and_default_rules_cannot_be_read(network: Firewall) -> None:
    for number in (network.state["default_id"], network.state["internal"][0]["ruleId"]):
        answer = network.send("GET", f"/rules/{number}")
        assert (answer.status, answer.body) == (404, b"")


def test_hybridity_has_no_rule_routes() -> None:
    firewall = Firewall("hybridity")
    assert firewall.send("POST", "/rules", json.dumps(RULE)).status == 404


def test_delete_restores_factory_settings(network: Firewall) -> None:
    network.put([RULE], defaultPolicy={"action": "accept"}, enabled=False)
    version = network.state["version"]
    assert network.send("DELETE", "").status == 204
    assert (network.state["user"], network.state["enabled"]) == ([], True)
    assert network.state["defaultPolicy"]["action"] == "deny"
    assert network.state["version"] == version + 1


def test_changes_can_be_asynchronous_jobs(network: Firewall) -> None:
    answer = network.send("POST", "/rules?async=true", as_sent(network))
    assert answer.status == 202
    number = network.state["user"][0]["ruleId"]
    job = network.caller.get(answer.headers["Location"], Accept=network.accept)
    assert "COMPLETED" in job.text
    assert f"/rules/{number}" in job.text
    assert network.caller.get("/network/edges/jobs/jobdata-99", Accept=network.accept).status == 404


# -- policy and global settings ----------------------------------------------------------------------------------------


def test_default_policy_route(network: Firewall) -> None:
    version = network.state["version"]
    xml = "<firewallDefaultPolicy><action>accept</action><loggingEnabled>true</loggingEnabled></firewallDefaultPolicy>"
    body = xml if network.form == "xml" else '{"action": "accept", "loggingEnabled": true}'
    assert network.send("PUT", "/defaultpolicy", body).status == 204
    assert network.state["defaultPolicy"] == {"action": "accept", "loggingEnabled": True}
    assert network.state["version"] == version + 1
    assert network.send("GET", "/defaultpolicy").text.endswith(body)
    wrong = body.replace("accept", "reject")
    assert network.error(network.send("PUT", "/defaultpolicy", wrong))[:2] == (400, 12003)


def test_global_settings_route(network: Firewall) -> None:
    body = "<globalConfig><udpTimeout>90</udpTimeout></globalConfig>"
    body = body if network.form == "xml" else '{"udpTimeout": 90}'
    assert network.send("PUT", "/global", body).status == 204
    assert network.state["globalConfig"]["udpTimeout"] == 90
    assert network.state["globalConfig"]["tcpTimeoutOpen"] == 30
    assert "90" in network.send("GET", "/global").text


def test_rule_in_another_namespace_is_accepted() -> None:
    """Insert a rule with vCloud's namespace into the section, as pyvcloud 23 does."""
    firewall = Firewall("xml")
    root = etree.fromstring(firewall.get().body)
    rule = etree.fromstring(
        XML_RULE.replace("<firewallRule>", '<firewallRule xmlns="http://www.vmware.com/vcloud/v1.5">')
    )
    root[-1].append(rule)
    sent = etree.tostring(root).decode()
    assert firewall.caller.send("PUT", firewall.path, sent, Content_Type="application/*+xml").status == 204
    assert [rule["name"] for rule in firewall.state["user"]] == ["web in"]
    assert firewall.state["user"][0]["destination"]["ipAddress"] == ["203.0.113.10"]
