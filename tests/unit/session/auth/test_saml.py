"""Tests of the sign-in with a SAML assertion, on both endpoints of the simulator."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.support.saml import assertion
from vcloudair_core.client import Client
from vcloudair_core.errors import AuthenticationError, ConfigurationError
from vcloudair_core.session.auth.saml import assertion_of
from vcloudair_core.settings.settings import Settings
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.util.redaction import Secret

ENDPOINTS = {"5.x": "POST /api/sessions", "10.4": "POST /api/sessions", "10.6": "POST /cloudapi/1.0.0/sessions"}
"""Sign-in requests by release."""
HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"


def client_of(simulator: Simulator, **options: Any) -> Client:
    settings = {
        key: value
        for key, value in simulator_settings(simulator).items()
        if key not in ("username", "password", "service_type")
    }
    return simulated_app(simulator).client(**{**settings, "service_type": "vcd", "org": "org1", **options})


@pytest.fixture(params=list(ENDPOINTS))
def simulator(request: pytest.FixtureRequest) -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", release=request.param))


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    ],
)
def test_an_assertion_signs_in_on_each_endpoint(simulator: Simulator, form: Callable[[str], str]) -> None:
    with client_of(simulator, saml_token=form(assertion())) as client:
        identity = client.session.login()
        assert (identity.user, identity.org_name) == ("demo", "org1")
        assert client.edges.list_edges()
    calls = RequestView(simulator).calls
    assert [call for call in calls if call.startswith("POST")] == [ENDPOINTS[str(simulator.config.release)]]
    assert sum(call.startswith("DELETE") for call in calls) == 1


@pytest.mark.parametrize("options", [{"user": "nobody"}, {"minutes": -1}, {"method": HOLDER}])
def test_rejected_assertions_have_a_hint(simulator: Simulator, options: dict[str, Any]) -> None:
    text = assertion(**options)
    with client_of(simulator, saml_token=text) as client, pytest.raises(AuthenticationError) as caught:
        client.session.login()
    assert "the user of the SAML assertion in org org1" in str(caught.value)
    assert "Get a new assertion" in caught.value.hint
    assert text not in str(caught.value)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_of(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "demo")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()


def write_key(path: Path, key: Any) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    path.chmod(0o600)
    return str(path)


def test_a_holder_of_key_signs_the_assertion(simulator: Simulator, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    text = assertion(method=HOLDER, certificate=certificate_of(key))
    with client_of(simulator, saml_token=text, saml_key_file=write_key(tmp_path / "key.pem", key)) as client:
        assert client.session.login().user == "demo"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = write_key(tmp_path / "other.pem", other)
    with client_of(simulator, saml_token=text, saml_key_file=wrong) as client, pytest.raises(AuthenticationError):
        client.session.login()


def test_unusable_keys_are_refused_before_a_request(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    readable = write_key(tmp_path / "readable.pem", key)
    Path(readable).chmod(0o644)
    text = tmp_path / "text.pem"
    text.write_text("no key", encoding="utf-8")
    text.chmod(0o600)
    elliptic = write_key(tmp_path / "ec.pem", ec.generate_private_key(ec.SECP256R1()))
    for file, message in (
        (readable, "Other users can read the private key"),
        (str(text), "not an unencrypted private key"),
        (elliptic, "It is not an RSA key"),
        (str(tmp_path / "none.pem"), "does not exist"),
    ):
        client = client_of(simulator, saml_token=assertion(), saml_key_file=file)
        with client, pytest.raises(ConfigurationError, match=message):
            client.session.login()
    assert not any(call.startswith("POST") for call in RequestView(simulator).calls)


@pytest.mark.parametrize("reference", ["file", "command"])
def test_an_assertion_by_reference_can_have_several_lines(tmp_path: Path, reference: str) -> None:
    secret = tmp_path / "assertion.xml"
    secret.write_text(assertion() + "\n", encoding="utf-8")
    secret.chmod(0o600)
    value = f'"{secret}"' if reference == "file" else f'["cat", "{secret}"]'
    config = tmp_path / "config.toml"
    config.write_text(f"saml_token_{reference} = {value}\n", encoding="utf-8")
    settings = Settings.load(environ={"VCA_CONFIG_FILE": str(config)})
    assert settings.saml_token == Secret(secret.read_text(encoding="utf-8").strip())


@pytest.mark.parametrize("token", ["", "hello", "aGVsbG8=", base64.b64encode(b"\x1f\x8bno").decode()])
def test_other_text_is_not_an_assertion(token: str) -> None:
    with pytest.raises(ConfigurationError, match="saml_token is not a SAML assertion") as caught:
        assertion_of(Secret(token))
    assert "base64" in caught.value.hint


def test_an_assertion_that_is_too_large_after_decompression_is_refused() -> None:
    bomb = base64.b64encode(gzip.compress(b"<" + b" " * 2_000_000)).decode()
    with pytest.raises(ConfigurationError):
        assertion_of(Secret(bomb))


def test_an_org_with_a_quote_is_refused() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    with pytest.raises(ConfigurationError, match="Invalid org"):
        client_of(simulator, saml_token=assertion(), org='a",org="System')


def test_a_session_token_takes_precedence(simulator: Simulator) -> None:
    with client_of(simulator, saml_token=assertion()) as first:
        first.session.login()
        headers = first.session._current()[0].headers
        token = next(iter(headers.values())).reveal().removeprefix("Bearer ")
        with client_of(simulator, saml_token=assertion(), token=token) as second:
            assert second.session.login().user == "demo"
