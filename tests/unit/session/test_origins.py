"""Tests of base URLs, and of the origins that may receive a token."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import ConfigurationError, ConnectionFailedError
from vcloudair_core.session.origins import Origins, owner_of
from vcloudair_core.session.urls import is_absolute, join, normalize_url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("vcd.example.test", "https://vcd.example.test"),
        ("https://VCD.Example.test/", "https://vcd.example.test"),
        ("https://vcd.example.test:443/api", "https://vcd.example.test"),
        ("https://vcd.example.test:8443/api/", "https://vcd.example.test:8443"),
        ("https://vcd.example.test/api/sessions", "https://vcd.example.test"),
        ("https://vcd.example.test/api/versions", "https://vcd.example.test"),
        ("https://vcd.example.test/cloud/org/acme/", "https://vcd.example.test"),
        ("https://vcd.example.test/tenant/acme/vdcs", "https://vcd.example.test"),
        ("https://vcd.example.test/cloudapi/1.0.0/sessions", "https://vcd.example.test"),
        ("https://vchs.vmware.com/api/vchs/sessions", "https://vchs.vmware.com"),
        ("https://vca.vmware.com/api/iam/login", "https://vca.vmware.com"),
        ("https://region.example.test/api/compute", "https://region.example.test/api/compute"),
        ("https://region.example.test/api/compute/api/sessions", "https://region.example.test/api/compute"),
        ("https://region.example.test/api/compute/api", "https://region.example.test/api/compute"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:80/", "http://localhost"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("  vcd.example.test:8443  ", "https://vcd.example.test:8443"),
    ],
)
def test_base_urls_are_normalized(given: str, expected: str) -> None:
    assert normalize_url(given) == expected
    assert normalize_url(expected) == expected


@pytest.mark.parametrize(
    "given",
    [
        "https://",
        "https://h:99999",
        "https://h:x",
        "ftp://h",
        "https://h/x?y=1",
        "https://h/#x",
        "h h",
        "https://a\\b",
        "://h",
    ],
)
def test_an_invalid_base_url_is_a_configuration_error(given: str) -> None:
    with pytest.raises(ConfigurationError, match="url"):
        normalize_url(given)


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="VCA_PASSWORD") as caught:
        normalize_url("https://ops:hunter2@vcd.example.test")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("https://h", "/api/x", "https://h/api/x"),
        ("https://h", "api/x", "https://h/api/x"),
        ("https://h/api/compute", "/api/x", "https://h/api/compute/api/x"),
        ("https://h/api/compute", "/api/compute/api/x", "https://h/api/compute/api/x"),
        ("https://h/api/compute", "/api/computers", "https://h/api/compute/api/computers"),
        ("https://h", "/a b/\u00e9\n", "https://h/a%20b/%C3%A9%0A"),
        ("https://h", "/api/x?filter=(name==a%20b)&y=1", "https://h/api/x?filter=(name==a%20b)&y=1"),
        (
            "https://h",
            "/cloudapi/1.0.0/edgeGateways/urn:vcloud:gateway:1",
            "https://h/cloudapi/1.0.0/edgeGateways/urn:vcloud:gateway:1",
        ),
    ],
)
def test_paths_are_appended(base: str, path: str, expected: str) -> None:
    assert join(base, path) == expected


@pytest.mark.parametrize(("path", "answer"), [("https://h", True), ("//h/x", True), ("/x", False), ("x:y/z", False)])
def test_parse_hosts(path: str, answer: bool) -> None:
    assert is_absolute(path) is answer


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://p1v17-vcd.vchs.vmware.com:443/x", "vmware.com"),
        ("https://vchs.vmware.com", "vmware.com"),
        ("https://cloud.example.co.uk", "example.co.uk"),
        ("https://a.github.io", "a.github.io"),
        ("https://192.0.2.7", "192.0.2.7"),
        ("https://[2001:db8::1]", "2001:db8::1"),
        ("https://localhost:8443", "localhost"),
        ("https://co.uk", "co.uk"),
    ],
)
def test_hosts_with_the_same_registrable_domain_have_the_same_owner(url: str, owner: str) -> None:
    assert owner_of(url) == owner


@pytest.mark.parametrize(
    ("issuer", "url", "trusted"),
    [
        ("https://vchs.vmware.com", "https://us-west-1-3.vchs.vmware.com/api", True),
        ("https://vchs.vmware.com", "https://vchs.vmware.com:8443", True),
        ("https://vchs.vmware.com", "https://vmware.com.evil.org", False),
        ("https://vchs.vmware.com", "https://evilvmware.com", False),
        ("https://vchs.vmware.com", "http://vchs.vmware.com", False),
        ("http://vcd.example.test", "https://vcd.example.test", True),
        ("https://a.co.uk", "https://b.co.uk", False),
        ("https://a.github.io", "https://b.github.io", False),
        ("https://192.0.2.7", "https://192.0.2.8", False),
        ("https://192.0.2.7", "https://192.0.2.7:8443", True),
        ("https://localhost", "https://localhost.evil.org", False),
        ("https://vcd", "https://vcd2", False),
    ],
)
def test_origins_of_the_same_owner_are_trusted(issuer: str, url: str, trusted: bool) -> None:
    origins = Origins(issuer)
    assert origins.is_trusted(url) is trusted
    if trusted:
        assert origins.admit(url) == url
    else:
        with pytest.raises(ConnectionFailedError):
            origins.admit(url)


@pytest.mark.parametrize(
    "entry", ["https://partner.example.org", "partner.example.org", "https://partner.example.org:443/"]
)
def test_allowed_origins_are_trusted(entry: str) -> None:
    origins = Origins("https://vcd.example.test", [entry])
    assert origins.is_trusted("https://partner.example.org/x")
    assert not origins.is_trusted("https://partner.example.org:8443/x")
    assert not origins.is_trusted("https://sub.partner.example.org/x")


@pytest.mark.parametrize("entry", ["ftp://x", "https://", "https://h:x", ""])
def test_an_invalid_allowed_origin_is_named(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="allowed_origins"):
        Origins("https://vcd.example.test", [entry])


def test_plain_http_is_never_allowed_from_https() -> None:
    origins = Origins("https://vcd.example.test", ["http://other.example.org"])
    with pytest.raises(ConnectionFailedError, match="plain http"):
        origins.admit("http://other.example.org/x")
