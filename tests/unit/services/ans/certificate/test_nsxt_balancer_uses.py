"""Tests of certificates that the load balancer of an NSX-T edge gateway uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certificates import make_pair
from tests.unit.services.ans.certificate.harness import NEW, NSXT, OLD, CertificateHarness, certificates, spec
from vcloudair_core.errors import ConflictError, PermissionDeniedError, SpecError
from vcloudair_core.services.ans.certificate import nsxt_balancer_uses
from vcloudair_core.services.ans.nsxt.api import CloudApi

CA, OTHER_CA = make_pair("Example CA", serial=11), make_pair("Other CA", serial=12)
AUTHORITIES = (("ca", CA), ("other-ca", OTHER_CA))
EDGE = "nsxt-edge1"
BASE = "/1.0.0/loadBalancer"


@pytest.fixture
def balancer() -> Iterator[CertificateHarness]:
    """A virtual server that uses ``web``, and a pool that uses ``ca``."""
    with certificates(NSXT) as made:
        made.ensure([spec(OLD), *({"name": name, "certificate": pair.certificate} for name, pair in AUTHORITIES)])
        made.client.ensure("ans.lb_pool", {"name": "web-pool", "members": [{"ip_address": "192.168.10.2", "port": 80}]})
        change_pool(made, caCertificateRefs=[{"id": certificate_id(made, "ca")}], sslEnabled=True)
        server = {"name": "site", "ip_address": "203.0.113.10", "protocol": "https", "port": 443, "pool": "web-pool"}
        made.client.ensure("ans.lb_virtual_server", {**server, "certificate": "web"})
        yield made


def certificate_id(harness: CertificateHarness, name: str) -> str:
    return str(harness.read()[name]["certificate_id"])


def objects(harness: CertificateHarness, kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = harness.edge.services["loadBalancer"][kind]
    return items


def change_pool(harness: CertificateHarness, **values: Any) -> None:
    """Change the only pool, as another client does."""
    [pool] = objects(harness, "pools")
    gateway = {"id": f"urn:vcloud:gateway:{harness.edge.edge_id}"}
    CloudApi(harness.client.session).write(
        "PUT", f"{BASE}/pools/{pool['id']}", {**pool, "gatewayRef": gateway, **values}
    )


def change_server(harness: CertificateHarness, **values: Any) -> None:
    """Change the only virtual service, as another client does."""
    [service] = objects(harness, "virtualServices")
    CloudApi(harness.client.session).write("PUT", f"{BASE}/virtualServices/{service['id']}", {**service, **values})


def user(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "name": name, "edge": EDGE}


# -- showing and refusing ----------------------------------------------------------------------------------------


def test_info_shows_virtual_servers_and_pools(balancer: CertificateHarness) -> None:
    records = balancer.read()
    assert records["web"]["used_by"] == [user("virtual_server", "site")]
    assert records["ca"]["used_by"] == [user("pool", "web-pool")]
    assert records["other-ca"]["used_by"] == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("name", "noun", "reason"),
    [
        ("web", "virtual server 'site'", "its protocol is https"),
        ("ca", "pool 'web-pool'", "it verifies its members with this CA certificate"),
    ],
)
def test_needed_certificate_is_not_deleted(
    balancer: CertificateHarness, name: str, noun: str, reason: str, check: bool
) -> None:
    with pytest.raises(ConflictError, match=f"in use by {noun} of edge gateway {EDGE}") as caught:
        balancer.ensure({"name": name}, "absent", check=check)
    assert "Change or delete the users first." in str(caught.value)
    with pytest.raises(ConflictError, match=f"{noun[1:]} of edge gateway {EDGE} needs a certificate, because {reason}"):
        balancer.ensure({"name": name, "force": True}, "absent", check=check)
    assert balancer.requests.writes == []


def test_server_refuses_to_delete_a_used_certificate(balancer: CertificateHarness) -> None:
    for name, owner in (("web", "site"), ("ca", "web-pool")):
        path = f"/cloudapi/1.0.0/ssl/certificateLibrary/{certificate_id(balancer, name)}"
        with pytest.raises(Exception, match=f"in use by {owner}"):
            balancer.client.session.call("DELETE", path)


def test_user_who_must_not_see_the_load_balancer_reads_but_does_not_delete(
    balancer: CertificateHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*args: Any) -> None:
        raise PermissionDeniedError("no")

    monkeypatch.setattr(nsxt_balancer_uses, "gateway_path", denied)
    assert "used_by" not in balancer.read()["other-ca"]
    with pytest.raises(PermissionDeniedError):
        balancer.ensure({"name": "other-ca"}, "absent")
    assert balancer.requests.writes == []


# -- moving ------------------------------------------------------------------------------------------------------


def test_renewal_moves_the_references(balancer: CertificateHarness) -> None:
    new_ca = make_pair("Example CA", 2032, serial=13)
    desired = [spec(NEW), {"name": "ca", "certificate": new_ca.certificate}]
    before = [dict(objects(balancer, kind)[0]) for kind in ("pools", "virtualServices")]
    balancer.ensure(desired)
    [pool], [service] = objects(balancer, "pools"), objects(balancer, "virtualServices")
    assert [item["id"] for item in pool["caCertificateRefs"]] == [certificate_id(balancer, "ca")]
    assert service["certificateRef"]["id"] == certificate_id(balancer, "web")
    for old, new, key in zip(before, (pool, service), ("caCertificateRefs", "certificateRef"), strict=True):
        ignored = {key, "gatewayRef", "loadBalancerPoolRef", "serviceEngineGroupRef", "virtualServiceRefs"}
        assert {name: value for name, value in new.items() if name not in ignored} == {
            name: value for name, value in old.items() if name not in ignored
        }
    assert not balancer.ensure(desired).changed


def test_renewal_of_a_used_certificate_needs_a_private_key(balancer: CertificateHarness) -> None:
    with pytest.raises(SpecError, match="private_key: is required, because virtual server 'site'"):
        balancer.ensure({"name": "web", "certificate": NEW.certificate})
    assert balancer.requests.writes == []


# -- removing ----------------------------------------------------------------------------------------------------


def test_one_of_several_ca_certificates_is_removed_with_force(balancer: CertificateHarness) -> None:
    other = certificate_id(balancer, "other-ca")
    change_pool(balancer, caCertificateRefs=[{"id": certificate_id(balancer, "ca")}, {"id": other}])
    with pytest.raises(ConflictError, match="Set force to true"):
        balancer.ensure({"name": "ca"}, "absent")
    balancer.ensure({"name": "ca", "force": True}, "absent")
    assert [item["id"] for item in objects(balancer, "pools")[0]["caCertificateRefs"]] == [other]
    assert "ca" not in balancer.read()


def test_last_ca_certificate_of_a_pool_without_tls_is_removed_with_force(balancer: CertificateHarness) -> None:
    change_pool(balancer, sslEnabled=False)
    balancer.ensure({"name": "ca", "force": True}, "absent")
    assert objects(balancer, "pools")[0]["caCertificateRefs"] == []


def test_certificate_of_a_virtual_server_without_encryption_is_removed_with_force(balancer: CertificateHarness) -> None:
    change_server(balancer, applicationProfile={"type": "HTTP"})
    with pytest.raises(ConflictError, match="Set force to true"):
        balancer.ensure({"name": "web"}, "absent")
    balancer.ensure({"name": "web", "force": True}, "absent")
    assert objects(balancer, "virtualServices")[0]["certificateRef"] is None
    assert "web" not in balancer.read()


# -- the number of calls -----------------------------------------------------------------------------------------


def test_uses_take_one_call_for_each_object(balancer: CertificateHarness) -> None:
    balancer.requests.clear()
    balancer.read()
    calls = [call for call in balancer.calls() if "oadBalancer" in call or "Summaries" in call or "tunnels" in call]
    edges = sum(call == "GET tunnels" for call in balancer.calls())
    assert sorted(calls) == sorted(
        edges * ["GET tunnels", "GET loadBalancer", "GET poolSummaries", "GET virtualServiceSummaries"]
    )
    assert [call for call in balancer.calls() if call in ("GET pools", "GET virtualServices")] == [
        "GET virtualServices",
        "GET pools",
    ]


def test_renewal_of_an_equal_certificate_reads_no_uses(balancer: CertificateHarness) -> None:
    balancer.ensure(spec(OLD))
    assert balancer.calls() == ["GET certificateLibrary"]


def test_disabled_load_balancer_takes_one_call(balancer: CertificateHarness) -> None:
    balancer.edge.services["loadBalancer"]["enabled"] = False
    balancer.requests.clear()
    balancer.read()
    assert not any(call in ("GET pools", "GET virtualServices") for call in balancer.calls())
