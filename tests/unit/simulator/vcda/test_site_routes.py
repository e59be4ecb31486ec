"""Tests of sites and of the product version. Source: protocol/vcda.md §2."""

from __future__ import annotations

from tests.support.vcda import CREDENTIALS, PEER, VcdaCaller, vcda


def test_sites_mark_the_local_site() -> None:
    caller = vcda().sign_in()
    sites = caller.read("/sites")
    assert [(site["site"], site["isLocal"], site["state"]) for site in sites] == [
        ("site2", True, "OK"),
        ("site1", False, "OK"),
    ]
    peer = VcdaCaller(caller.simulator, PEER).sign_in()
    assert [(site["site"], site["isLocal"]) for site in peer.read("/sites")] == [("site1", True), ("site2", False)]
    assert caller.read("/vc-sites") == []


def test_sites_can_have_other_names() -> None:
    caller = vcda(vcda_site="berlin", vcda_peer_site="oslo").sign_in()
    assert [site["site"] for site in caller.read("/sites")] == ["berlin", "oslo"]
    assert caller.vm()["source"]["vdcName"] == "org1-oslo"


def test_about_has_the_version() -> None:
    caller = vcda(vcda_versions=("4.4", "4.5")).sign_in()
    about = caller.read("/diagnostics/about")
    assert set(about) == {"serviceType", "productName", "buildVersion", "buildDate"}
    assert about["buildVersion"].startswith("4.5.")


def test_policies_are_for_the_provider() -> None:
    caller = vcda().sign_in()
    assert caller.code("GET", "/policies") == (403, "Forbidden")
    assert caller.sign_in({**CREDENTIALS, "vcdUser": "administrator@System"}).read("/policies")["items"] == []
