"""Tests of HTTP messages: headers, origins, and reprs without secrets."""

from __future__ import annotations

import pytest

from vcloudair_core.transport.messages import Headers, Request, Response, origin_of


def test_headers_ignore_case_and_keep_repeated_values() -> None:
    headers = Headers([("Set-Cookie", "a"), ("set-cookie", "b"), ("X-Vcloud-Authorization", "t")])
    assert headers["x-vcloud-authorization"] == "t"
    assert headers["SET-COOKIE"] == "b"
    assert headers.get_all("set-cookie") == ["a", "b"]
    assert len(headers) == 2
    assert "accept" not in headers
    with pytest.raises(KeyError):
        headers["accept"]


def test_merging_ignores_the_case_of_names() -> None:
    merged = Headers({"Accept": "a", "Other": "o"}).merged({"accept": "b"})
    assert merged["ACCEPT"] == "b"
    assert [name for name, _ in merged.pairs()] == ["Other", "accept"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Host.Example/api", "https://host.example:443"),
        ("https://host.example:443/x?y", "https://host.example:443"),
        ("http://host.example", "http://host.example:80"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_origins_include_the_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert Request("GET", url).origin == origin


def test_media_type_survives_malformed_parameters() -> None:
    # Source: protocol/sessions.md §3.2: the service controller quotes half of a parameter.
    header = 'application/json; class="com".vmware.vchs.sc.restapi.model.planlisttype; version=5.7;charset=UTF-8'
    assert Response(200, Headers({"content-type": header})).media_type == "application/json"
    assert Response(200).media_type == ""


def test_reprs_hold_no_values() -> None:
    request = Request("POST", "https://h/api/sessions", Headers({"Authorization": "Basic c2VjcmV0"}), b"psk=1")
    assert "c2VjcmV0" not in repr(request) + repr(request.headers)
    assert "psk" not in repr(request)


def test_text_replaces_invalid_utf8() -> None:
    assert Response(200, body=b"a\xff").text == "a\N{REPLACEMENT CHARACTER}"
