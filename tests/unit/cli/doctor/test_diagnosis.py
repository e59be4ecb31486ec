"""Tests of ``vca doctor``: each problem fails a step and has a hint."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.cli.conftest import FakeClient, Result
from tests.unit.cli.test_main_commands import EDGES, POLICY, FakeIdentity
from vcloudair_core import errors
from vcloudair_core.cli.commands import doctor as command
from vcloudair_core.cli.doctor.api_checks import ServerClock
from vcloudair_core.cli.doctor.network_checks import Network, Target, check_clock, check_url, read_certificate
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.messages import Exchange, Headers, Request, Response

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]
NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


def make_certificate(
    *, issuer: str = "Example CA", subject: str = "vcd.example", start: datetime | None = None, days: int = 365
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    start = start or NOW - timedelta(days=10)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class FakeNetwork(Network):
    """A fake network whose operations can fail."""

    def __init__(self, **failures: Any) -> None:
        super().__init__()
        self.failures = failures
        self.asked: list[tuple[str, str, int]] = []

    def _do(self, what: str, host: str, port: int) -> None:
        self.asked.append((what, host, port))
        if what in self.failures:
            raise self.failures[what]

    def resolve(self, host: str, port: int) -> list[str]:
        self._do("resolve", host, port)
        return ["192.0.2.1"]

    def connect(self, host: str, port: int) -> None:
        self._do("connect", host, port)

    def certificate(self, host: str, port: int) -> bytes:
        self._do("handshake", host, port)
        return self.failures.get("presents") or make_certificate()

    def verify(self, host: str, port: int, ca_path: str | None) -> None:
        self._do("verify", host, port)

    def proxy_for(self, target: Target) -> str | None:
        return self.failures.get("proxy")

    def now(self) -> datetime:
        return NOW


@pytest.fixture
def diagnose(
    vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, dict[str, dict[str, str]]]]:
    """Return a function that runs ``vca doctor``.

    The function returns the exit code and the steps.
    """

    def call(
        *arguments: str, network: FakeNetwork | None = None, **contents: Any
    ) -> tuple[int, dict[str, dict[str, str]]]:
        monkeypatch.setattr(command, "Network", lambda: network or FakeNetwork())
        defaults = {"edges": EDGES, "identity": FakeIdentity(), "resources": {"ans.firewall": POLICY}}
        client(**defaults | contents)
        monkeypatch.setenv("VCA_PASSWORD", "hunter2hunter2")
        words = [*arguments] if "--url" in arguments else ["--url", "https://vcd.example", *arguments]
        result = vca("doctor", "--username", "ops", "--org", "acme", "-o", "json", *words)
        assert "hunter2" not in result.out + result.err
        return result.code, {step["name"]: step for step in json.loads(result.out)}

    return call


Diagnose = Callable[..., tuple[int, dict[str, dict[str, str]]]]


def test_no_problems_found(diagnose: Diagnose) -> None:
    code, steps = diagnose()
    assert code == 0
    assert list(steps) == [
        *("Settings", "URL", "DNS", "TCP", "TLS", "Version", "Sign-in", "Org", "Edges", "Firewall", "Clock")
    ]
    assert {step["status"] for name, step in steps.items() if name != "Clock"} == {"ok"}
    assert "Example CA" in steps["TLS"]["detail"]
    assert steps["Edges"]["detail"] == "2 visible: web-edge, db-edge"


def test_table_shows_each_step_and_hint(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "Network", lambda: FakeNetwork(resolve=OSError(-2, "Name or service not known")))
    monkeypatch.setenv("VCA_PASSWORD", "x")
    result = vca("doctor", "--url", "https://vcd.example", "--username", "ops", "--org", "acme")
    assert result.code == 6
    # How wide a column is hangs on the version of rich.
    assert "✖ DNS vcd.example has no address: Name or service not known → Check" in " ".join(result.out.split())
    assert result.out.count("not checked") == 2
    assert "Fix the step 'DNS' first" in result.err


def test_plain_marks_on_terminals_without_unicode(
    vca: Vca, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "can_show", lambda text: False)
    shown = " ".join(vca("doctor").out.split())
    assert shown.startswith("X Settings missing: url, username, password, org -> Set VCA_URL")


def test_url_is_checked_despite_missing_settings(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "Network", FakeNetwork)
    steps = json.loads(vca("doctor", "--url", "https://vcd.example", "-o", "json").out)
    assert [(step["name"], step["status"]) for step in steps] == [
        ("Settings", "failed"),
        ("URL", "ok"),
        ("DNS", "ok"),
        ("TCP", "ok"),
        ("TLS", "ok"),
        ("Sign-in", "skipped"),
        ("Rights", "skipped"),
    ]


def test_token_is_sufficient_to_sign_in(vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "Network", FakeNetwork)
    monkeypatch.setenv("VCA_TOKEN", "t0ken-t0ken")
    client(edges=EDGES, identity=FakeIdentity(), resources={"ans.firewall": POLICY})
    result = vca("doctor", "--url", "https://vcd.example")
    assert result.code == 0
    assert "auth method token" in result.out
    assert "t0ken" not in result.out


def test_unknown_auth_method_is_reported(vca: Vca) -> None:
    result = vca("doctor", "--auth-method", "kerberos")
    assert result.code == 64
    assert "unknown auth method 'kerberos'" in result.out


def test_invalid_setting_ends_the_diagnosis(vca: Vca) -> None:
    result = vca("doctor", "--service-type", "nsx", "-o", "json")
    assert result.code == 64
    assert [step["name"] for step in json.loads(result.out)] == ["Settings"]


@pytest.mark.parametrize(
    ("url", "org", "status", "says"),
    [
        ("https://vcd.example", "", "ok", "https://vcd.example"),
        ("https://vcd.example:8443/", "", "ok", "https://vcd.example:8443"),
        ("vcd.example", "", "ok", "https://vcd.example (from vcd.example)"),
        ("https://vcd.example/api", "", "ok", "https://vcd.example (from"),
        ("https://region.example/api/compute", "", "ok", "https://region.example/api/compute"),
        ("http://vcd.example", "", "warning", "not encrypted"),
        ("ftp://vcd.example", "", "failed", "https://host"),
        ("https://vcd.example:99999", "", "failed", "port"),
        ("https://vcd.example/tenant/acme", "", "failed", "the address of a web portal"),
        ("https://vcd.example/tenant/acme/vdcs", "Acme", "ok", "https://vcd.example (from"),
        ("https://vcd.example/cloud/org/acme/", "other", "warning", "belongs to org acme, but org is set to other"),
        ("https://vcd.example/provider/", "", "failed", "the address of a web portal"),
    ],
)
def test_urls(url: str, org: str, status: str, says: str) -> None:
    step, target = check_url(Settings.load({"url": url, "org": org}, environ={}))
    assert (step.status, says in step.detail) == (status, True)
    assert (target is None) == (status == "failed")


def test_portal_address_gives_url_and_org() -> None:
    step, _ = check_url(Settings.load({"url": "https://vcd.example/tenant/acme"}, environ={}))
    assert step.hint == "Set url to https://vcd.example and org to acme."


def test_vcloud_air_needs_no_url(diagnose: Diagnose) -> None:
    _, steps = diagnose("--service-type", "vchs", "--url", "")
    assert steps["Settings"]["status"] == "ok"
    assert steps["URL"]["detail"] == "https://vchs.vmware.com"


@pytest.mark.parametrize(
    ("failure", "step", "code", "says"),
    [
        ({"resolve": OSError(-2, "Name or service not known")}, "DNS", 6, "spelling"),
        ({"connect": ConnectionRefusedError()}, "TCP", 6, "port"),
        ({"connect": TimeoutError()}, "TCP", 6, "VPN"),
        ({"connect": OSError(113, "No route to host")}, "TCP", 6, "network"),
        ({"handshake": ssl.SSLError("wrong version number")}, "TLS", 6, "plain HTTP"),
        ({"handshake": ConnectionResetError()}, "TLS", 6, "HTTPS port"),
    ],
)
def test_network_failures(diagnose: Diagnose, failure: dict[str, Any], step: str, code: int, says: str) -> None:
    found, steps = diagnose(network=FakeNetwork(**failure))
    assert found == code
    assert steps[step]["status"] == "failed"
    assert says in steps[step]["hint"]
    assert steps["Sign-in"]["status"] == "skipped"


@pytest.mark.parametrize(
    ("certificate", "reason", "says"),
    [
        (make_certificate(issuer="vcd.example"), "self-signed certificate", "ca_path"),
        (make_certificate(), "unable to get local issuer certificate", "ca_path"),
        (make_certificate(days=5), "certificate has expired", "renew"),
        (make_certificate(start=NOW + timedelta(days=2)), "certificate is not yet valid", "clock"),
        (make_certificate(subject="other.example"), "Hostname mismatch", "host name"),
    ],
    ids=("self-signed", "unknown issuer", "expired", "not yet valid", "another host"),  # bytes differ by process
)
def test_untrusted_certificates(diagnose: Diagnose, certificate: bytes, reason: str, says: str) -> None:
    refused = ssl.SSLCertVerificationError(1, f"certificate verify failed: {reason}")
    code, steps = diagnose(network=FakeNetwork(presents=certificate, verify=refused))
    assert (code, steps["TLS"]["status"]) == (6, "failed")
    assert says in steps["TLS"]["hint"]


def test_missing_ca_file_is_reported(diagnose: Diagnose) -> None:
    network = FakeNetwork(verify=FileNotFoundError(2, "No such file"))
    code, steps = diagnose("--ca-path", "/nowhere/ca.pem", network=network)
    assert (code, steps["TLS"]["detail"]) == (
        64,
        "The certificate authority file /nowhere/ca.pem (ca_path) does not exist. Nothing was sent",
    )


def test_disabled_verification_is_a_warning(diagnose: Diagnose) -> None:
    network = FakeNetwork(verify=AssertionError("must not be asked"))
    code, steps = diagnose("--insecure", network=network)
    assert (code, steps["TLS"]["status"]) == (0, "warning")


def test_expiring_certificate_is_a_warning(diagnose: Diagnose) -> None:
    code, steps = diagnose(network=FakeNetwork(presents=make_certificate(days=20)))
    assert (code, steps["TLS"]["status"]) == (0, "warning")


def test_proxy_is_checked_instead_of_the_server(diagnose: Diagnose) -> None:
    network = FakeNetwork(proxy="http://proxy.example:3128")
    code, steps = diagnose(network=network)
    assert code == 0
    assert network.asked == [("resolve", "proxy.example", 3128), ("connect", "proxy.example", 3128)]
    assert steps["TLS"]["status"] == "skipped"


class Refusing(FakeIdentity):
    """A fake identity whose use raises an error."""


@pytest.mark.parametrize(
    ("error", "step", "code", "says"),
    [
        (errors.AuthenticationError("The server refused the sign-in."), "Sign-in", 3, "ops@acme"),
        (errors.DecodeError("The server answered with an HTML page."), "Version", 7, "Check url and service_type"),
        (errors.NotFoundError("There is no /api/versions."), "Version", 4, "Check url and service_type"),
        (errors.InvalidRequestError("API 99.0 is not supported."), "Version", 7, "api_version"),
        (errors.TimeoutExpiredError("No answer in 120 s.", hint="Try later."), "Sign-in", 6, "Try later."),
    ],
)
def test_sign_in_failures(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str, code: int, says: str
) -> None:
    def refuse(self: Any) -> Any:
        raise error

    monkeypatch.setattr("tests.unit.cli.conftest.FakeSession.login", refuse)
    found, steps = diagnose()
    assert found == code
    assert steps[step]["status"] == "failed"
    assert says in steps[step]["hint"]
    assert steps["Rights"]["status"] == "skipped"
    assert "Clock" in steps  # a wrong clock is a likely reason: it is looked at all the same


def test_missing_rights_are_reported(diagnose: Diagnose) -> None:
    denied = errors.PermissionDeniedError("Access is forbidden.")
    code, steps = diagnose(edges=denied)
    assert code == 5
    assert "'Organization vDC Gateway: View'" in steps["Edges"]["hint"]
    code, steps = diagnose(resources={"ans.firewall": denied})
    assert code == 5
    assert "'Organization vDC Gateway: View Firewall'" in steps["Firewall"]["hint"]
    assert steps["Firewall"]["detail"].startswith("web-edge: ")


@pytest.mark.parametrize(("pinned", "status"), [("37.2", "warning"), ("38.1", "ok"), ("", "ok")])
def test_a_pinned_version_that_hides_parts_of_nsxt_rules_is_a_warning(
    diagnose: Diagnose, pinned: str, status: str
) -> None:
    """Source: protocol/nsxt.md §5."""
    edges = [replace(EDGES[0], backend="nsxt", is_advanced=False), replace(EDGES[1], backend="nsxv")]
    arguments = ("--api-version", pinned) if pinned else ()
    code, steps = diagnose(*arguments, edges=edges)
    assert (code, steps["Version"]["status"]) == (0, status)
    assert "(1 NSX-T, 1 NSX-V)" in steps["Edges"]["detail"]


def test_edges_show_their_vdc_group_and_mode(diagnose: Diagnose) -> None:
    group: Any = {"owner_id": "urn:vcloud:vdcGroup:1", "owner_name": "dc-group", "deployment_mode": "DISTRIBUTED_ONLY"}
    _, steps = diagnose(edges=[replace(EDGES[0], backend="nsxt", **group), replace(EDGES[1], backend="nsxv")])
    assert "web-edge (VDC group dc-group, DISTRIBUTED_ONLY), db-edge (1 NSX-T, 1 NSX-V)" in steps["Edges"]["detail"]


def test_no_edge_disabled_firewall_and_no_org_are_warnings(diagnose: Diagnose) -> None:
    code, steps = diagnose("--vdc", "gold", edges=[])
    assert (code, steps["Edges"]["status"]) == (0, "warning")
    code, steps = diagnose(resources={"ans.firewall": POLICY | {"enabled": False}})
    assert (code, steps["Firewall"]["status"]) == (0, "warning")
    code, steps = diagnose(identity=FakeIdentity(org_name=""))
    assert (code, steps["Org"]["status"]) == (0, "warning")


def test_firewall_of_the_configured_edge_is_read(diagnose: Diagnose, client: MakeClient) -> None:
    _, steps = diagnose("--edge", "db-edge")
    assert steps["Firewall"]["detail"].startswith("db-edge: ")


@pytest.mark.parametrize(
    ("skew_s", "status", "says"),
    [(0, "ok", ""), (45, "ok", ""), (-120, "warning", "behind"), (700, "failed", "ahead"), (90000, "failed", "25 h")],
)
def test_clock_check(skew_s: int, status: str, says: str) -> None:
    step = check_clock(NOW, NOW + timedelta(seconds=skew_s))
    assert step.status == status
    assert says in step.detail


def test_server_time_comes_from_the_date_header() -> None:
    clock = ServerClock()
    request = Request("GET", "https://vcd.example/api/versions")
    for headers in ({"Date": "Mon, 01 Jun 2026 12:00:00 GMT"}, {"Date": "soon"}, {}):
        clock.vca_exchange_finished(Exchange(request, Response(200, Headers(headers)), None, 0.1))
    clock.vca_exchange_finished(Exchange(request, None, OSError(), 0.1))
    assert clock.time == NOW
    assert check_clock(None, NOW).status == "skipped"


def test_read_certificate_parses_der() -> None:
    ca = trustme.CA()
    pem = ca.issue_cert("vcd.example", "192.0.2.1").cert_chain_pems[0].bytes()
    certificate = read_certificate(x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER))
    assert set(certificate.names) == {"vcd.example", "192.0.2.1"}
    assert not certificate.is_self_signed
    with pytest.raises(ValueError):
        read_certificate(b"not a certificate")


def test_certificate_store_in_use_is_shown(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert "trusted by the system's store" in diagnose()[1]["TLS"]["detail"]
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/mine.pem")
    assert "the system's store with SSL_CERT_FILE /etc/mine.pem" in diagnose()[1]["TLS"]["detail"]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/bundle.pem")
    assert "trusted by REQUESTS_CA_BUNDLE /etc/bundle.pem" in diagnose()[1]["TLS"]["detail"]
    assert f"trusted by ca_path {__file__}" in diagnose("--ca-path", __file__)[1]["TLS"]["detail"]


@pytest.mark.parametrize("proxy", ["ftp://proxy.example:21", "http://user:hunter2@proxy.example:port"])
def test_invalid_proxy_is_reported(diagnose: Diagnose, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = FakeNetwork()
    monkeypatch.setattr(network, "proxy_for", lambda target: proxy)
    code, steps = diagnose(network=network)
    assert (code, steps["Proxy"]["status"]) == (64, "failed")
    assert "HTTPS_PROXY" in steps["Proxy"]["hint"]
    assert "hunter2" not in str(steps)


def test_http_url_to_a_tls_port_fails_with_a_hint(diagnose: Diagnose) -> None:
    code, steps = diagnose("--url", "http://vcd.example:8443")
    assert (code, steps["TLS"]["status"]) == (64, "failed")
    assert steps["TLS"]["detail"] == "vcd.example:8443 uses TLS, but the URL starts with http"
    assert steps["TLS"]["hint"] == "Change the URL to https://vcd.example:8443."
    assert steps["Sign-in"]["status"] == "skipped"


def test_http_url_to_a_plain_port_has_no_tls_step(diagnose: Diagnose) -> None:
    network = FakeNetwork(handshake=ssl.SSLError("WRONG_VERSION_NUMBER"))
    code, steps = diagnose("--url", "http://vcd.example", network=network)
    assert (code, "TLS" in steps) == (0, False)
