"""Tests of IPsec tunnel options that a backend does not support."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, NsxtHarness, harness
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import NSXV, VCLOUDAIR
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel
from vcloudair_core.services.ans.ipsec.section import SECTION

NSXT = "nsxt 39.1"
REASON = "is not supported on NSX-T edge gateways"


@pytest.fixture(scope="module")
def ipsec() -> Iterator[NsxtHarness]:
    with harness() as made:
        yield made


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peer_ip": "any", "peer_id": "branch"}, "a tunnel needs the IPv4 address of its peer"),
        ({"peer_ip": "vpn.example.test"}, "a tunnel needs the IPv4 address of its peer"),
        ({"peer_ip": "2001:db8::1"}, "a tunnel needs the IPv4 address of its peer"),
        ({"encryption": "3des"}, "the edge gateway has no such algorithm"),
        ({"encryption": "aes192"}, "the edge gateway has no such algorithm"),
        ({"mtu": 1400}, "tunnels have no MTU"),
        ({"extension": "securelocaltrafficbyip=10.0.0.1"}, "tunnels have no extensions"),
        ({"compliance_suite": "suite-b-gcm-256"}, "tunnels have no compliance suites"),
        ({"session_type": "routebasedsession"}, "all tunnels are policy-based"),
        ({"peer_subnets": [f"10.{number}.0.0/16" for number in range(1, 130)]}, "at most 128 networks"),
    ],
)
def test_options_of_tunnels_are_refused_before_a_call(
    ipsec: NsxtHarness, change: dict[str, Any], message: str, check: bool
) -> None:
    with pytest.raises(SpecError) as met:
        ipsec.ensure({**BRANCH, **change}, check=check)
    assert REASON in str(met.value)
    assert message in str(met.value)
    assert ipsec.calls() == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("section", "option"),
    [
        ({"enabled": False}, "enabled: 'false'"),
        ({"enabled": False, "tunnels": [BRANCH]}, "enabled: 'false'"),
        ({"logging": False}, "logging"),
        ({"log_level": "debug"}, "log_level"),
        ({"disable_event": True}, "disable_event"),
        ({"global_psk": "s3cr3t"}, "global_psk"),
        ({"service_certificate": "certificate-4"}, "service_certificate"),
        ({"ca_certificates": ["certificate-1"]}, "ca_certificates"),
        ({"crl_certificates": ["crl-1"]}, "crl_certificates"),
    ],
)
def test_settings_are_refused_before_a_call(
    ipsec: NsxtHarness, section: dict[str, Any], option: str, check: bool
) -> None:
    with pytest.raises(SpecError) as met:
        ipsec.ensure(section, check=check)
    assert REASON in str(met.value)
    assert str(met.value).startswith(option)
    assert "s3cr3t" not in str(met.value)
    assert ipsec.calls() == []


DEFAULTS = {
    "enabled": True, "logging": True, "log_level": "warning", "disable_event": False, "ca_certificates": [],
    "crl_certificates": [],
}  # fmt: skip


def test_defaults_are_accepted_on_every_backend() -> None:
    tunnel = {**BRANCH, "compliance_suite": "none", "extension": "", "session_type": "policybasedsession"}
    new = {"initiation_mode": "initiator", "logging": False, "security_profile": "default"}
    spec = parse_tunnel({**tunnel, **new})
    section = parse_ipsec({**DEFAULTS, "tunnels": [BRANCH]})
    for backend in (NSXT, NSXV, VCLOUDAIR):
        assert SECTION.unsupported_in_rule(spec, backend) == []
        assert SECTION.unsupported_settings(section, backend) == []


def test_defaults_of_the_service_are_no_changes() -> None:
    with harness() as ipsec:
        assert ipsec.ensure({**DEFAULTS, "tunnels": [BRANCH]}, "exact").changed
        assert not ipsec.ensure({**DEFAULTS, "tunnels": [BRANCH]}, "exact").changed
        assert not ipsec.ensure({**DEFAULTS}).changed
        empty = {"enabled": False, "tunnels": [], "allow_empty": True}
        assert ipsec.ensure(empty, "exact").changed
        assert not ipsec.ensure(empty, "exact").changed
        assert not ipsec.ensure({"enabled": True}).changed


@pytest.mark.parametrize("backend", [NSXV, VCLOUDAIR])
@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"initiation_mode": "on_demand"}, "Set responder_only instead of initiation_mode."),
        ({"logging": True}, "Set logging of the IPsec service."),
        ({"ca_certificate": "ca"}, "Set ca_certificates of the IPsec service."),
        ({"security_profile": "custom"}, "Omit security_profile, and set the algorithms."),
        ({"tunnel_encryption": "aes"}, "Omit tunnel_encryption, or set encryption"),
        ({"tunnel_digest": "sha1"}, "Omit tunnel_digest, or set encryption"),
        ({"tunnel_dh_group": "dh14"}, "Omit tunnel_dh_group, or set encryption"),
        ({"ike_lifetime": 86400}, "Omit ike_lifetime, and set the lifetime"),
        ({"tunnel_lifetime": 3600}, "Omit tunnel_lifetime, and set the lifetime"),
        ({"dpd_interval": 60}, "Omit dpd_interval."),
        ({"df_policy": "copy"}, "Omit df_policy."),
    ],
)
def test_options_of_nsxt_are_refused_elsewhere(backend: str, change: dict[str, Any], hint: str) -> None:
    [problem] = SECTION.unsupported_in_rule(parse_tunnel({**BRANCH, **change}), backend)
    assert problem.path == next(iter(change))
    assert problem.hint.startswith(hint)
    assert SECTION.unsupported_in_rule(parse_tunnel({**BRANCH, **change}), NSXT) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encryption": "aes-gmac-256"}, "encryption: 'aes-gmac-256' is not one of aes, aes256, aes-gcm, aes-gcm-192"),
        ({"tunnel_digest": "sha1", "encryption": "aes-gcm"}, "tunnel_digest: is not possible with aes-gcm"),
        ({"dh_group": "dh24"}, "dh_group: 'dh24' is not one of dh2, dh5, dh14, dh15, dh16, dh19, dh20, dh21"),
    ],
)
def test_invalid_algorithms_are_not_sent(ipsec: NsxtHarness, change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as met:
        ipsec.ensure({**BRANCH, **change})
    assert str(met.value).startswith(message)
    assert ipsec.writes() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"security_profile": "default", "dh_group": 14}, "security_profile: cannot be default together with dh_group"),
        (
            {"initiation_mode": "on_demand", "responder_only": True},
            "responder_only: cannot be true with initiation_mode",
        ),
        ({"ike_lifetime": 21599}, "ike_lifetime: 21599 is out of range"),
        ({"tunnel_lifetime": 899}, "tunnel_lifetime: 899 is out of range"),
        ({"dpd_interval": 61}, "dpd_interval: 61 is out of range"),
        ({"tunnel_encryption": "aes-gmax"}, "tunnel_encryption: 'aes-gmax' is not one of"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as met:
        parse_tunnel({**BRANCH, **change})
    assert message in str(met.value)
