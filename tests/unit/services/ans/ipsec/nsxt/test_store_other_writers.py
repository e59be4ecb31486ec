"""Tests of lost responses, failed calls and other clients during tunnel writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, KEY, PROFILE, VERSIONS, NsxtHarness, harness
from vcloudair_core.errors import ApiError, VcloudAirError

TUNNELS = "/ipsec/tunnels"
PROPERTIES = "/connectionProperties"


@pytest.fixture(params=VERSIONS)
def ipsec(request: pytest.FixtureRequest) -> Iterator[NsxtHarness]:
    with harness(request.param) as made:
        yield made


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_a_tunnel_whose_response_is_lost_is_created_once(ipsec: NsxtHarness, kind: str) -> None:
    ipsec.simulator.faults.add(kind, method="POST", path=TUNNELS)
    assert ipsec.ensure({**BRANCH, **PROFILE}).changed
    assert ipsec.names() == ["branch"]
    assert (ipsec.tunnel["preSharedKey"], ipsec.tunnel["securityType"]) == (KEY, "CUSTOM")
    assert not ipsec.ensure({**BRANCH, **PROFILE}).changed


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_a_profile_whose_response_is_lost_is_written(ipsec: NsxtHarness, kind: str) -> None:
    ipsec.ensure(BRANCH)
    ipsec.simulator.faults.add(kind, method="PUT", path=PROPERTIES)
    assert ipsec.ensure({"name": "branch", "description": "new", **PROFILE}).changed
    assert (ipsec.tunnel["description"], ipsec.tunnel["securityType"]) == ("new", "CUSTOM")
    assert not ipsec.ensure({"name": "branch", "description": "new", **PROFILE}).changed


def test_a_tunnel_whose_change_fails_keeps_its_new_profile(ipsec: NsxtHarness) -> None:
    """The next run writes only the tunnel, and keeps the security type CUSTOM."""
    ipsec.ensure(BRANCH)
    ipsec.simulator.faults.add("status", method="PUT", path=ipsec.tunnel["id"], status=403, skip=1, count=20)
    with pytest.raises(VcloudAirError) as met:
        ipsec.ensure({"name": "branch", "description": "new", **PROFILE})
    assert met.value.written is True
    ipsec.simulator.faults.clear()
    assert ipsec.ensure({"name": "branch", "description": "new", **PROFILE}).changed
    assert ipsec.writes() == ["PUT ID"]
    assert ipsec.tunnel["securityType"] == "CUSTOM"


@pytest.mark.parametrize("path", [TUNNELS, PROPERTIES])
def test_a_list_or_profile_that_cannot_be_read_is_an_error(path: str) -> None:
    with harness() as ipsec:
        ipsec.ensure({**BRANCH, **PROFILE})
        ipsec.simulator.faults.add("status", method="GET", path=path, status=400, count=20)
        with pytest.raises(ApiError):
            ipsec.read()


def test_a_tunnel_that_is_deleted_during_the_read_is_left_out() -> None:
    with harness() as ipsec:
        ipsec.ensure([BRANCH, {**BRANCH, "name": "gone", "peer_ip": "198.51.100.9"}])
        gone = next(tunnel["id"] for tunnel in ipsec.tunnels if tunnel["name"] == "gone")
        edit = {"edge": "nsxt-edge1", "section": "ipsec", "delete": "gone"}
        ipsec.simulator.faults.add("edit", method="GET", path=gone, edit=edit)
        assert [tunnel["name"] for tunnel in ipsec.read()["tunnels"]] == ["branch"]


@pytest.mark.parametrize("path", ["", PROPERTIES])
def test_a_tunnel_that_must_not_be_read_is_an_error(path: str) -> None:
    """The whole read fails if a tunnel cannot be read.

    If the tunnel were left out instead, a run would create it again.
    """
    with harness() as ipsec:
        ipsec.ensure({**BRANCH, **PROFILE})
        ipsec.simulator.faults.add("status", method="GET", path=ipsec.tunnel["id"] + path, status=403, count=20)
        with pytest.raises(ApiError, match="Opening the ipsec section"):
            ipsec.read()


@pytest.mark.parametrize("checked", ["refuse-stale", "ignore"])
def test_a_change_of_another_client_before_the_profile_is_kept(checked: str) -> None:
    with harness(object_version=checked) as ipsec:
        ipsec.ensure({**BRANCH, "peer_subnets": ["10.20.0.0/16"]})
        edit = {"edge": "nsxt-edge1", "section": "ipsec", "change": {"name": "branch", "logging": True}}
        ipsec.simulator.faults.add("edit", method="PUT", path=PROPERTIES, edit=edit)
        assert ipsec.ensure({"name": "branch", "description": "new", **PROFILE}).changed
        tunnel = ipsec.tunnel
        assert (tunnel["logging"], tunnel["description"], tunnel["securityType"]) == (True, "new", "CUSTOM")


def test_a_change_of_another_client_before_the_tunnel_is_kept() -> None:
    with harness() as ipsec:
        ipsec.ensure(BRANCH)
        edit = {"edge": "nsxt-edge1", "section": "ipsec", "change": {"name": "branch", "logging": True}}
        ipsec.simulator.faults.add("edit", method="PUT", path=ipsec.tunnel["id"], edit=edit)
        assert ipsec.ensure({"name": "branch", "description": "new"}).changed
        assert (ipsec.tunnel["logging"], ipsec.tunnel["description"]) == (True, "new")


def test_the_tunnel_of_another_client_with_the_same_addresses_is_reported() -> None:
    """The tunnel of the other client appears in the read after the rejected write."""
    with harness() as ipsec:
        theirs = {
            "name": "theirs",
            "preSharedKey": "their key",
            "localEndpoint": {"localAddress": BRANCH["local_ip"], "localNetworks": ["192.168.10.0/24"]},
            "remoteEndpoint": {"remoteAddress": BRANCH["peer_ip"], "remoteNetworks": ["10.20.0.0/16"]},
        }
        edit = {"edge": "nsxt-edge1", "section": "ipsec", "add": theirs}
        ipsec.simulator.faults.add("edit", method="POST", path=TUNNELS, edit=edit)
        with pytest.raises(VcloudAirError, match="are the addresses of the tunnels 'theirs' and 'branch'"):
            ipsec.ensure(BRANCH)
        assert ipsec.names() == ["theirs"]
        assert ipsec.tunnel["preSharedKey"] == "their key"


def test_a_busy_edge_gateway_is_tried_again() -> None:
    with harness() as ipsec:
        ipsec.simulator.faults.add("busy", method="POST", path=TUNNELS, count=2)
        assert ipsec.ensure(BRANCH).changed
        assert ipsec.names() == ["branch"]


def test_tunnels_of_others_are_kept() -> None:
    with harness() as ipsec:
        ipsec.ensure({**BRANCH, "name": "theirs", "peer_ip": "198.51.100.9", **PROFILE})
        before = {**ipsec.tunnel}
        ipsec.ensure(BRANCH)
        ipsec.ensure({"name": "branch"}, "absent")
        assert ipsec.tunnel == before
