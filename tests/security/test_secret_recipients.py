"""Check that tokens and passwords are only sent to the server that issued them.

Each test puts a hostile link into one kind of response: bodies, result pages, tasks, redirects, or services of the
portal. The assertions check the requests that were sent.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.unit.session.mocked_http import BASE, PASSWORD, TOKEN, MockedTransport, load, reply, vcd_answers, vcd_session
from vcloudair_core.app import App
from vcloudair_core.errors import ConfigurationError, ConnectionFailedError, VcloudAirError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.session.origins import Origins, owner_of
from vcloudair_core.session.urls import join
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import LinkedClock, simulator_settings
from vcloudair_core.transport.base import Transport
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.redaction import redact_text

pytestmark = pytest.mark.usefixtures("mocked_http")

HOME = "simulator.invalid"
EVIL = [
    "https://evil.example/x",
    "https://simulator.invalid.evil.example/x",
    "https://simulator.invalid@evil.example/x",
    "https://simulator.invalid:443@evil.example/x",
    "https://evil.example\\@simulator.invalid/x",
    "https://evil.example#@simulator.invalid/x",
    "https://evil.example?@simulator.invalid/x",
    "//evil.example/x",
    "https:///evil.example/x",
    "http://simulator.invalid/x",
    "HTTP://SIMULATOR.INVALID/x",
    "https://xn--simulator-3ya.invalid.evil.example/x",
    "https://simulator\u3002invalid\u3002evil.example/x",
    "https://evil.example\uff0fsimulator.invalid/x",
    "https://evil.example%2fsimulator.invalid.evil.example/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://0x7f000001/x",
    "https://evil.example:443:443/x",
    " https://evil.example/x",
    "https://evil.example\t.simulator.invalid/x",
    "https://evil.example\r\nHost: simulator.invalid/x",
    "ftp://simulator.invalid/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "gopher://simulator.invalid/x",
]


class Hostile:
    """A transport to the simulator with hostile links in selected responses."""

    def __init__(self, simulator: Simulator, link: str, is_target: Callable[[Request], bool]) -> None:
        self._inner = simulator.transport()
        self._link, self._is_target = link, is_target
        self.sent: list[Request] = []
        self.replaced_count = 0

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        url = urlsplit(request.url)
        if (url.hostname or "") != HOME or url.scheme != "https":
            return reply(200, "<Session/>", x_vcloud_authorization="stolen-stolen")
        answer = self._inner.send(request)
        if not self._is_target(request):
            return answer
        self.replaced_count += 1
        return self._with_hostile_links(answer)

    def _with_hostile_links(self, answer: Response) -> Response:
        import re
        from dataclasses import replace
        from xml.sax.saxutils import escape

        xml = re.sub(r'href="[^"]*"', lambda _: f'href="{escape(self._link, {chr(34): "&quot;"})}"', answer.text)
        json_ = re.sub(r'"(https:[^"]*)"', lambda _: '"' + self._link.replace("\\", "\\\\") + '"', xml)
        headers = [(n, self._link if n.lower() == "location" else v) for n, v in answer.headers.pairs()]
        body = json_.replace("\t", "&#9;").replace("\r", "&#13;") if xml != answer.text else json_
        return replace(answer, body=body.encode(), headers=Headers(headers))

    def close(self) -> None:
        pass


def use(client: Any, simulator: Simulator) -> list[str]:
    """Call all operations that follow links. Return the messages of library errors."""
    edge = next(iter(simulator.world.edges.values())).name
    query, recovery = client.query, client.dr
    messages = []
    for act in (
        lambda: client.session.login(),
        lambda: client.read("ans.firewall", {"edge": edge}),
        lambda: query.vms.read(nics=True),
        lambda: query.query("vm").all(),
        lambda: query.query("task").all(),
        lambda: recovery.replications(),
        lambda: [recovery.details_of(vdc) for vdc in recovery.enabled_vdcs()],
        lambda: recovery.act("test"),
        lambda: client.metrics.collect_vdc("ee541366-e2d4-5c36-8b7a-9a68f57938ca", start="5m"),
        lambda: client.session.logout(),
    ):
        try:
            act()
        except VcloudAirError as exc:
            messages.append(str(exc))
    return messages


def run_with_hostile_links(link: str, is_target: Callable[[Request], bool], **config: Any) -> Hostile:
    """Run all operations against hostile links, and return the transport."""
    simulator = Simulator(SimulatorConfig(**{"vms": 2, "replications": 1, "edges": 1, **config}))
    hostile = Hostile(simulator, link, is_target)

    class HostileTransportPlugin:
        """A plugin that provides the hostile transport."""

        @hookimpl
        def vca_transport(self) -> Transport:
            return hostile

    app = App(clock=LinkedClock(simulator))
    app.plugins.register(HostileTransportPlugin(), "trap")
    with app.client(**{**simulator_settings(simulator), "retries": 0}) as client:
        for message in use(client, simulator):
            assert "demo-password" not in message
    return hostile


@pytest.mark.parametrize("profile", ["vcd", "vchs", "vca"])
@pytest.mark.parametrize("link", EVIL)
def test_hostile_links_receive_no_secrets(link: str, profile: str) -> None:
    hostile = run_with_hostile_links(link, lambda request: True, profile=profile)
    assert hostile.replaced_count, "No response had a hostile link."
    _assert_sent_home_only(hostile)


@pytest.mark.parametrize("place", ["/api/query", "/replications", "/action/", "/api/task", "/vApp/", "/vdc/", "/org/"])
@pytest.mark.parametrize("link", EVIL[:4])
def test_hostile_link_in_one_response_receives_no_secrets(link: str, place: str) -> None:
    """Put the link into only one kind of response.

    If all responses had the link, an earlier error could stop the run before the leak.
    """
    hostile = run_with_hostile_links(link, lambda request: place in request.path, profile="vcd")
    assert hostile.replaced_count or place in ("/api/task", "/org/", "/vdc/")
    _assert_sent_home_only(hostile)


def _assert_sent_home_only(hostile: Hostile) -> None:
    for request in hostile.sent:
        url = urlsplit(request.url)
        assert (url.scheme, url.hostname, url.username) == ("https", HOME, None), request.url


# -- redirects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("link", [link.replace("simulator.invalid", "vcd.example.test") for link in EVIL])
def test_hostile_redirects_receive_no_secrets(link: str, status: int) -> None:
    transport = MockedTransport(
        vcd_answers({"GET /api/x": reply(status, Location=link), "POST /api/x": reply(status, Location=link)})
    )
    session = vcd_session(transport)
    for method in ("GET", "POST"):
        with pytest.raises(VcloudAirError):
            session.call(method, "/api/x")
    assert {urlsplit(request.url).hostname for request in transport.requests} == {"vcd.example.test"}
    assert {urlsplit(request.url).scheme for request in transport.requests} == {"https"}


@pytest.mark.parametrize("path", ["/api/versions", "/api/sessions"])
@pytest.mark.parametrize("link", EVIL[:9])
def test_hostile_redirects_receive_no_password_at_sign_in(path: str, link: str) -> None:
    transport = MockedTransport(vcd_answers({f"{verb} {path}": reply(307, Location=link) for verb in ("GET", "POST")}))
    with pytest.raises(VcloudAirError) as caught:
        vcd_session(transport).login()
    assert PASSWORD not in str(caught.value)
    assert {urlsplit(request.url).hostname for request in transport.requests} <= {"vcd.example.test"}


# -- trusted hosts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", EVIL)
def test_trusted_and_admitted_hosts_are_the_same(link: str) -> None:
    origins = Origins(f"https://{HOME}/api")
    assert not origins.is_trusted(link)
    with pytest.raises(ConnectionFailedError):
        origins.admit(link)


@pytest.mark.parametrize(
    ("issuer", "link"),
    [
        ("https://10.0.0.010", "https://1.2.0.010/"),
        ("https://127.0.1", "https://evil.0.1/"),
        ("https://0x7f.0x1", "https://evil.0x7f.0x1/"),
    ],
)
def test_numeric_addresses_have_no_trusted_subdomains(issuer: str, link: str) -> None:
    """Treat numeric addresses such as ``0.010`` as hosts without registrable domain."""
    assert owner_of(issuer) != owner_of(link)
    assert not Origins(issuer).is_trusted(link)


# -- plain http and TLS --------------------------------------------------------------------------------------------


def test_uses_plain_http_only_if_explicit_and_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    answers = vcd_answers({"GET /api/x": reply(200, "<x/>")})
    for url, warns in (
        ("http://vcd.example.test", 1),
        ("http://localhost:8080", 0),
        ("http://[::1]", 0),
        ("vcd.example.test", 0),
    ):
        caplog.clear()
        transport = MockedTransport(answers)
        session = vcd_session(transport, url=url)
        with caplog.at_level(logging.WARNING):
            session.call("GET", "/api/x")
            session.call("GET", "/api/x")
        assert sum("not encrypted" in record.getMessage() for record in caplog.records) == warns
        assert (urlsplit(transport.requests[0].url).scheme == "http") == url.startswith("http:")


@pytest.mark.parametrize("value", [None, "", " ", "true", "yes", True, "1", "on"])
def test_verifies_certificates_by_default(value: Any) -> None:
    assert load(validate_certs=value).validate_certs is True


@pytest.mark.parametrize("value", ["maybe", "nein", "2", "None", "off "])
def test_invalid_values_do_not_disable_verification(value: str) -> None:
    if value.strip() == "off":
        assert load(validate_certs=value).validate_certs is False
        return
    with pytest.raises(ConfigurationError, match="validate_certs"):
        load(validate_certs=value)


@pytest.mark.parametrize(
    "environ",
    [{"PYTHONHTTPSVERIFY": "0"}, {"CURL_CA_BUNDLE": ""}, {"REQUESTS_CA_BUNDLE": ""}, {"VCA_VALIDATE_CERTS": ""}],
)
def test_external_variables_do_not_disable_verification(
    environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from vcloudair_core.transport.requests_transport import RequestsTransport

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert RequestsTransport(load(url=BASE))._verify() is True


# -- names in URLs -------------------------------------------------------------------------------------------------

NAMES = [
    "a/../../b", "..", ".", "%2e%2e", "%2E%2e%2Fapi", "a?x=1", "a#b", "a&type=user", "a;b", "a,b", "a)b(", "a==b",
    "a\r\nX-Evil: 1", "a\x00b", "%00", "a b", "a'b\"c", "\u00e9\u4e16\U0001f600", "*", "a\\..\\b", "//evil.example/x",
    "https://evil.example/x", "a%0d%0ab", "a*b",
]  # fmt: skip


def requested_urls(use_name: Callable[[Any], object]) -> list[str]:
    """Return the URLs that ``use_name`` requests."""
    transport = MockedTransport(vcd_answers())
    session = vcd_session(transport, retries=0)
    session.login()
    before = len(transport.requests)
    with contextlib.suppress(VcloudAirError):
        use_name(session)
    return [request.url for request in transport.requests[before:]]


def _uses(name: str) -> dict[str, Callable[[Any], object]]:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
    from vcloudair_core.services.ans.section.kinds import open_section
    from vcloudair_core.services.ans.section.store import wait_for_job
    from vcloudair_core.services.dr.vr.vr_provider import VrProvider
    from vcloudair_core.services.metrics import store as metrics
    from vcloudair_core.services.query import store as query
    from vcloudair_core.util.clock import FakeClock

    return {
        "/network/edges/{}/firewall/config": lambda s: open_section(FIREWALL, s, Edge(name, backend="nsxv")).read(),
        "/hybridity/api/gateways/{}/firewall/config": lambda s: open_section(
            FIREWALL, s, Edge(name, backend="vcloudair")
        ).read(),
        "/network/edges/jobs/{}": lambda s: wait_for_job(s, name, "x", FakeClock()),
        "/api/org/{}/replications": lambda s: VrProvider(s, name).references(),
        "/api/org/{}/enabledForReplicationVdcs": lambda s: VrProvider(s, name).enabled_vdcs(),
        "/api/tasksList/{}": lambda s: VrProvider(s, name).tasks(),
        "/api/vApp/vm-{}": lambda s: query.read_vm(s, name),
        "/api/vApp/vm-{}/metrics/current": lambda s: metrics.post_current(s, name, b"<x/>"),
        "/hybridity/api/metrics/vdc/{}": lambda s: metrics.post_window(s, "vdc", name, {}, ""),
        "/hybridity/api/metrics/vApp/vm-{}": lambda s: metrics.post_window(s, "vm", name, {}, name),
    }


@pytest.mark.parametrize("form", _uses(""))
@pytest.mark.parametrize("name", NAMES)
def test_id_is_one_path_segment(name: str, form: str) -> None:
    """Send each ID as one path segment, or reject the ID before any request."""
    before, _, after = form.partition("{}")
    for url in requested_urls(_uses(name)[form]):
        split_url = urlsplit(url)
        assert f"{split_url.scheme}://{split_url.netloc}" == BASE
        assert split_url.path.startswith(before)
        assert split_url.path.endswith(after)
        inner = split_url.path[len(before) : len(split_url.path) - len(after)]
        assert "/" not in inner
        assert not set(url) & set('\r\n\x00 \\"<>')
        assert all(
            segment.replace("%2e", ".").replace("%2E", ".") not in (".", "..") for segment in split_url.path.split("/")
        )


@pytest.mark.parametrize("name", NAMES)
def test_name_cannot_change_the_query_filter(name: str) -> None:
    from vcloudair_core.services.dr.vm_store import find_vms
    from vcloudair_core.services.query.filters import parse_where
    from vcloudair_core.services.query.record_types import built_in_types

    for url in requested_urls(lambda session: find_vms(session, [name, "web"])):
        parameters = [parameter.partition("=")[0] for parameter in urlsplit(url).query.split("&")]
        assert parameters == ["type", "format", "page", "pageSize", "filter"]
        assert urlsplit(url).fragment == ""
        assert url.count("name==") == 2
        assert not set(url) & set('\r\n\x00 \\"<>')
    text = parse_where({"name": name}, built_in_types()["vm"]).on_server()
    assert not set(text) & set("&#?\r\n\x00 \\\"<>;,()'"), text


@pytest.mark.parametrize("path", ["/api/../admin", "/api/x/..", "../x", "/api/%2e%2e/x", "/api/./x", "/api/x\\..\\y"])
def test_refuses_a_path_with_dot_segments(path: str) -> None:
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        join(BASE, path)
    transport = MockedTransport(vcd_answers())
    with pytest.raises(ConfigurationError):
        vcd_session(transport).call("GET", path)
    assert transport.sent("admin") == []


@pytest.mark.parametrize("path", ["/api/x..y", "/api/a...b/.hidden", "/api/x?y=../..", "/api/query?filter=(name==..)"])
def test_accepts_dots_within_a_name(path: str) -> None:
    assert join(BASE, path).startswith(BASE)


@pytest.mark.parametrize("value", ["36.3\n", "36.3\r\nX-Evil: 1", "36.3;x=1", "36.3, 5.6"])
def test_version_cannot_add_headers(value: str) -> None:
    from vcloudair_core.session.versions import check_pinned

    with pytest.raises(ConfigurationError):
        check_pinned(value)


def test_requests_have_the_tested_secrets() -> None:
    """Check that requests contain the secrets that the tests above search for."""
    transport = MockedTransport(vcd_answers())
    vcd_session(transport).login()
    sent = "".join(str(request.headers.pairs()) for request in transport.requests)
    assert "Basic " in sent
    session = vcd_session(transport)
    session.login()
    with pytest.raises(VcloudAirError):
        session.call("GET", "/api/none")
    assert TOKEN in str(transport.requests[-1].headers.pairs())
    assert TOKEN not in redact_text(f"{TOKEN}", [TOKEN])
