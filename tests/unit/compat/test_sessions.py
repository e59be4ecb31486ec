"""Tests of the session classes of vcloudair 0.5.

Source of the values: protocol/sessions.md §5.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from tests.unit.session.auth.test_vca import OD, REGION, instance, od_answers
from tests.unit.session.auth.test_vchs import PORTAL, VCD, VCD_TOKEN, two_services, vchs_answers
from tests.unit.session.mocked_http import BASE, PASSWORD, TOKEN, MockedTransport, reply, session_xml
from vcloudair_core.compat.sessions import OrgInfo, VCAODSession, VCASession, session_for
from vcloudair_core.errors import AuthenticationError, ConfigurationError, NotFoundError
from vcloudair_core.session.session import Session

KEYS = {"vcdurl", "token", "org_uuid", "auth-header", "version"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_CONFIG_FILE", "")
    monkeypatch.setenv("VCA_ORG", "an org of the environment")
    monkeypatch.setenv("VCA_URL", "https://url-of-the-environment.example.test")


def portal_over(answers: dict[str, Any]) -> tuple[VCASession, MockedTransport]:
    transport = MockedTransport(answers)
    session = VCASession("5.6", "ops", PASSWORD)
    session.login_url = f"{PORTAL}/api/vchs/sessions"
    session.transport = transport
    return session, transport


# -- subscription --------------------------------------------------------------------------------------------------


def test_login_lists_the_vdcs_and_a_vdc_gives_org_info() -> None:
    sess, transport = portal_over(vchs_answers())
    assert sess.login() is None
    assert sess.vdc_names == ["m1-1"]
    assert "m1-1" in sess.vdc_names
    transport.forget()
    info = sess.login_to_vdc("M1-1")
    assert transport.sent() == ["POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession"]
    assert dict(info) == {
        "vcdurl": VCD,
        "token": VCD_TOKEN,
        "org_uuid": "vdc-uuid",
        "auth-header": "x-vcloud-authorization",
        "version": "5.6",
    }
    assert sess["m1-1"] is sess["M1-1"] is info
    assert "M1-1" in sess


def test_login_with_an_org_name_signs_in_to_the_org() -> None:
    sess, _ = portal_over(vchs_answers())
    info = sess.login(orgname="M1-1")
    assert info is not None
    assert set(info) == KEYS
    assert sess.login_to_vdc("m1-1") is not info


def test_ambiguous_vdc_name_is_rejected() -> None:
    sess, _ = portal_over(two_services())
    sess.login()
    assert sess.vdc_names == ["m1-1/m1-1", "prod", "test", "20-162/m1-1"]
    with pytest.raises(ConfigurationError, match="20-162/m1-1"):
        sess.login_to_vdc("m1-1")
    assert sess.login_to_vdc("20-162/M1-1")["org_uuid"] == "other-uuid"


def test_unknown_vdc_is_rejected() -> None:
    sess, _ = portal_over(vchs_answers())
    with pytest.raises(ConfigurationError, match=r"Call login\(\) first"):
        sess.login_to_vdc("m1-1")
    with pytest.raises(KeyError):
        sess["m1-1"]
    sess.login()
    with pytest.raises(ConfigurationError, match="VDC not found: 'nope'.*Use one of these VDCs: m1-1"):
        sess.login_to_vdc("nope")


@pytest.mark.parametrize(
    ("user", "password", "phrase"),
    [(None, None, "Missing username and password"), ("ops", None, "Missing password"), (None, "x", "Missing username")],
)
def test_missing_credentials_are_rejected(user: str | None, password: str | None, phrase: str) -> None:
    with pytest.raises(ConfigurationError, match=phrase):
        VCASession().login(user, password)
    with pytest.raises(ConfigurationError, match=phrase):
        VCAODSession().login(user, password)


def test_login_takes_credentials() -> None:
    sess, _ = portal_over(vchs_answers())
    sess.login("other", "pw-of-other")
    assert sess.username == "other"
    assert "pw-of-other" not in repr(vars(sess))


def test_refused_login_raises_authentication_error() -> None:
    sess, _ = portal_over(vchs_answers() | {"POST /api/vchs/sessions": reply(401)})
    with pytest.raises(AuthenticationError) as caught:
        sess.login()
    assert PASSWORD not in str(caught.value)


def test_login_url_can_be_set_on_a_class() -> None:
    class Elsewhere(VCASession):
        login_url = f"{PORTAL}/api/vchs/sessions"

    sess = Elsewhere(username="ops", password=PASSWORD)
    transport = MockedTransport(vchs_answers())
    sess.transport = transport
    sess.login()
    assert VCASession.login_url == "https://vchs.vmware.com/api/vchs/sessions"
    assert {request.origin for request in transport.requests} == {f"{PORTAL}:443"}


# -- the live session behind org info ------------------------------------------------------------------------------


def test_session_of_org_info_renews_itself() -> None:
    answers = vchs_answers() | {"GET /api/x": [reply(401), reply(200, "<x/>")]}
    sess, transport = portal_over(answers)
    info = sess.login(orgname="m1-1")
    assert isinstance(info, OrgInfo)
    transport.forget()
    assert info.session.call("GET", "/api/x").status == 200
    assert transport.sent() == ["GET /api/x", "POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession", "GET /api/x"]
    assert info.session.identity.flavor == "vchs"
    info.session.close()
    assert "DELETE" not in " ".join(transport.sent())


def test_org_info_masks_its_token_in_repr() -> None:
    sess, _ = portal_over(vchs_answers())
    info = sess.login(orgname="m1-1")
    assert VCD_TOKEN not in f"{info!r} {info}"
    assert json.loads(json.dumps(info))["token"] == VCD_TOKEN


@pytest.mark.parametrize(
    ("info", "arguments", "flavor", "version"),
    [
        ({"vcdurl": VCD, "token": TOKEN}, (), "vchs", "5.6"),
        ({"vcdurl": f"{REGION}/api/compute/", "token": TOKEN}, (), "vca", "5.7"),
        ({"vcdurl": VCD, "token": TOKEN, "version": "5.11"}, (), "vchs", "5.11"),
        (None, (VCD, TOKEN), "vchs", "5.6"),
        (None, (VCD, TOKEN, "9.0"), "vchs", "9.0"),
    ],
)
def test_session_from_values_sends_no_extra_requests(
    info: dict[str, str] | None, arguments: tuple[str, ...], flavor: str, version: str
) -> None:
    base_path = "/api/compute" if flavor == "vca" else ""
    transport = MockedTransport({f"GET {base_path}/api/x": reply(200, "<x/>")})
    session = session_for(info, *arguments, transport=transport)
    session.call("GET", "/api/x")
    assert len(transport.requests) == 1
    assert transport.requests[0].headers["x-vcloud-authorization"] == TOKEN
    assert (session.identity.flavor, session.identity.api_version) == (flavor, version)


def test_session_from_a_jwt_uses_bearer_authorization() -> None:
    transport = MockedTransport({"GET /api/x": reply(200)})
    info = {"vcdurl": VCD, "token": "jwt", "auth-header": "Authorization"}
    session_for(info, transport=transport).call("GET", "/api/x")
    assert transport.requests[0].headers["Authorization"] == "Bearer jwt"


def test_expired_token_raises_authentication_error() -> None:
    session = session_for(None, VCD, TOKEN, transport=MockedTransport({"GET /api/x": reply(401)}))
    with pytest.raises(AuthenticationError) as caught:
        session.call("GET", "/api/x")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("arguments", [(), ({},), (None, VCD), (None, None, TOKEN), ({"vcdurl": VCD},)])
def test_url_and_token_are_required(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError, match="vcdurl and token"):
        session_for(*arguments)


def test_org_info_returns_its_session() -> None:
    session = object.__new__(Session)
    assert session_for(OrgInfo({"token": "x"}, session), "https://ignored", "ignored") is session


# -- vCloud Director directly ------------------------------------------------------------------------------------

ORG = (
    '<Org xmlns="http://www.vmware.com/vcloud/v1.5" name="acme">'
    f'<Link rel="down" name="n" href="{BASE}/api/network/1" type="application/vnd.vmware.vcloud.orgNetwork+xml"/>'
    f'<Link rel="down" name="vdc1" href="{BASE}/api/vdc/vdc-uuid" type="application/vnd.vmware.vcloud.vdc+xml"/></Org>'
)


def direct_answers() -> dict[str, Any]:
    return {
        "POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=TOKEN),
        "GET /api/org/aaaa-org": reply(200, ORG),
    }


def direct(answers: dict[str, Any]) -> tuple[VCASession, MockedTransport]:
    sess, transport = VCASession("5.6", "ops", PASSWORD), MockedTransport(answers)
    sess.transport = transport
    return sess, transport


def test_direct_login_returns_the_vdc() -> None:
    sess, transport = direct(direct_answers())
    info = sess.login(orgname="ACME", vcd_url=f"{BASE}/")
    assert info is not None
    assert dict(info) == {
        "vcdurl": BASE,
        "token": TOKEN,
        "org_uuid": "vdc-uuid",
        "auth-header": "x-vcloud-authorization",
        "version": "5.6",
    }
    assert transport.sent() == ["POST /api/sessions", "GET /api/org/aaaa-org"]
    assert sess["acme"] is info


def test_direct_login_requires_an_org() -> None:
    with pytest.raises(ConfigurationError, match="org name"):
        direct({})[0].login(vcd_url=BASE)


def test_org_without_a_vdc_is_reported() -> None:
    answers = direct_answers() | {"GET /api/org/aaaa-org": reply(200, "<Org/>")}
    with pytest.raises(NotFoundError, match="No VDC found in org 'acme'"):
        direct(answers)[0].login(orgname="acme", vcd_url=BASE)


# -- On-Demand -----------------------------------------------------------------------------------------------------


def on_demand(*instances: dict[str, Any], plans: Any = ()) -> tuple[VCAODSession, MockedTransport]:
    answers = od_answers(*instances) | {"GET /api/sc/plans": reply(200, json.dumps({"plans": list(plans)}))}
    transport = MockedTransport(answers)
    sess = VCAODSession("5.7", "ops@acme.test", PASSWORD)
    sess.login_url = f"{OD}/api/iam/login"
    sess.transport = transport
    return sess, transport


PLAN = {"id": "region:x:planID:1", "name": "Virtual Private Cloud OnDemand"}


def test_instances_with_sessions_are_named_after_plans() -> None:
    sess, _ = on_demand(instance("uuid-1", "raw name"), plans=[PLAN])
    sess.login()
    assert [entry["id"] for entry in sess.instances] == ["uuid-1"]
    found = sess.instances[0]
    assert (found["friendlyName"], found["planType"]) == ("Virtual Private Cloud OnDemand", "NoType")
    assert found["instanceAttributes"]["orgName"] == "uuid-1"


def test_instance_list_works_without_matching_plan(capsys: pytest.CaptureFixture[str]) -> None:
    sess, _ = on_demand(instance("uuid-1", "raw name"), instance("uuid-2", "") | {"region": None})
    sess.login()
    sess.show_instance_list()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Index", "Type", "Region"]
    assert lines[1].split() == ["0", "raw", "name", "us-west-1-3"]
    assert lines[2].split() == ["1", "Unnamed"]


def test_login_to_instance_returns_org_info() -> None:
    sess, transport = on_demand(instance("uuid-1"))
    sess.login()
    transport.forget()
    info = sess.login_to_instance(0)
    assert transport.sent() == ["POST /api/compute/api/sessions"]
    assert dict(info) == {
        "vcdurl": f"{REGION}/api/compute/",
        "token": VCD_TOKEN,
        "org_uuid": "uuid-1",
        "auth-header": "x-vcloud-authorization",
        "version": "5.7",
    }
    assert info.session.call("GET", "/api/x").status == 200
    assert sess.vcd_tokens["uuid-1"] is info


@pytest.mark.parametrize("caught", [ConfigurationError, IndexError, RuntimeError])
def test_unknown_instance_index_is_rejected(caught: type[Exception]) -> None:
    sess, _ = on_demand(instance("uuid-1"))
    with pytest.raises(caught, match=r"Call login\(\) first"):
        sess.login_to_instance(-1)
    sess.login()
    with pytest.raises(caught, match="0 to 0"):
        sess.login_to_instance(1)
    assert sess.login_to_instance(-1)["org_uuid"] == "uuid-1"


def test_invalid_version_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="api_version"):
        VCAODSession("latest")


def test_changed_org_info_gets_another_session() -> None:
    sess, _ = portal_over(vchs_answers())
    info = sess.login(orgname="m1-1")
    assert info is not None
    assert session_for(info) is info.session
    info["token"] = "another-token"
    assert session_for(info) is not info.session


def test_org_info_can_be_copied_and_pickled() -> None:
    sess, _ = portal_over(vchs_answers())
    info = sess.login(orgname="m1-1")
    assert copy.deepcopy(info) == pickle.loads(pickle.dumps(info)) == info
    assert type(copy.copy(info)) is dict
