"""Tests of selecting auth flows, and of reusing credentials."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.session.auth.test_vcd import METHODS
from tests.unit.session.mocked_http import (
    PASSWORD,
    TOKEN,
    MockedTransport,
    reply,
    settings_of,
    vcd_answers,
    vcd_session,
)
from vcloudair_core.errors import (
    AuthenticationError,
    ConfigurationError,
    PluginError,
)
from vcloudair_core.session.auth.base import PrimedAuth, select_auth
from vcloudair_core.session.session import Session
from vcloudair_core.util.clock import FakeClock


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({}, "vcd"),
        ({"service_type": "vchs"}, "vchs"),
        ({"service_type": "vca"}, "vca"),
        ({"token": "t" * 20}, "token"),
        ({"api_token": "t" * 20}, "api_token"),
        ({"api_token_file": "token.json"}, "api_token_file"),
        ({"api_token": "t" * 20, "token": "u" * 20}, "token"),
        ({"auth_method": "vchs"}, "vchs"),
    ],
)
def test_settings_select_the_auth_flow(arguments: dict[str, Any], name: str) -> None:
    assert select_auth(settings_of(**arguments), METHODS).name == name


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({"url": None}, "VCA_URL"),
        ({"password": None}, "VCA_PASSWORD"),
        ({"org": None, "username": ""}, "VCA_USERNAME and VCA_ORG"),
        ({"service_type": "vchs", "password": None, "url": None}, "VCA_PASSWORD"),
    ],
)
def test_missing_settings_are_all_named(arguments: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        select_auth(settings_of(**arguments), METHODS)


def test_an_unknown_auth_method_suggests_a_name() -> None:
    with pytest.raises(PluginError, match="Did you mean 'vchs'"):
        select_auth(settings_of(auth_method="vchss"), METHODS)


def test_several_matching_auth_flows_are_an_error() -> None:
    import dataclasses

    methods = METHODS | {"saml": dataclasses.replace(METHODS["vcd"], name="saml")}
    with pytest.raises(ConfigurationError, match=r"saml, vcd.*auth_method"):
        select_auth(settings_of(), methods)
    assert select_auth(settings_of(auth_method="saml"), methods).name == "vcd"


def test_primed_credentials_are_used_before_the_renewal() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": [reply(401), reply(200)]}))
    session = vcd_session(transport)
    session.login()
    credentials = session._credentials
    assert credentials is not None
    primed = Session(session.settings, transport, PrimedAuth(credentials), clock=FakeClock())
    with pytest.raises(AuthenticationError):
        primed.call("GET", "/api/x")
    assert PASSWORD not in repr(credentials)
    assert TOKEN not in repr(credentials)
