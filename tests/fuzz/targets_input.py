"""Fuzz targets: parsers of user input, such as rules, filters and times."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from gzip import compress
from typing import Any

from tests.fuzz.target import Target, of_json, of_text, plain, texts
from vcloudair_core.cli.conditions import conditions
from vcloudair_core.engine.canonical import address_range, address_set, port_range, port_set
from vcloudair_core.engine.fields import plain as plain_data
from vcloudair_core.errors import SpecError
from vcloudair_core.monitoring.monitor_options import read_options
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.services.ans.firewall.parse import parse_policy
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec
from vcloudair_core.services.ans.nat.parse import parse_nat
from vcloudair_core.services.ans.section import rule_values
from vcloudair_core.services.metrics.thresholds import parse_thresholds
from vcloudair_core.services.metrics.window import parse_window
from vcloudair_core.services.query.filters import parse_where
from vcloudair_core.services.query.record import Record
from vcloudair_core.services.query.record_types import built_in_types
from vcloudair_core.session.auth.saml import assertion_of
from vcloudair_core.session.origins import Origins, UntrustedOriginError
from vcloudair_core.session.urls import join, normalize_url
from vcloudair_core.util.redaction import Secret

_WEB = {
    "name": "web", "action": "accept", "source": ["any", "10.0.0.0/8"], "destination": ["192.0.2.1-192.0.2.9"],
    "services": [{"protocol": "tcp", "port": ["443", "8000-8100"], "source_port": ["any"]}], "logging": True,
    "before": "deny all", "tag": 5,
}  # fmt: skip
_DNAT = {
    "action": "dnat", "original_address": "203.0.113.10", "original_port": "443", "protocol": "tcp",
    "translated_address": "192.168.109.10", "translated_port": "8443", "vnic": "0", "index": 1,
}  # fmt: skip
_TUNNEL = {
    "name": "branch", "local_ip": "203.0.113.10", "local_subnets": ["192.168.109.0/24"], "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.7.0.0/16"], "psk": "a long and random key 1", "dh_group": "dh14", "mtu": 1500, "pfs": True,
}  # fmt: skip
_RECORD = Record({"name": "web", "numberOfCpus": "2", "status": "POWERED_ON"}, built_in_types()["vm"])


def _mapping(tree: Any) -> Mapping[str, Any]:
    """Return the tree if it is a mapping. Resource kinds accept mappings only."""
    if not isinstance(tree, dict):
        raise SpecError("", "a mapping was expected")
    return tree


def _where(tree: Any) -> object:
    conditions = parse_where(tree, built_in_types()["vm"])
    on_server = conditions.on_server()
    # The filter must not end a URL parameter or start another parameter.
    assert not set(on_server) & set(' \t\r\n&#?"<>\x00'), on_server
    assert on_server.isascii(), on_server
    return conditions.is_met(_RECORD), conditions.described()


def _thresholds(tree: Any) -> object:
    if not isinstance(tree, list) or not all(isinstance(threshold, dict) for threshold in tree):
        raise SpecError("", "a list of mappings was expected")
    return [threshold.described() for threshold in parse_thresholds(tree)]


def _window(text: str) -> object:
    start, _, end = text.partition(" ")
    return parse_window(start, end).described()


def _address(text: str) -> object:
    addresses = text.split(",")
    return (
        [address_range(address) for address in addresses],
        address_set(addresses),
        [port_range(address) for address in addresses],
        port_set(addresses),
        [rule_values.member(address) for address in addresses],
        [rule_values.member_complaint(address) for address in addresses],
        rule_values.endpoint_meaning(addresses),
        rule_values.is_any(addresses),
    )


def _conditions(text: str) -> object:
    return _where(conditions(text.split("\n")))


def _url(text: str) -> object:
    """Normalize a base URL and join it with the path after the first space."""
    first, _, path = text.partition(" ")
    base = normalize_url(first)
    join(base, path)
    return base


def _link(text: str) -> object:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    origins = Origins("https://vcd.example.test")
    trusted = origins.is_trusted(text)
    try:
        admitted = origins.admit(text)
    except UntrustedOriginError:
        return False
    assert trusted, "The link is admitted but not trusted."
    # Parse the URL as the HTTP client does. It does not send requests to invalid URLs.
    try:
        parsed_url = parse_url(admitted)
    except LocationParseError:
        return False
    host = (parsed_url.host or "").lower().rstrip(".")
    assert host == "example.test" or host.endswith(".example.test"), host
    assert parsed_url.scheme == "https"
    return True


_LINKS = (
    "https://vcd.example.test/api/x", "https://evil.example/", "//evil.example/", "https://vcd.example.test@evil.example/",
    "https://evil.example\\@vcd.example.test/", "https://evil.example/.example.test", "https://evil.example#.example.test",
    "http://vcd.example.test/", "https://xn--vcd-example.test/", "https://vcd.example.test:443/a?b#c",
    "https://evil.example\u3002example.test", "https://[::1]/", "https://evil.example%2f.example.test/",
)  # fmt: skip

WORD_TARGETS = (
    Target("firewall_spec", of_json(lambda tree: plain_data(parse_policy(_mapping(tree)))), plain({"rules": [_WEB], "default_action": "deny", "enabled": True})),
    Target("nat_spec", of_json(lambda tree: plain_data(parse_nat(_mapping(tree)))), plain({"rules": [_DNAT], "enabled": True})),
    Target("ipsec_spec", of_json(lambda tree: plain_data(parse_ipsec(_mapping(tree)))), plain({"tunnels": [_TUNNEL], "enabled": True, "global_psk": "long and random 2"})),
    Target("edge_spec", of_json(lambda tree: EdgeKind().parse(_mapping(tree))), plain({"firewall": {"rules": [_WEB]}, "nat": {"rules": [_DNAT]}, "ipsec": {"tunnels": [_TUNNEL]}})),
    Target("filters", of_json(_where), plain({"name": "web", "numberOfCpus": {"ge": 2, "lt": 9}, "status": ["POWERED_ON", "x"]}, {"metadata:tier": "gold", "name": {"like": "a*b"}, "isVAppTemplate": "false"})),
    Target("conditions", of_text(_conditions), texts("name=web\nnumberOfCpus>=2\nname~a*\nmetadata:tier=gold", "creationDate>2026-01-01T00:00:00Z")),
    Target("thresholds", of_json(_thresholds), plain([{"metric": "cpu.usage.average", "aggregate": "p95", "max": 80}, {"metric": "mem.*", "min": "5"}])),
    Target("window", of_text(_window), texts("90m", "24h 1h", "2026-01-01T00:00:00Z 2026-01-02T00:00:00+02:00", "14d 2026-01-01")),
    Target("addresses", of_text(_address), texts("10.0.0.0/8,any,192.0.2.1-192.0.2.9,443,8000-8100,vnic-0", "2001:db8::/32,internal,ipset-1,1-65535")),
    Target("watch_options", of_json(lambda tree: read_options(_mapping(tree))), plain({"watch": ["tasks", "tunnels"], "interval": 60, "confirm": 2, "edges": ["web"]})),
    Target("base_url", of_text(_url), texts("https://vcd.example.test:8443/api/sessions /api/x?y=1", "vcd.example.test /a b", "[::1]:8443 //x")),
    Target("link", of_text(_link), texts(*_LINKS)),
    Target("saml_token", of_text(lambda text: assertion_of(Secret(text))), texts("<Assertion/>", "PEFzc2VydGlvbi8+", b64encode(compress(b"<Assertion/>", mtime=0)).decode())),
)  # fmt: skip
