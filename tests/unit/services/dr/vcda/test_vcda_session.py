"""Tests of the session at VMware Cloud Director Availability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import vcda_cloud, vcda_name
from vcloudair_core.errors import AuthenticationError, ConfigurationError
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.providers import provider_of
from vcloudair_core.services.dr.vcda.vcda_provider import VcdaProvider
from vcloudair_core.services.dr.vcda.vcda_session import ExactOrigin, VcdaSession, accept_header
from vcloudair_core.session.origins import UntrustedOriginError

NO_PEER = {"vcda_peer_user": None, "vcda_peer_password": None}


def test_services_of_a_session_share_one_vcda_session(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.service.references()
        provider_of(cloud.client.session, "vcda").references()
        assert cloud.requests("/sessions", "POST") == ["POST /sessions", "POST /sessions/extend"]


@pytest.mark.parametrize("versions", [("36.3",), ("33.0",), ("5.7",)])
def test_every_token_of_cloud_director_opens_a_session(tmp_path: Path, versions: tuple[str, ...]) -> None:
    with vcda_cloud(tmp_path, 1, api_versions=versions) as cloud:
        assert [item.name for item in cloud.service.references()] == [vcda_name(1)]


def test_an_ended_session_is_opened_again_once(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.service.references()
        for endpoint in cloud.simulator.vcda.values():
            endpoint.sessions.expire_all()
        assert [item.name for item in cloud.service.references()] == [vcda_name(1)]
        assert cloud.requests("/sessions", "POST").count("POST /sessions") == 2


def test_a_session_that_ends_before_a_request_starts_nothing_twice(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.simulator.faults.add("unauthorized", method="POST", path="/failover")
        (result,) = cloud.service.act("failover", options=OperationOptions(verify_timeout=30))
        assert (result.verdict, cloud.starts()) == ("succeeded", ["POST failover", "POST failover"])
        assert len(cloud.simulator.world.vcda_tasks) == 1


def test_a_refused_extension_is_no_lost_session(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings={"vcda_peer_password": "wrong"}) as cloud:
        (result,) = cloud.service.act("migrate", options=OperationOptions(verify_timeout=30))
        assert result.verdict == "failed"
        assert "Extending the session to site 'site1' failed" in result.reason
        assert "vcda_peer_user" in result.hint
        assert cloud.starts() == []
        assert cloud.requests("/sessions", "POST").count("POST /sessions") == 1
        assert "wrong" not in str(result.as_dict())


def test_without_credentials_the_other_site_is_not_used(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings=NO_PEER) as cloud:
        (result,) = cloud.service.act("failover", options=OperationOptions(verify_timeout=30))
        assert result.verdict == "succeeded"
        assert "/sessions/extend" not in str(cloud.requests())
        (result,) = cloud.service.act("reverse", options=OperationOptions(verify_timeout=30))
        assert "The credentials of that site are not set" in result.reason


@pytest.mark.parametrize("spelling", ["reference", "login"])
def test_both_spellings_of_the_extension_work(tmp_path: Path, spelling: str) -> None:
    options: dict[str, Any] = {"vcda_extend_spelling": spelling, "vcda_unknown_fields": "refuse"}
    with vcda_cloud(tmp_path, 1, **options) as cloud:
        (result,) = cloud.service.act("migrate", options=OperationOptions(verify_timeout=30))
        assert result.verdict == "succeeded"


def test_associated_orgs_extend_the_session(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings={**NO_PEER, "vcda_peer_org": "org1"}) as cloud:
        (result,) = cloud.service.act("migrate", options=OperationOptions(verify_timeout=30))
        assert result.verdict == "succeeded"


def test_an_extension_that_has_ended_is_repeated(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.service.references()
        for endpoint in cloud.simulator.vcda.values():
            for session in endpoint.sessions._sessions.values():
                session.sites.pop("site1", None)
        (result,) = cloud.service.act("migrate", options=OperationOptions(verify_timeout=30))
        assert result.verdict == "succeeded"
        assert len(cloud.simulator.world.vcda_tasks) == 1


def test_the_token_is_hidden(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.service.references()
        provider = cloud.service.provider
        assert isinstance(provider, VcdaProvider)
        token = provider.vcda._token
        assert token is not None
        assert token in cloud.client.session.secrets()
        assert token.reveal() not in repr(provider.vcda.__dict__)


def test_the_token_is_sent_to_one_origin_only() -> None:
    origin = ExactOrigin("https://vcda.example.com")
    assert origin.admit("https://vcda.example.com/tasks/1")
    for url in ("https://other.example.com/", "https://vcda.example.com:8046/", "http://vcda.example.com/"):
        with pytest.raises(UntrustedOriginError):
            origin.admit(url)


def test_a_pinned_version_is_sent(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings={"vcda_version": "4.5"}, vcda_accept_versions="406") as cloud:
        assert len(cloud.service.references()) == 1
    assert accept_header("4.5") == "application/vnd.vmware.h4-v4.5+json;charset=UTF-8"
    assert accept_header(None) == "application/json"
    with pytest.raises(ConfigurationError, match="vcda_version"):
        accept_header("4.5+json, text/html")


def test_a_rejected_sign_in_is_an_authentication_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VcdaSession, "_login_body", lambda self: {"type": "vcdCookie", "vcdCookie": "0123456789abcdef"})
    with vcda_cloud(tmp_path, 1) as cloud:
        with pytest.raises(AuthenticationError) as caught:
            cloud.service.references()
        assert "vcda_url" in caught.value.hint
        assert cloud.requests("/sessions", "POST").count("POST /sessions") == 2
