"""Property tests of IPsec tunnels on NSX-T edge gateways."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.services.ans.ipsec.nsxt.harness import NsxtHarness, cloud, connected
from vcloudair_core.services.ans.ipsec.algorithms import NSXT_ALGORITHMS
from vcloudair_core.services.ans.ipsec.nsxt.fields import DF_POLICIES, INITIATION_MODES

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Phases without shrinking, which takes minutes with a simulated cloud."""

octet = st.integers(1, 254)


def _optional(name: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(NSXT_ALGORITHMS[name])


def _tunnel(number: int, subnet: int, psk: str, more: Mapping[str, Any]) -> dict[str, Any]:
    tunnel = {
        "name": f"tunnel {number}",
        "local_ip": "203.0.113.100",
        "peer_ip": f"198.51.100.{number}",
        "local_subnets": ["192.168.10.0/24"],
        "peer_subnets": [f"10.{subnet}.0.0/16"],
        "psk": psk,
        **{name: value for name, value in more.items() if value is not None},
    }
    encryption = str(tunnel.get("tunnel_encryption") or tunnel.get("encryption") or "aes-gcm")
    if "gcm" in encryption or "gmac" in encryption:
        tunnel.pop("tunnel_digest", None)
    return tunnel


options = st.fixed_dictionaries(
    {},
    optional={
        **{name: _optional(name) for name in NSXT_ALGORITHMS},
        "pfs": st.booleans(),
        "ike_lifetime": st.integers(21600, 31536000),
        "tunnel_lifetime": st.integers(900, 31536000),
        "dpd_interval": st.integers(3, 60),
        "df_policy": st.sampled_from(DF_POLICIES),
        "initiation_mode": st.sampled_from(INITIATION_MODES),
        "enabled": st.booleans(),
        "description": st.sampled_from(["", "über <uns>"]),
        "logging": st.booleans(),
        "peer_id": st.sampled_from(["hq", "198.51.100.250"]),
    },
)
tunnels = st.builds(
    _tunnel,
    st.integers(1, 4),
    octet,
    st.text("aZ9<&>\"' ü", min_size=1, max_size=20).filter(lambda text: bool(text.strip())),
    options,
)
lists = st.lists(
    tunnels,
    max_size=3,
    unique_by=(lambda tunnel: tunnel["name"], lambda tunnel: tunnel.get("peer_id") or tunnel["peer_ip"]),
)


@cache
def signed_in(version: str) -> NsxtHarness:
    """Return a cached cloud. Starting a cloud for each Hypothesis example is slow."""
    return connected(cloud(version), version).__enter__()


def _without(tunnel: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in tunnel.items() if name not in names}


@pytest.mark.parametrize("version", ["37.2", "39.1"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(first=lists, second=lists)
def test_applying_converges_and_an_export_changes_nothing(
    version: str, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    ipsec = signed_in(version)
    for desired in (first, second):
        section = {"tunnels": desired, "allow_empty": True}
        ipsec.ensure(section, "exact")
        assert ipsec.names() == sorted(tunnel["name"] for tunnel in desired)
        assert not ipsec.ensure(section, "exact").changed
        assert not ipsec.ensure({"tunnels": desired}).changed
        assert not ipsec.ensure({**ipsec.read(), "allow_empty": True}, "exact").changed
        shown = {tunnel["name"]: _without(tunnel, "site_id") for tunnel in ipsec.read()["tunnels"]}
        ipsec.ensure({"tunnels": [], "allow_empty": True}, "exact")
        ipsec.ensure({"tunnels": desired})
        created = {tunnel["name"]: _without(tunnel, "site_id") for tunnel in ipsec.read()["tunnels"]}
        assert created == shown


@pytest.mark.parametrize("version", ["37.2", "39.1"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(first=tunnels, second=tunnels)
def test_a_second_plan_of_changed_options_is_empty(version: str, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Check that a second plan is empty, and that a spec without a key keeps the key."""
    ipsec = signed_in(version)
    ipsec.ensure({"tunnels": [first]}, "exact")
    changes = {**_without(second, "psk", "security_profile"), "name": first["name"], "peer_ip": first["peer_ip"]}
    encryption = str(changes.get("tunnel_encryption") or changes.get("encryption"))
    if encryption == "None":
        changes.pop("tunnel_digest", None)
    ipsec.ensure(changes)
    assert not ipsec.ensure(changes).changed
    assert ipsec.tunnel["preSharedKey"] == first["psk"]
