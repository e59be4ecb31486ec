"""Tests of sessions with the in-process simulator.

The simulator shares no code with sessions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.session.mocked_http import load
from vcloudair_core.compat.sessions import VCAODSession, VCASession, session_for
from vcloudair_core.errors import AuthenticationError, ConfigurationError, NotFoundError, ServerError
from vcloudair_core.session.auth.base import select_auth
from vcloudair_core.session.auth.plugin import vca_auth_methods
from vcloudair_core.session.cache.token_cache import open_cache
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.util.clock import FakeClock

METHODS = {record.name: record for record in vca_auth_methods()}
LOGINS = {
    "vcd": ["GET /api/versions", "POST /cloudapi/1.0.0/sessions"],
    "vchs": ["POST /api/vchs/sessions", "GET /api/vchs/services"],
    "vca": ["POST /api/iam/login", "GET /api/sc/instances"],
}


def settings_for(simulator: Simulator, flavor: str, **more: Any) -> Settings:
    env = simulator.env()
    given = {"service_type": flavor, "session_cache": False}
    given |= {name: env[f"VCA_{name.upper()}"] for name in ("url", "username", "password")}
    if flavor == "vcd":
        given["org"] = env["VCA_ORG"]
    if flavor == "vchs":
        given["vdc"] = env["VCA_VDC"]
    return load(**(given | more))


def session_at(simulator: Simulator, settings: Settings, **keywords: Any) -> Session:
    return Session(settings, simulator.transport(), select_auth(settings, METHODS), clock=FakeClock(), **keywords)


def sent(simulator: Simulator) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in simulator.request_log.entries()]


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(SimulatorConfig(profile="all"))


@pytest.fixture(params=sorted(LOGINS))
def flavor(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def test_all_apis_sign_in_call_and_sign_out(simulator: Simulator, flavor: str) -> None:
    session = session_at(simulator, settings_for(simulator, flavor))
    response = session.call("GET", "/api/session")
    assert response.is_success
    identity = session.identity
    assert (identity.flavor, bool(identity.org_id), bool(identity.org_name)) == (flavor, True, True)
    assert sent(simulator)[:2] == LOGINS[flavor]
    session.logout()
    assert sent(simulator)[-1].startswith("DELETE ")
    assert all(entry.status < 400 for entry in simulator.request_log.entries())


def test_a_cached_session_sends_only_its_call(simulator: Simulator, flavor: str, tmp_path: Path) -> None:
    settings = settings_for(simulator, flavor, session_cache=True, cache_dir=str(tmp_path))
    session_at(simulator, settings, cache=open_cache(settings)).login()
    simulator.request_log.clear()
    session_at(simulator, settings, cache=open_cache(settings)).call("GET", "/api/session")
    assert len(simulator.request_log.entries()) == 1


@pytest.mark.parametrize("answer", ["401-empty", "401-error", "403-empty"])
def test_an_expired_session_is_renewed_for_each_status(answer: str, flavor: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="all", expired_answer=answer))
    session = session_at(simulator, settings_for(simulator, flavor))
    session.login()
    simulator.clock.advance(2 * 3600)
    assert session.call("GET", "/api/session").is_success


def test_a_wrong_password_is_sent_once(simulator: Simulator, flavor: str) -> None:
    session = session_at(simulator, settings_for(simulator, flavor, password="wrong-password"))
    for _ in range(2):
        with pytest.raises(AuthenticationError) as caught:
            session.call("GET", "/api/session")
        assert "wrong-password" not in str(caught.value)
    assert len([line for line in sent(simulator) if line.startswith("POST")]) == 1


@pytest.mark.parametrize(("flavor", "setting"), [("vchs", "vdc"), ("vca", "instance")])
def test_an_unknown_instance_is_an_error_with_the_candidates(simulator: Simulator, flavor: str, setting: str) -> None:
    session = session_at(simulator, settings_for(simulator, flavor, **{setting: "no such place"}))
    with pytest.raises(ConfigurationError, match="no such place.*Available (VDCs|instances): "):
        session.login()


def test_a_given_token_is_used_and_not_logged_out(simulator: Simulator) -> None:
    settings = settings_for(simulator, "vcd")
    first = session_at(simulator, settings)
    first.login()
    assert first._credentials is not None
    token = first._credentials.headers["Authorization"].reveal().removeprefix("Bearer ")
    with_token = load(url=settings.url, token=token)
    second = session_at(simulator, with_token)
    assert second.identity.user == settings.username
    second.close()
    assert first.call("GET", "/api/session").is_success
    wrong = session_at(simulator, load(url=settings.url, token=token, org="another-org"))
    with pytest.raises(ConfigurationError, match="another-org"):
        wrong.login()


def test_an_unknown_path_is_a_library_error(simulator: Simulator) -> None:
    session = session_at(simulator, settings_for(simulator, "vcd"))
    with pytest.raises((NotFoundError, ServerError)):
        session.call("GET", "/api/nothing/of/the/kind")


# -- classes of vcloudair 0.5 --------------------------------------------------------------------------------------


def test_the_class_of_the_subscription_portal(simulator: Simulator) -> None:
    env = simulator.env()
    sess = VCASession("5.6", env["VCA_USERNAME"], env["VCA_PASSWORD"])
    sess.login_url = f"{env['VCA_URL']}/api/vchs/sessions"
    sess.transport = simulator.transport()
    sess.login()
    assert sess.vdc_names
    info = sess.login_to_vdc(sess.vdc_names[0])
    assert set(info) == {"vcdurl", "token", "org_uuid", "auth-header", "version"}
    assert info.session.call("GET", f"/api/vdc/{info['org_uuid']}").is_success
    assert session_for(dict(info), transport=simulator.transport()).call("GET", "/api/session").is_success


def test_a_direct_login_with_the_same_class(simulator: Simulator) -> None:
    env = simulator.env()
    sess = VCASession("5.6")
    sess.transport = simulator.transport()
    info = sess.login(env["VCA_USERNAME"], env["VCA_PASSWORD"], orgname=env["VCA_ORG"].upper(), vcd_url=env["VCA_URL"])
    assert info is not None
    assert info["vcdurl"] == env["VCA_URL"]
    assert info.session.call("GET", f"/api/vdc/{info['org_uuid']}").is_success


def test_the_class_of_on_demand(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    env = simulator.env()
    sess = VCAODSession("5.7", env["VCA_USERNAME"], env["VCA_PASSWORD"])
    sess.login_url = f"{env['VCA_URL']}/api/iam/login"
    sess.transport = simulator.transport()
    sess.login()
    sess.show_instance_list()
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(sess.instances) > 1
    info = sess.login_to_instance(0)
    assert info["org_uuid"] == sess.instances[0]["id"]
    assert info["vcdurl"].endswith("/api/compute/")
    assert info.session.call("GET", "/api/session").is_success
    assert session_for(dict(info), transport=simulator.transport()).call("GET", "/api/session").is_success
