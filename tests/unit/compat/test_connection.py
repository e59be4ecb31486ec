"""Tests of headers and URLs of the vcloudair 0.5 classes."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from tests.unit.compat.test_sessions import direct, direct_answers, on_demand, portal_over
from tests.unit.session.auth.test_vca import instance
from tests.unit.session.auth.test_vchs import PORTAL, VCD, VCD_TOKEN, vchs_answers
from tests.unit.session.mocked_http import PASSWORD, TOKEN, reply
from vcloudair_core import ANSFirewall, DisasterRecovery, Metrics, VMQuery
from vcloudair_core.compat.sessions import VCASession
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.redaction import MaskedStr

EDGE_ID = "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"
ORG_INFO = {"vcdurl": VCD, "token": TOKEN, "org_uuid": "vdc-uuid", "version": "5.6"}
RECORDS = (
    '<QueryResultRecords xmlns="http://www.vmware.com/vcloud/v1.5" total="1" page="1" pageSize="100">'
    f'<VMRecord name="web" href="{VCD}/api/vApp/vm-{EDGE_ID}"/></QueryResultRecords>'
)


def test_masked_string_hides_only_its_repr() -> None:
    text = MaskedStr("s3cr3t")
    assert (text, f"{text}", str(text), json.dumps([text])) == ("s3cr3t", "s3cr3t", "s3cr3t", '["s3cr3t"]')
    assert "s3cr3t" not in f"{text!r} {[text]} { {'token': text} }"
    assert type(pickle.loads(pickle.dumps(text))) is type(copy.copy(text)) is str


@pytest.mark.parametrize(
    ("made", "accept"),
    [
        (lambda: ANSFirewall(EDGE_ID, ORG_INFO), "application/json"),
        (lambda: Metrics(ORG_INFO), "application/json"),
        (lambda: VMQuery(ORG_INFO), "application/*+xml;version=5.6"),
        (lambda: DisasterRecovery(ORG_INFO), "application/*+xml;version=5.6"),
    ],
)
def test_headers_can_be_used_for_other_requests(made: Any, accept: str) -> None:
    headers = made().headers
    assert (headers["Accept"], headers["x-vcloud-authorization"]) == (accept, TOKEN)
    assert TOKEN not in repr(headers) and TOKEN not in repr(vars(made()))


def test_live_session_is_used_until_headers_or_url_change() -> None:
    sess, transport = portal_over(vchs_answers() | {"GET /api/query": reply(200, RECORDS)})
    query = VMQuery(sess.login(orgname="m1-1"))
    for change in ({}, {"x-vcloud-authorization": "another-token"}, {"X-Trace": "17"}):
        query.headers.update(change)
        transport.forget()
        assert query.execute() == {EDGE_ID: {"name": "web"}}
        assert {name: transport.requests[0].headers[name] for name in change} == change
    assert transport.requests[0].headers["x-vcloud-authorization"] == "another-token"
    query.headers["Accept"] = "application/*+xml;version=5.11"
    query.url = "https://other.example.test/api/query"
    transport.forget()
    query.execute()
    assert transport.requests[0].url.startswith("https://other.example.test/api/query?")
    assert transport.requests[0].headers["Accept"] == "application/*+xml;version=5.11"


def test_edge_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"featureType": "firewall_4.0", "version": 3, "firewallRules": {"firewallRules": []}}
    sess, transport = portal_over(vchs_answers())
    firewall = ANSFirewall(EDGE_ID, sess.login(orgname="m1-1"))
    other = "aaaaaaaa-6c0a-4b5e-9d5f-0a4b1f6f3a10"
    assert firewall.edge == EDGE_ID
    for edge in (EDGE_ID, other):
        path = f"/hybridity/api/gateways/{edge}/firewall/config"
        transport.register({f"GET {path}": reply(200, json.dumps(tree)), f"PUT {path}": reply(204)})
    firewall.get_config()
    firewall.save_config()
    firewall.edge = other
    firewall.save_config()
    sent = [request for request in transport.requests if request.method == "PUT"]
    assert [EDGE_ID in request.url for request in sent] == [True, False]
    # The version counts the writes of the edge that it was read from.
    assert ["version" in json.loads(request.body) for request in sent] == [True, False]


def test_saved_configuration_can_be_restored_after_other_writes() -> None:
    path = f"/hybridity/api/gateways/{EDGE_ID}/firewall/config"
    tree = {"featureType": "firewall_4.0", "version": 3, "firewallRules": {"firewallRules": []}}
    sess, transport = portal_over(vchs_answers())
    transport.register({f"PUT {path}": reply(204)})
    transport.register({f"GET {path}": [reply(200, json.dumps(tree | {"version": n})) for n in (3, 7, 7)]})
    firewall = ANSFirewall(EDGE_ID, sess.login(orgname="m1-1"))
    kept = json.dumps(firewall.config_data)
    assert "version" not in json.loads(kept)
    firewall.get_config()
    firewall.config_data = json.loads(kept)
    firewall.save_config()
    assert json.loads(transport.requests[-2].body)["version"] == 7


def test_records_can_be_assigned() -> None:
    path = f"/hybridity/api/gateways/{EDGE_ID}/firewall/config"
    rules = [{"name": name, "ruleType": "user"} for name in "ab"]
    tree = {"featureType": "firewall_4.0", "firewallRules": {"firewallRules": rules}}
    sess, transport = portal_over(vchs_answers())
    transport.register({f"GET {path}": reply(200, json.dumps(tree)), f"PUT {path}": reply(204)})
    firewall = ANSFirewall(EDGE_ID, sess.login(orgname="m1-1"))
    firewall.records = [rule for rule in firewall if rule["name"] != "a"]
    firewall.save_config()
    put = next(request for request in transport.requests if request.method == "PUT")
    assert [rule["name"] for rule in json.loads(put.body)["firewallRules"]["firewallRules"]] == ["b"]


@pytest.mark.parametrize("kind", [VMQuery, Metrics, DisasterRecovery])
def test_missing_credentials_are_rejected_by_the_constructor(kind: Any) -> None:
    with pytest.raises(ConfigurationError):
        kind(vcdurl=VCD)


# -- sessions ------------------------------------------------------------------------------------------------------


def test_portal_session_has_the_login_result() -> None:
    sess, _ = portal_over(vchs_answers())
    assert (sess.password, sess.vca_token, sess.headers, sess.vdc_list) == (PASSWORD, None, {}, {})
    sess.login()
    assert sess.headers["Accept"] == "application/xml;version=5.6"
    assert sess.vca_token and sess.headers["x-vchs-authorization"] == sess.vca_token
    assert sess.service_list_url == f"{PORTAL}/api/vchs/services"
    assert sess.vdc_list == {"m1-1": f"{PORTAL}/api/vchs/compute/m1-1/vdc/m1-1/vcloudsession"}
    info = sess.login_to_vdc("m1-1")
    assert f"{info['token']}" == VCD_TOKEN
    for secret in (PASSWORD, str(sess.vca_token), VCD_TOKEN):
        assert secret not in repr(vars(sess))


def test_direct_and_on_demand_sessions_have_the_login_result() -> None:
    sess, _ = direct(direct_answers())
    sess.login(orgname="acme", vcd_url="https://vcd.example.test")
    assert (sess.headers, sess.vca_token) == ({"Accept": "application/*+xml;version=5.6"}, None)
    od, _ = on_demand(instance("uuid-1"))
    od.login()
    assert od.vca_token and od.password == PASSWORD
    assert VCASession().password is None
