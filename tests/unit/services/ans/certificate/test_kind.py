"""Tests of certificates on both backends, with the engine and the simulator."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

import vcloudair_core.testing.kind_checks as kind_checks
from tests.support.certificates import PASSPHRASE, make_pair
from tests.unit.services.ans.certificate.harness import NEW, NSXT, NSXV, OLD, CertificateHarness, certificates, spec
from vcloudair_core import App
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, SpecError
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import Example
from vcloudair_core.testing.simulated_cloud import simulator_settings


@pytest.fixture(params=[NSXV, NSXT])
def cloud(request: pytest.FixtureRequest) -> Iterator[CertificateHarness]:
    with certificates(request.param) as made:
        yield made


@pytest.fixture
def nsxv() -> Iterator[CertificateHarness]:
    with certificates(NSXV) as made:
        yield made


@pytest.fixture
def nsxt() -> Iterator[CertificateHarness]:
    with certificates(NSXT) as made:
        yield made


# -- adding ------------------------------------------------------------------------------------------------------


def test_new_certificate_takes_one_write(cloud: CertificateHarness) -> None:
    assert cloud.ensure(spec(OLD), check=True).changed
    assert cloud.requests.writes == []
    outcome = cloud.ensure(spec(OLD))
    assert outcome.plan.summary() == "1 to create"
    assert len(cloud.requests.calls) == 3, "one read, one write and one read to verify"
    assert len(cloud.requests.writes) == 1
    assert not cloud.ensure(spec(OLD)).changed
    assert len(cloud.requests.calls) == 1


def test_info_has_content_and_expiry(cloud: CertificateHarness) -> None:
    cloud.ensure(spec(OLD))
    record = cloud.read()["web"]
    assert record["subject"] == record["issuer"] == "CN=www.example.test"
    assert (record["not_before"], record["not_after"]) == ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
    assert record["days_left"] == 1313
    assert record["dns_names"] == ["www.example.test"]
    assert record["serial_number"] == "1"
    assert len(record["fingerprint"].split(":")) == 32
    assert record["used_by"] == []
    assert record["certificate"].strip() == OLD.certificate.strip()
    assert record["certificate_id"]


def test_encrypted_key_is_sent_with_its_passphrase(cloud: CertificateHarness) -> None:
    assert cloud.ensure(spec(OLD, private_key=OLD.encrypted_key, passphrase=PASSPHRASE)).changed


def test_line_ends_are_no_difference(cloud: CertificateHarness) -> None:
    cloud.ensure(spec(OLD))
    assert not cloud.ensure({"name": "web", "certificate": OLD.certificate.replace("\n", "\r\n") + "\n"}).changed


def test_other_certificates_are_kept_unless_the_list_is_exact(cloud: CertificateHarness) -> None:
    cloud.ensure([spec(OLD), spec(make_pair("other"), "other")])
    assert set(cloud.read()) == {"web", "other"}
    cloud.ensure(spec(OLD), "exact")
    assert set(cloud.read()) == {"web"}
    with pytest.raises(SpecError, match="would delete all certificates"):
        cloud.ensure([], "exact")


def test_secrets_are_not_shown(cloud: CertificateHarness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key_line = OLD.encrypted_key.splitlines()[2]
    wanted = spec(OLD, private_key=OLD.encrypted_key, passphrase=PASSPHRASE)
    for check in (True, False):
        outcome = cloud.ensure(wanted, check=check)
        shown = f"{outcome} {outcome.plan.as_dict()} {outcome.plan.diff()} {outcome.before} {outcome.after}"
        assert key_line not in shown
        assert PASSPHRASE not in shown
    with pytest.raises(SpecError) as caught:
        cloud.ensure(spec(NEW, private_key=OLD.encrypted_key, passphrase=PASSPHRASE))
    assert "does not belong to the certificate" in str(caught.value)
    logged = f"{caught.value.as_dict()} {caplog.text}"
    assert key_line not in logged
    assert PASSPHRASE not in logged


# -- invalid input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"certificate": "none"}, "certificate: is not a certificate in PEM format"),
        ({"certificate": OLD.key + OLD.certificate}, "certificate: contains a private key"),
        ({"certificate": "ä"}, "only ASCII"),
        ({"certificate": ["x"]}, "certificate: text in PEM format was expected"),
        ({"private_key": "none"}, "private_key: is not a private key"),
        ({"private_key": OLD.encrypted_key}, "private_key: is encrypted; set passphrase"),
        ({"private_key": OLD.encrypted_key, "passphrase": "x"}, "cannot be decrypted"),
        ({"passphrase": "x"}, "is not encrypted; remove passphrase"),
        ({"private_key": None, "passphrase": "x"}, "passphrase: requires private_key"),
        ({"certificate": None}, "private_key: requires certificate"),
        ({"private_key": None, "certificate": None}, "certificate: is required, because no certificate is named 'web'"),
        ({"name": None}, "name: is required"),
        ({"nane": "x"}, "nane: unknown field; did you mean 'name'?"),
    ],
)
def test_invalid_input_is_refused_before_a_write(nsxv: CertificateHarness, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        nsxv.ensure({**spec(OLD), **fields})
    assert reason in str(caught.value)
    assert OLD.key.splitlines()[1] not in str(caught.value.as_dict())
    assert nsxv.requests.writes == []


def test_names_must_be_unique_in_the_input(nsxv: CertificateHarness) -> None:
    with pytest.raises(SpecError, match="name of two certificates"):
        nsxv.ensure([spec(OLD), spec(NEW)])


def test_nsxv_has_no_description(nsxv: CertificateHarness) -> None:
    with pytest.raises(SpecError, match="holds its name"):
        nsxv.ensure(spec(OLD, description="text"))
    assert nsxv.requests.calls == []


def test_library_needs_an_api_version(vca_app: App, vca_simulator: Simulator) -> None:
    settings = {**simulator_settings(vca_simulator), "edge": "", "api_version": "36.0"}
    with vca_app.client(**settings) as client, pytest.raises(ConfigurationError, match="API version 36.0 of") as caught:
        client.read("ans.certificate")
    assert "For an NSX-V edge gateway, set edge" in caught.value.hint


# -- replacing ---------------------------------------------------------------------------------------------------


def test_renewed_certificate_replaces_the_old_one(cloud: CertificateHarness) -> None:
    cloud.ensure(spec(OLD))
    old_id = cloud.read()["web"]["certificate_id"]
    outcome = cloud.ensure(spec(NEW))
    assert outcome.plan.summary() == "1 to update"
    assert {"fingerprint", "not_after"} <= set(outcome.plan.changes[0].fields)
    record = cloud.read()["web"]
    assert record["not_after"] == "2031-01-01T00:00:00Z"
    assert record["certificate_id"] != old_id
    assert list(cloud.read()) == ["web"]
    assert not cloud.ensure(spec(NEW)).changed


def test_library_item_is_renamed_by_id_and_described(nsxt: CertificateHarness) -> None:
    nsxt.ensure(spec(OLD, description="first"))
    record = nsxt.read()["web"]
    outcome = nsxt.ensure({"name": "shop", "certificate_id": record["certificate_id"], "description": "second"})
    assert set(outcome.plan.changes[0].fields) == {"name", "description"}
    assert nsxt.calls() == ["GET certificateLibrary", "PUT certificateLibrary", "GET certificateLibrary"]
    assert nsxt.read()["shop"]["description"] == "second"


def test_interrupted_replacement_in_the_library_is_finished(nsxt: CertificateHarness) -> None:
    nsxt.ensure(spec(OLD))
    prefix = nsxt_fingerprint(NEW.certificate)
    nsxt.ensure(spec(NEW, f"web ({prefix})"))
    nsxt.ensure(spec(NEW))
    assert nsxt.requests.count("POST") == 0, "the certificate that is already there is used"
    assert {name: record["not_after"][:4] for name, record in nsxt.read().items()} == {"web": "2031"}
    nsxt.ensure({"name": f"web ({prefix})", "certificate_id": nsxt.read()["web"]["certificate_id"]})
    nsxt.ensure(spec(NEW))
    assert list(nsxt.read()) == ["web"]


def nsxt_fingerprint(certificate: str) -> str:
    from vcloudair_core.services.ans.certificate.pem import details_of

    details = details_of(certificate)
    assert details is not None
    return details.fingerprint.replace(":", "")[:8]


def add_twice(nsxv: CertificateHarness) -> None:
    """Add two certificates with the same name, as an interrupted replacement does."""
    nsxv.ensure([spec(OLD), spec(NEW, "other")])
    for item in nsxv.edge.sections["truststore"]["certificates"]:
        item["description"] = "web"


def test_interrupted_replacement_on_nsxv_is_finished(nsxv: CertificateHarness) -> None:
    add_twice(nsxv)
    outcome = nsxv.ensure(spec(NEW))
    assert outcome.changed
    assert nsxv.requests.count("POST") == 0
    assert [record["not_after"][:4] for record in nsxv.read().values()] == ["2031"]


def test_same_names_are_ambiguous(nsxv: CertificateHarness) -> None:
    add_twice(nsxv)
    for wanted, state in ((spec(make_pair("third")), "present"), ({"name": "web"}, "absent")):
        with pytest.raises(AmbiguousMatchError) as caught:
            nsxv.ensure(wanted, state)
        assert len(caught.value.candidates) == 2
    certificate_id = caught.value.candidates[0]["certificate_id"]
    nsxv.ensure({"name": "web", "certificate_id": certificate_id}, "absent")
    assert nsxv.read()["web"]["certificate_id"] != certificate_id


# -- deleting ----------------------------------------------------------------------------------------------------


def test_unused_certificate_is_deleted(cloud: CertificateHarness) -> None:
    cloud.ensure(spec(OLD))
    assert cloud.ensure({"name": "web"}, "absent").plan.summary() == "1 to delete"
    assert cloud.read() == {}
    assert not cloud.ensure({"name": "web"}, "absent").changed
    assert len(cloud.requests.calls) == 1


def test_request_budget_of_a_deletion(cloud: CertificateHarness) -> None:
    cloud.ensure(spec(OLD))
    cloud.ensure({"name": "web"}, "absent")
    if cloud.backend == NSXV:
        assert cloud.calls() == ["GET scope", "GET config", "GET config", "DELETE certificate", "GET scope"]
    else:
        assert cloud.calls()[0] == "GET certificateLibrary"
        assert cloud.calls()[-2:] == ["DELETE certificateLibrary", "GET certificateLibrary"]
        assert cloud.requests.count("GET", "/ipsec/tunnels") == 1


# -- rules of all kinds ------------------------------------------------------------------------------------------

EXAMPLE = Example("ans.certificate", [spec(OLD)], [spec(NEW)])


@pytest.mark.parametrize(
    "check",
    [
        kind_checks.check_plans_settle,
        kind_checks.check_round_trip,
        kind_checks.check_keeps_unknown_fields,
        kind_checks.check_losses,
    ],
)
def test_kind_follows_the_rules_of_kinds(cloud: CertificateHarness, check: Any) -> None:
    example = EXAMPLE
    if check is kind_checks.check_keeps_unknown_fields:  # a replaced certificate keeps nothing
        example = Example("ans.certificate", [spec(OLD)], [spec(NEW, "other")])
    check(cloud.client.kind("ans.certificate"), cloud.client, example)


def test_kind_refuses_unknown_and_invalid_input(cloud: CertificateHarness) -> None:
    kind = cloud.client.kind("ans.certificate")
    kind_checks.check_declaration(kind, "ans.certificate")
    kind_checks.check_unknown_field(kind, EXAMPLE)
    kind_checks.check_bad_values(kind, EXAMPLE)
    kind_checks.check_duplicates(kind, cloud.client, cloud.requests, EXAMPLE)
